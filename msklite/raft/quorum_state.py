"""`quorum-state`: the vote and the leader that a node must not forget, as Kafka's JSON.

    {"leaderId":10001,"leaderEpoch":2,"votedId":-1,"votedDirectoryId":"AAA...","data_version":1}

Version 0 belongs to kraft.version 0 and has other fields (clusterId, appliedOffset,
currentVoters) that nothing reads; version 1 to kraft.version 1. The file is replaced as a whole and
is on the disk before any message that depends on it leaves the node.
Sources: FileQuorumStateStore and QuorumStateData.json.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

from msklite.errors import UserError
from msklite.raft.voters import ReplicaKey
from msklite.wire.primitives import ZERO_UUID
from msklite.world import Storage

FILE_NAME = "quorum-state"


def uuid_text(raw: bytes) -> str:
    """Kafka's form of an id: 22 characters of URL-safe base64."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def uuid_bytes(text: str) -> bytes:
    """The 16 bytes of an id; ValueError when `text` is none."""
    raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if len(raw) != 16:
        raise ValueError(f"{text!r} is no id of 16 bytes")
    return raw


@dataclass(frozen=True, slots=True)
class Election:
    """An epoch, its leader (-1: none known) and whom this node voted for in it."""

    epoch: int = 0
    leader_id: int = -1
    voted: ReplicaKey | None = None


def encode(election: Election, kraft_version: int, voter_ids: tuple[int, ...] = ()) -> bytes:
    """The file's content."""
    voted = election.voted
    data: dict[str, object] = {
        "leaderId": election.leader_id,
        "leaderEpoch": election.epoch,
        "votedId": -1 if voted is None else voted.id,
    }
    if kraft_version >= 1:
        data["votedDirectoryId"] = uuid_text(ZERO_UUID if voted is None else voted.directory_id)
        data["data_version"] = 1
    else:
        data = {"clusterId": "", **data, "appliedOffset": 0}
        data["currentVoters"] = [{"voterId": i} for i in voter_ids]
        data["data_version"] = 0
    return json.dumps(data, separators=(",", ":")).encode()


def decode(content: bytes) -> Election:
    """Read the file's content; ValueError when it is damaged."""
    data = json.loads(content)
    if not isinstance(data, dict) or data.get("data_version") not in (0, 1):
        raise ValueError("no quorum state of data_version 0 or 1")
    try:
        voted_id = int(data["votedId"])
        directory = uuid_bytes(data["votedDirectoryId"]) if data["data_version"] else ZERO_UUID
        voted = None if voted_id < 0 else ReplicaKey(voted_id, directory)
        return Election(int(data["leaderEpoch"]), int(data["leaderId"]), voted)
    except (KeyError, TypeError, AttributeError) as e:
        raise ValueError(f"field {e} is missing or wrong") from None


def load(storage: Storage, directory: str) -> Election:
    """The state kept in `directory`; epoch 0 without a leader when there is none yet."""
    path = f"{directory}/{FILE_NAME}"
    if not storage.exists(path):
        return Election()
    try:
        return decode(storage.read(path))
    except ValueError as e:
        raise UserError(f"{path} is damaged ({e}); restore it, it holds this node's vote") from None


def save(
    storage: Storage,
    directory: str,
    election: Election,
    kraft_version: int,
    voter_ids: tuple[int, ...] = (),
) -> None:
    """Replace the file; on the disk when this returns."""
    content = encode(election, kraft_version, voter_ids)
    storage.write(f"{directory}/{FILE_NAME}", content, sync=True)
