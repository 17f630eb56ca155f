"""`msklite topic`: create, list, describe, alter and delete topics of any Kafka cluster."""

from __future__ import annotations

import base64
import uuid
from typing import TYPE_CHECKING, Any

import click

from msklite.cli import clients, places, show
from msklite.errors import Code, UserError

if TYPE_CHECKING:
    from kafka import KafkaAdminClient


@click.group()
def topic() -> None:
    """Create, list, describe, alter and delete topics."""


@topic.command()
@click.argument("topics", metavar="TOPIC...", nargs=-1, required=True)
@click.option("--partitions", "-p", type=int, default=-1, help="Default: the broker's setting.")
@click.option(
    "--replication-factor",
    "-r",
    type=int,
    default=-1,
    help="Default: the broker's setting; at most one on each broker.",
)
@click.option("--config", "-c", metavar="KEY=VALUE", multiple=True, help="A topic setting.")
@click.option("--if-not-exists", is_flag=True, help="An existing topic isn't an error.")
@click.option("--validate-only", is_flag=True, help="Check everything and create nothing.")
@places.output_option("table", "json")
@places.kafka_options
def create(
    topics: tuple[str, ...],
    partitions: int,
    replication_factor: int,
    config: tuple[str, ...],
    if_not_exists: bool,
    validate_only: bool,
    output: str,
    kafka: places.Kafka,
) -> None:
    """Create topics."""
    wish = {
        "num_partitions": partitions,
        "replication_factor": replication_factor,
        "configs": clients.key_values(config, "--config"),
    }
    with (
        clients.admin(kafka.address()) as client,
        clients.errors("Creating topics"),
    ):
        wishes = dict.fromkeys(topics, wish)
        made = _create(client, wishes, if_not_exists, dry=True)  # one that is wrong stops them all
        if not validate_only:
            made = _create(client, wishes, if_not_exists, dry=False)
    if output == "json":
        show.as_json(made)
        return
    for row in made:
        said = "is fine" if validate_only else "is made" if row["created"] else "was there already"
        click.echo(f"Topic {row['topic']} {said}.")


def _create(
    client: KafkaAdminClient, wishes: dict[str, Any], if_not_exists: bool, *, dry: bool
) -> list[dict[str, Any]]:
    result = client.create_topics(wishes, validate_only=dry, raise_errors=False)
    find = clients.pick(result["topics"])
    made = []
    for name in wishes:
        entry = find(name)
        code = int(entry["error_code"])
        exists = code == Code.TOPIC_ALREADY_EXISTS and if_not_exists
        if not exists:
            clients.check(f"Creating topic {name}", code, entry.get("error_message"))
        made.append(
            {"topic": name, "partitions": entry.get("num_partitions"), "created": not exists}
        )
    return made


@topic.command(name="list")
@click.option("--internal", is_flag=True, help="Show Kafka's own topics too.")
@places.output_option("table", "json")
@places.kafka_options
def list_topics(internal: bool, output: str, kafka: places.Kafka) -> None:
    """List topics."""
    with (
        clients.admin(kafka.address()) as client,
        clients.errors("Listing topics"),
    ):
        found = client.describe_topics()
    rows = [
        {
            "topic": t["name"],
            "partitions": len(t["partitions"]),
            "replicas": max((len(p["replica_nodes"]) for p in t["partitions"]), default=0),
            "internal": bool(t["is_internal"]),
        }
        for t in sorted(found, key=lambda t: str(t["name"]))
        if internal or not t["is_internal"]
    ]
    if output == "json":
        show.as_json(rows)
    else:
        columns = ["topic", "partitions", "replicas"]
        show.table(columns, [[r[c] for c in columns] for r in rows], empty="no topics")


@topic.command()
@click.argument("topics", metavar="TOPIC...", nargs=-1, required=True)
@places.output_option("table", "json")
@places.kafka_options
def describe(
    topics: tuple[str, ...],
    output: str,
    kafka: places.Kafka,
) -> None:
    """Show partitions, leaders, offsets and settings of topics."""
    with clients.admin(kafka.address()) as client:
        metadata = clients.existing(client, list(topics))
        with clients.errors("Describing topics"):
            found = [_describe(client, metadata[t]) for t in topics]
    if output == "json":
        show.as_json(found)
        return
    for index, one in enumerate(found):
        if index:
            click.echo()
        click.echo(f"{one['topic']}  id {one['id']}")
        for key, value in one["config"].items():
            click.echo(f"  {key} = {value}")
        columns = ["partition", "leader", "replicas", "isr", "start", "end"]
        show.table(columns, [[p[c] for c in columns] for p in one["partitions"]])


def _describe(client: KafkaAdminClient, metadata: dict[str, Any]) -> dict[str, Any]:
    from kafka import TopicPartition
    from kafka.admin import ConfigResource, ConfigResourceType, OffsetSpec

    name = str(metadata["name"])
    parts = sorted(metadata["partitions"], key=lambda p: int(p["partition_index"]))
    led = [TopicPartition(name, p["partition_index"]) for p in parts if p["leader_id"] >= 0]
    start = client.list_partition_offsets(dict.fromkeys(led, OffsetSpec.EARLIEST))
    end = client.list_partition_offsets(dict.fromkeys(led, OffsetSpec.LATEST))
    configs = client.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])
    settings = configs.get("topic", {}).get(name, {})
    return {
        "topic": name,
        "id": _kafka_id(str(metadata["topic_id"])),
        "internal": bool(metadata["is_internal"]),
        "config": {
            k: v["value"]
            for k, v in sorted(settings.items())
            if v["config_source"] == "DYNAMIC_TOPIC_CONFIG"
        },
        "partitions": [
            {
                "partition": p["partition_index"],
                "leader": p["leader_id"],
                "replicas": list(p["replica_nodes"]),
                "isr": list(p["isr_nodes"]),
                "start": _offset(start, TopicPartition(name, p["partition_index"])),
                "end": _offset(end, TopicPartition(name, p["partition_index"])),
            }
            for p in parts
        ],
    }


def _kafka_id(text: str) -> str:
    """A UUID as Kafka's own tools and meta.properties write it."""
    return base64.urlsafe_b64encode(uuid.UUID(text).bytes).decode().rstrip("=")


def _offset(offsets: dict[Any, Any], partition: Any) -> int | None:
    found = offsets.get(partition)
    return None if found is None else int(found.offset)


@topic.command()
@click.argument("topic_name", metavar="TOPIC")
@click.option("--partitions", "-p", type=int, help="New number of partitions; only ever more.")
@click.option("--config", "-c", metavar="KEY=VALUE", multiple=True, help="Set a topic setting.")
@click.option("--delete-config", metavar="KEY", multiple=True, help="Back to the default.")
@places.output_option("table", "json")
@places.kafka_options
def alter(
    topic_name: str,
    partitions: int | None,
    config: tuple[str, ...],
    delete_config: tuple[str, ...],
    output: str,
    kafka: places.Kafka,
) -> None:
    """Add partitions to a topic, or change its settings."""
    changes: dict[str, Any] = dict(clients.key_values(config, "--config"))
    changes.update(dict.fromkeys(delete_config, ("DELETE", None)))
    if partitions is None and not changes:
        raise UserError("Say what to alter: --partitions, --config or --delete-config.", 2)
    with clients.admin(kafka.address()) as client:
        clients.existing(client, [topic_name])
        with clients.errors(f"Altering topic {topic_name}"):
            if partitions is not None:  # checked before settings are changed: all or nothing
                _add_partitions(client, topic_name, partitions, dry=True)
            if changes:
                _alter_configs(client, topic_name, changes)
            if partitions is not None:
                _add_partitions(client, topic_name, partitions, dry=False)
    if output == "json":
        show.as_json({"topic": topic_name, "altered": True})
    else:
        click.echo(f"Topic {topic_name} is altered.")


def _alter_configs(client: KafkaAdminClient, name: str, changes: dict[str, Any]) -> None:
    from kafka.admin import AlterConfigOp, ConfigResource, ConfigResourceType

    changes = {
        k: (AlterConfigOp.DELETE, None) if isinstance(v, tuple) else v for k, v in changes.items()
    }
    resource = ConfigResource(ConfigResourceType.TOPIC, name, configs=changes)
    # The broker judges the names: its refusal says more than the client's.
    result = client.alter_configs([resource], raise_on_unknown=False)["topic"][name]
    if result != "OK":
        raise UserError(f"Altering topic {name} failed: {result}.")


def _add_partitions(client: KafkaAdminClient, name: str, count: int, *, dry: bool) -> None:
    response = client.create_partitions({name: count}, validate_only=dry, raise_errors=False)
    for result in response.results:
        clients.check(f"Altering topic {name}", int(result.error_code), result.error_message)


@topic.command()
@click.argument("topics", metavar="TOPIC...", nargs=-1, required=True)
@click.option("--if-exists", is_flag=True, help="A missing topic isn't an error.")
@places.output_option("table", "json")
@places.kafka_options
def delete(
    topics: tuple[str, ...],
    if_exists: bool,
    output: str,
    kafka: places.Kafka,
) -> None:
    """Delete topics with their records."""
    with (
        clients.admin(kafka.address()) as client,
        clients.errors("Deleting topics"),
    ):
        if not if_exists:
            clients.existing(client, list(topics))  # one that is wrong stops them all
        result = client.delete_topics(list(topics), raise_errors=False)
    find = clients.pick(result["topics"])
    rows = []
    for one in topics:
        entry = find(one)
        code = int(entry["error_code"])
        missing = code == Code.UNKNOWN_TOPIC_OR_PARTITION and if_exists
        if not missing:
            clients.check(f"Deleting topic {one}", code, entry.get("error_message"))
        rows.append({"topic": one, "deleted": not missing})
    if output == "json":
        show.as_json(rows)
        return
    for row in rows:
        click.echo(f"Topic {row['topic']} {'is deleted' if row['deleted'] else 'was not there'}.")
