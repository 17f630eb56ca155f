"""Who votes: replica keys, voter sets, and how they change along the log (KIP-853).

A voter is named by its id and its directory id: a controller that lost its disk comes back with a
new directory and is no voter until it is added again. A zero directory id means "not known" and
matches any. Sets are immutable; `VoterHistory` holds the one in force at each offset, since a set
takes effect when it is appended and goes away when its record is truncated.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from msklite.wire.messages.voters_record import Endpoint as EndpointRecord
from msklite.wire.messages.voters_record import KRaftVersionFeature, VotersRecord
from msklite.wire.messages.voters_record import Voter as VoterEntry
from msklite.wire.primitives import ZERO_UUID

BEFORE_LOG = -1
"""Offset of the voters that come from the first checkpoint, 0-0, and not from a record."""


@dataclass(frozen=True, slots=True)
class ReplicaKey:
    """A replica: node id and the id of its log directory."""

    id: int
    directory_id: bytes = ZERO_UUID

    def matches(self, other: ReplicaKey) -> bool:
        """Whether both name the same replica; an unknown directory of ours matches any."""
        return self.id == other.id and (self.directory_id in (ZERO_UUID, other.directory_id))


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a voter listens."""

    name: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Voter:
    """One member of the quorum, as the voters record describes it."""

    key: ReplicaKey
    endpoints: tuple[Endpoint, ...] = ()
    min_kraft_version: int = 0
    max_kraft_version: int = 1

    @property
    def id(self) -> int:
        return self.key.id

    def at_levels(self, lowest: int, highest: int) -> Voter:
        """The same voter, with the levels of kraft.version that it can run at."""
        return Voter(self.key, self.endpoints, lowest, highest)


@dataclass(frozen=True, slots=True)
class VoterSet:
    """The voters, by id."""

    voters: dict[int, Voter] = field(default_factory=dict)

    @classmethod
    def of(cls, *voters: Voter) -> VoterSet:
        return cls({v.id: v for v in sorted(voters, key=lambda v: v.id)})

    @classmethod
    def from_record(cls, record: VotersRecord) -> VoterSet:
        return cls.of(
            *(
                Voter(
                    ReplicaKey(v.voter_id, v.voter_directory_id),
                    tuple(Endpoint(e.name, e.host, e.port) for e in v.endpoints),
                    v.kraft_version_feature.min_supported_version,
                    v.kraft_version_feature.max_supported_version,
                )
                for v in record.voters
            )
        )

    def to_record(self) -> VotersRecord:
        return VotersRecord(
            voters=[
                VoterEntry(
                    voter_id=v.id,
                    voter_directory_id=v.key.directory_id,
                    endpoints=[EndpointRecord(e.name, e.host, e.port) for e in v.endpoints],
                    kraft_version_feature=KRaftVersionFeature(
                        v.min_kraft_version, v.max_kraft_version
                    ),
                )
                for v in self.voters.values()
            ]
        )

    @property
    def ids(self) -> tuple[int, ...]:
        return tuple(self.voters)

    @property
    def majority(self) -> int:
        return len(self.voters) // 2 + 1

    def is_voter(self, key: ReplicaKey) -> bool:
        voter = self.voters.get(key.id)
        return voter is not None and voter.key.matches(key)

    def is_only_voter(self, key: ReplicaKey) -> bool:
        return len(self.voters) == 1 and self.is_voter(key)

    def others(self, key: ReplicaKey) -> list[Voter]:
        return [v for v in self.voters.values() if v.id != key.id]

    def with_voter(self, voter: Voter) -> VoterSet:
        """The set with `voter` added, or put in the place of the one of its id."""
        return VoterSet.of(*{**self.voters, voter.id: voter}.values())

    def without(self, key: ReplicaKey) -> VoterSet:
        """The set with `key` removed."""
        return VoterSet.of(*(v for v in self.voters.values() if v.id != key.id))


@dataclass(frozen=True, slots=True)
class _Entry:
    offset: int
    kraft_version: int
    voters: VoterSet


class VoterHistory:
    """The voter set and kraft.version in force, by the offset of the record that set them."""

    __slots__ = ("_entries",)

    def __init__(self, voters: VoterSet, kraft_version: int, offset: int = BEFORE_LOG) -> None:
        self._entries = [_Entry(offset, kraft_version, voters)]

    @property
    def last(self) -> VoterSet:
        return self._entries[-1].voters

    @property
    def last_offset(self) -> int:
        """Offset of the newest voters record, or BEFORE_LOG."""
        return self._entries[-1].offset

    @property
    def kraft_version(self) -> int:
        return self._entries[-1].kraft_version

    def set_voters(self, offset: int, voters: VoterSet) -> None:
        self._entries.append(_Entry(offset, self.kraft_version, voters))

    def set_kraft_version(self, offset: int, version: int) -> None:
        self._entries.append(_Entry(offset, version, self.last))

    def at(self, end_offset: int) -> tuple[int, VoterSet]:
        """kraft.version and voters as of everything below `end_offset`."""
        for entry in reversed(self._entries):
            if entry.offset < end_offset:
                return entry.kraft_version, entry.voters
        return self._entries[0].kraft_version, self._entries[0].voters

    def maybe_in_force(self, high_watermark: int | None) -> list[VoterSet]:
        """The newest set that is committed below it, and all later ones; None: all of them."""
        found: list[VoterSet] = []
        for entry in reversed(self._entries):
            found.append(entry.voters)
            if high_watermark is not None and entry.offset < high_watermark:
                break
        return found

    def restart(self, other: VoterHistory) -> None:
        """Become `other`: a snapshot came in the place of everything."""
        self._entries = list(other._entries)

    def truncate(self, end_offset: int) -> None:
        while len(self._entries) > 1 and self._entries[-1].offset >= end_offset:
            self._entries.pop()
