"""Three brokers: groups whose coordinator is the third, then the first, and the third again."""

from __future__ import annotations

from typing import Any

from msklite.wire.messages import find_coordinator_request as fc
from msklite.wire.messages import heartbeat_request as hb
from msklite.wire.messages.describe_groups_request import DescribeGroupsRequest
from tests.parity.group_shapes import commit, committed, join, leave, sync
from tests.parity.talk import Talk

GROUP = "b-group"
LIVING = "b-living"


def members(talk: Talk, stage: str) -> None:
    """A group whose coordinator is the third, then the first, and the third again."""
    where = fc.FindCoordinatorRequest(key_type=0, coordinator_keys=[GROUP])
    home = {"all": 3, "third away": 1, "back": 1, "home": 3}[stage]
    other = {"all": "1", "third away": "2", "back": "3", "home": "1"}[stage]
    talk.until(
        where,
        6,
        lambda r: (r.coordinators[0].error_code, r.coordinators[0].node_id) == (0, home),
        on=other,
    )
    beat = hb.HeartbeatRequest(GROUP, 1, "nobody")
    talk.until(beat, 4, lambda r: r.error_code not in (14, 15, 16), on=str(home))
    talk.until(beat, 4, lambda r: r.error_code == 16, on=other)
    coordinated(talk, where, str(home), other)
    living(talk, str(home), other, stage)


def coordinated(talk: Talk, where: Any, home: str, other: str) -> None:
    for version in (3, 6):
        key = GROUP if version < 4 else ""
        asked = fc.FindCoordinatorRequest(key, 0, where.coordinator_keys)
        talk.ask(f"coordinator v{version}", asked, version, on=other)
    for broker in (home, other):
        talk.ask(f"committed on {broker}", committed(GROUP, "b-t", 0, 1), 9, on=broker)
        talk.ask(f"commit on {broker}", commit(GROUP, "b-t", 7), 9, on=broker)
        talk.ask(f"group on {broker}", DescribeGroupsRequest([GROUP]), 5, on=broker)
        talk.ask(f"beat on {broker}", hb.HeartbeatRequest(GROUP, 1, "nobody"), 4, on=broker)
        talk.ask(f"join on {broker}", join(GROUP, "nobody"), 9, on=broker)
    talk.ask("committed then", committed(GROUP, "b-t", 0, 1), 9, on=home)


def living(talk: Talk, home: str, other: str, stage: str) -> None:
    """A member that stays in its group while the coordinator moves."""
    if stage == "all":
        reply = talk.ask("a member asks for an id", join(LIVING, session=300_000), 9, on=home)
        talk.call_it(reply.member_id, "member")
        talk.ask("it joins", join(LIVING, reply.member_id, session=300_000), 9, on=home)
        given = sync(LIVING, 1, reply.member_id, (reply.member_id, b"mine"))
        talk.ask("it syncs", given, 5, on=home)
    member = next(value for value, name in talk.names.items() if name == "<member>")
    for broker in (home, other):
        talk.ask(f"it beats on {broker}", hb.HeartbeatRequest(LIVING, 1, member), 4, on=broker)
        kept = commit(LIVING, "b-t", 5, generation=1, member=member)
        talk.ask(f"it commits on {broker}", kept, 9, on=broker)
        talk.ask(f"its group on {broker}", DescribeGroupsRequest([LIVING]), 5, on=broker)
    late = commit(LIVING, "b-t", 6, generation=7, member=member)
    talk.ask("another generation", late, 9, on=home)
    if stage == "home":
        talk.ask("it leaves", leave(LIVING, (member, None)), 5, on=home)
        talk.ask("nobody left", DescribeGroupsRequest([LIVING]), 5, on=home)
