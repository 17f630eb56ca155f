"""quorum-state, checkpoints and voters as bytes: Kafka's own, round trips, and damage."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msklite.errors import UserError
from msklite.log.memory import MemoryStorage
from msklite.raft import control, quorum_state
from msklite.raft import snapshot as snapshots
from msklite.raft.control import apply_batches
from msklite.raft.messages import OffsetEpoch
from msklite.raft.quorum_state import Election
from msklite.raft.snapshot import Snapshot
from msklite.raft.voters import ReplicaKey, VoterHistory, VoterSet
from msklite.wire.records import build_batch
from tests.raft.lab import key_of, voter_of

KAFKAS = (
    b'{"leaderId":10001,"leaderEpoch":2,"votedId":-1,'
    b'"votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA","data_version":1}'
)
OLD = (
    b'{"clusterId":"","leaderId":1,"leaderEpoch":7,"votedId":3,"appliedOffset":0,'
    b'"currentVoters":[{"voterId":1},{"voterId":3}],"data_version":0}'
)


def test_quorum_state_is_kafkas_text() -> None:
    found = quorum_state.decode(KAFKAS)
    assert found == Election(2, 10001, None)
    assert quorum_state.encode(found, 1) == KAFKAS
    old = quorum_state.decode(OLD)
    assert old == Election(7, 1, ReplicaKey(3))
    assert json.loads(quorum_state.encode(old, 0, (1, 3))) == json.loads(OLD)


@given(st.integers(0, 2**31 - 1), st.integers(-1, 5), st.none() | st.integers(0, 5))
def test_quorum_state_round_trip(epoch: int, leader: int, voted: int | None) -> None:
    election = Election(epoch, leader, None if voted is None else key_of(voted))
    assert quorum_state.decode(quorum_state.encode(election, 1)) == election


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{", b'{"data_version":2}', b'{"data_version":1}', KAFKAS[:40],
     KAFKAS.replace(b"AAAA", b"A", 1), b'{"leaderId":"x","leaderEpoch":1,"votedId":1,'
     b'"data_version":0}'],
)  # fmt: skip
def test_a_damaged_vote_is_an_error_and_stays(content: bytes) -> None:
    storage = MemoryStorage()
    storage.make_dirs("/q")
    storage.write("/q/quorum-state", content)
    with pytest.raises(UserError, match="/q/quorum-state is damaged"):
        quorum_state.load(storage, "/q")
    assert storage.read("/q/quorum-state") == content


def sample(values: list[bytes]) -> Snapshot:
    voters = VoterSet.of(voter_of(1), voter_of(2))
    return Snapshot(OffsetEpoch(77, 3), values, 1_700_000_000_000, 1, voters)


@given(st.lists(st.binary(max_size=300), max_size=30))
@settings(deadline=None)
def test_checkpoint_round_trip(values: list[bytes]) -> None:
    data = snapshots.encode(sample(values), 1_700_000_000_123)
    assert snapshots.decode(data, OffsetEpoch(77, 3)) == sample(values)


def test_a_large_checkpoint_has_many_batches() -> None:
    values = [bytes([i % 256]) * 10_000 for i in range(200)]
    data = snapshots.encode(sample(values), 5)
    assert snapshots.decode(data, OffsetEpoch(77, 3)).values == values


def test_every_cut_and_every_flipped_byte_of_a_checkpoint_is_noticed() -> None:
    data = snapshots.encode(sample([b"one", b"two"]), 5)
    for end in range(len(data)):
        with pytest.raises(ValueError):
            snapshots.decode(data[:end], OffsetEpoch(77, 3))
    outside_crc = {i for start in _batch_starts(data) for i in (*range(8), *range(12, 16))
                   for i in (start + i,)}  # fmt: skip
    for at in set(range(len(data))) - outside_crc:
        bad = bytearray(data)
        bad[at] ^= 0x55
        with pytest.raises(ValueError):
            snapshots.decode(bytes(bad), OffsetEpoch(77, 3))


def _batch_starts(data: bytes) -> list[int]:
    from msklite.wire.batch import iter_headers

    starts, at = [], 0
    for header in iter_headers(data):
        starts.append(at)
        at += header.length
    return starts


def test_names_and_leavings() -> None:
    storage = MemoryStorage()
    storage.make_dirs("/q")
    for at in (OffsetEpoch(0, 0), OffsetEpoch(10, 1), OffsetEpoch(200, 4)):
        snapshots.save(storage, "/q", Snapshot(at), 5)
    part = "00000000000000000300-0000000004-123.checkpoint.part"
    storage.write(f"/q/{part}", b"x")
    storage.write("/q/00000000000000000000.log", b"")
    ids = snapshots.find(storage, "/q")
    assert ids == [OffsetEpoch(0, 0), OffsetEpoch(10, 1), OffsetEpoch(200, 4)]
    assert snapshots.file_name(ids[1]) == "00000000000000000010-0000000001.checkpoint"
    assert snapshots.delete_before(storage, "/q", ids[1]) == ids[1:]
    assert part not in storage.list("/q") and "00000000000000000000.log" in storage.list("/q")
    assert snapshots.last_log_time(storage, "/q", ids[2]) == 0


def test_voters_follow_the_log_both_ways() -> None:
    """A set counts from the moment its record is appended, and no longer once that is cut off."""
    one, two = VoterSet.of(voter_of(1)), VoterSet.of(voter_of(1), voter_of(2))
    history = VoterHistory(one, 0)
    records = [control.kraft_version(1, 5), control.voters(two, 5)]
    apply_batches(history, build_batch(records, base_offset=4, leader_epoch=1, control=True))
    assert (history.kraft_version, history.last.ids, history.last_offset) == (1, (1, 2), 5)
    assert history.at(4) == (0, one) and history.at(5) == (1, one) and history.at(6) == (1, two)
    history.truncate(5)
    assert (history.kraft_version, history.last) == (1, one)
    history.truncate(0)
    assert (history.kraft_version, history.last) == (0, one)


def test_a_voter_that_lost_its_disk_is_none_any_more() -> None:
    voters = VoterSet.of(voter_of(1), voter_of(2))
    assert voters.is_voter(key_of(2))
    assert not voters.is_voter(ReplicaKey(2, b"a fresh disk....")) and not voters.is_voter(
        key_of(3)
    )
    unknown = VoterSet.of(voter_of(1)).voters[1].key
    assert ReplicaKey(1).matches(unknown), "a directory that isn't known matches any"
    assert VoterSet.from_record(voters.to_record()) == voters
