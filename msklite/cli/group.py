"""`msklite group`: list and describe consumer groups, and reset what they have committed."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import click

from msklite.cli import clients, places, show
from msklite.errors import UserError

if TYPE_CHECKING:
    from kafka import KafkaAdminClient


@click.group()
def group() -> None:
    """List, describe and reset consumer groups."""


@group.command(name="list")
@places.output_option("table", "json")
@places.kafka_options
def list_groups(output: str, kafka: places.Kafka) -> None:
    """List consumer groups."""
    with (
        clients.admin(kafka.address()) as client,
        clients.errors("Listing groups"),
    ):
        found = client.list_groups()
    rows = [
        {
            "group": g["group_id"],
            "state": g.get("group_state", ""),
            "type": g.get("group_type", ""),
            "protocol": g.get("protocol_type", ""),
        }
        for g in sorted(found, key=lambda g: str(g["group_id"]))
    ]
    if output == "json":
        show.as_json(rows)
    else:
        columns = ["group", "state", "type", "protocol"]
        show.table(columns, [[r[c] for c in columns] for r in rows], empty="no groups")


@group.command()
@click.argument("group_id", metavar="GROUP")
@places.output_option("table", "json")
@places.kafka_options
def describe(group_id: str, output: str, kafka: places.Kafka) -> None:
    """Show a group's state, members, committed offsets and lag."""
    with (
        clients.admin(kafka.address()) as client,
        clients.errors(f"Describing group {group_id}"),
    ):
        found = _describe(client, group_id)
    if output == "json":
        show.as_json(found)
        return
    click.echo(f"{group_id}  {found['state']}  {found['protocol']}".rstrip())
    columns = ["topic", "partition", "committed", "end", "lag", "member"]
    show.table(columns, [[o[c] for c in columns] for o in found["offsets"]], "no offsets")
    if found["members"]:
        click.echo()
        columns = ["member", "client", "host"]
        show.table(columns, [[m[c] for c in columns] for m in found["members"]])


def _describe(client: KafkaAdminClient, group_id: str) -> dict[str, Any]:
    from kafka.admin import OffsetSpec

    one = client.describe_groups([group_id])[group_id]
    committed = client.list_group_offsets(group_id)[group_id]
    if one.get("error") or (one["group_state"] == "Dead" and not committed):
        raise UserError(f"There is no group {group_id}: `msklite group list` shows what there is.")
    committed = {tp: o for tp, o in committed.items() if o.offset >= 0}
    owners = _owners(one)
    there = {t["name"]: len(t["partitions"]) for t in client.describe_topics()}
    alive = [tp for tp in {*committed, *owners} if tp.partition < there.get(tp.topic, 0)]
    ends = client.list_partition_offsets(dict.fromkeys(alive, OffsetSpec.LATEST))
    return {
        "group": group_id,
        "state": one["group_state"],
        "protocol": one.get("protocol_data", ""),
        "members": [
            {
                "member": m["member_id"],
                "instance": m.get("group_instance_id"),
                "client": m["client_id"],
                "host": m["client_host"],
            }
            for m in one["members"]
        ],
        "offsets": [
            _offset_row(tp, committed.get(tp), ends.get(tp), owners.get(tp))
            for tp in sorted({*committed, *owners})
        ],
    }


def _owners(description: dict[str, Any]) -> dict[Any, str]:
    from kafka import TopicPartition

    owners: dict[Any, str] = {}
    for member in description["members"]:
        assignment = member.get("member_assignment")
        if not isinstance(assignment, dict):
            continue  # a protocol that isn't the consumer's
        for entry in assignment.get("assigned_partitions") or ():
            for partition in entry["partitions"]:
                owners[TopicPartition(entry["topic"], partition)] = member["member_id"]
    return owners


def _offset_row(tp: Any, committed: Any, end: Any, owner: str | None) -> dict[str, Any]:
    offset = None if committed is None else int(committed.offset)
    last = None if end is None else int(end.offset)
    return {
        "topic": tp.topic,
        "partition": tp.partition,
        "committed": offset,
        "end": last,
        "lag": None if offset is None or last is None else max(0, last - offset),
        "member": owner,
    }


@group.command()
@click.argument("group_id", metavar="GROUP")
@click.option("--topic", "-t", "topics", metavar="TOPIC[:P,...]", multiple=True,
              help="Only these; default: all that the group has committed.")  # fmt: skip
@click.option("--to-earliest", "where", flag_value="earliest", help="To the first record.")
@click.option("--to-latest", "where", flag_value="latest", help="To the end.")
@click.option("--to-offset", type=int, help="To this offset.")
@click.option("--to-datetime", metavar="ISO", help="To the first record from this time on.")
@click.option("--shift-by", type=int, help="By so many records, back if negative.")
@click.option("--dry-run", is_flag=True, help="Only show what would be.")
@places.output_option("table", "json")
@places.kafka_options
def reset_offsets(
    group_id: str,
    topics: tuple[str, ...],
    where: str | None,
    to_offset: int | None,
    to_datetime: str | None,
    shift_by: int | None,
    dry_run: bool,
    output: str,
    kafka: places.Kafka,
) -> None:
    """Move a group's committed offsets; the group must have no members."""
    if sum(x is not None for x in (where, to_offset, to_datetime, shift_by)) != 1:
        raise UserError(
            "Give one of --to-earliest, --to-latest, --to-offset, --to-datetime, --shift-by.", 2
        )
    moment = None if to_datetime is None else _moment(to_datetime)
    with (
        clients.admin(kafka.address()) as client,
        clients.errors(f"Resetting group {group_id}"),
    ):
        _check_empty(client, group_id)
        committed = client.list_group_offsets(group_id)[group_id]
        committed = {tp: o for tp, o in committed.items() if o.offset >= 0}
        partitions = _chosen(client, group_id, topics, committed)
        target = _targets(client, partitions, committed, where, to_offset, moment, shift_by)
        if not dry_run:
            _commit(client, group_id, target)
    rows = [
        {
            "topic": tp.topic,
            "partition": tp.partition,
            "old": committed[tp].offset if tp in committed else None,
            "new": target[tp],
        }
        for tp in sorted(target)
    ]
    if output == "json":
        show.as_json(rows)
    else:
        columns = ["topic", "partition", "old", "new"]
        show.table(columns, [[r[c] for c in columns] for r in rows], "nothing to reset")


def _moment(text: str) -> int:
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise UserError(f"{text!r} isn't a time like 2026-01-31T12:00:00+01:00.", 2) from None
    return int(moment.timestamp() * 1000)  # without a zone: local time, as a person means it


def _check_empty(client: KafkaAdminClient, group_id: str) -> None:
    one = client.describe_groups([group_id])[group_id]
    count = len(one["members"])
    if count:
        raise UserError(
            f"Group {group_id} has {count} member{'s' * (count > 1)}: stop them, then reset."
        )


def _chosen(
    client: KafkaAdminClient, group_id: str, topics: tuple[str, ...], committed: Any
) -> list[Any]:
    from kafka import TopicPartition

    if not topics:
        if not committed:
            raise UserError(f"Group {group_id} has committed nothing: name topics with --topic.")
        return list(committed)
    wanted = [clients.topic_partitions(t) for t in topics]
    metadata = clients.existing(client, [t for t, _ in wanted])
    chosen = []
    for topic, numbers in wanted:
        there = sorted(int(p["partition_index"]) for p in metadata[topic]["partitions"])
        for number in there if numbers is None else numbers:
            if number not in there:
                raise UserError(f"Topic {topic} has no partition {number}.")
            chosen.append(TopicPartition(topic, number))
    return chosen


def _targets(
    client: KafkaAdminClient,
    partitions: list[Any],
    committed: Any,
    where: str | None,
    to_offset: int | None,
    moment: int | None,
    shift_by: int | None,
) -> dict[Any, int]:
    """Where each partition goes, kept between its first and its last offset."""
    from kafka.admin import OffsetSpec, OffsetTimestamp

    first = client.list_partition_offsets(dict.fromkeys(partitions, OffsetSpec.EARLIEST))
    last = client.list_partition_offsets(dict.fromkeys(partitions, OffsetSpec.LATEST))
    at = {}
    if moment is not None:
        at = client.list_partition_offsets(dict.fromkeys(partitions, OffsetTimestamp(moment)))
    target: dict[Any, int] = {}
    for tp in partitions:
        low, high = int(first[tp].offset), int(last[tp].offset)
        if where == "earliest":
            wish = low
        elif where == "latest":
            wish = high
        elif to_offset is not None:
            wish = to_offset
        elif shift_by is not None:
            wish = (committed[tp].offset if tp in committed else high) + shift_by
        else:
            wish = int(at[tp].offset) if at[tp].offset >= 0 else high  # nothing that late: the end
        target[tp] = max(low, min(high, wish))
    return target


def _commit(client: KafkaAdminClient, group_id: str, target: dict[Any, int]) -> None:
    results = client.reset_group_offsets(group_id, dict(target))
    for tp, result in results.items():
        code = int(getattr(result["error"], "errno", 0) or 0)
        clients.check(f"Resetting {tp.topic}:{tp.partition}", code)
