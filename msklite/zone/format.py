"""A node's directory: made as `kafka-storage format` of Kafka 4.2 does, and checked when opened.

    meta.properties                       version 1: node.id, directory.id, cluster.id
    bootstrap.checkpoint                  the feature levels a new cluster starts with
    __cluster_metadata-0/000...-000.checkpoint     controllers only: kraft.version 1 and the voters
    .lock                                 held while a node runs on the directory

`meta.properties` is written last, so a directory whose formatting was cut short is formatted anew,
and one that has data but no meta.properties is refused. When a node starts, its folders' names are
on the disk too, up to what was there before: without them a power loss would take everything that
is synced below, the vote included. Nothing is ever deleted. Every refusal is a
UserError of one sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from msklite.errors import UserError
from msklite.log.directories import LOCK, META_PROPERTIES, MetaProperties, read_meta, uuid_text
from msklite.metadata.features import NEW_FEATURES
from msklite.metadata.records import encode
from msklite.raft import snapshot as snapshots
from msklite.raft.messages import OffsetEpoch
from msklite.raft.tail import FIRST_CHECKPOINT
from msklite.raft.voters import Endpoint, ReplicaKey, Voter, VoterSet
from msklite.wire.messages.feature_level_record import FeatureLevelRecord
from msklite.world import Lock, Storage, World

META = META_PROPERTIES
BOOTSTRAP = "bootstrap.checkpoint"
METADATA_DIR = "__cluster_metadata-0"
KRAFT_VERSION = 1
DEFAULT_ENDPOINT = Endpoint("CONTROLLER", "localhost", 9093)
"""In the voters record while nobody listens; Kafka puts its own address there when it leads."""
_RESERVED_IDS = (bytes(16), bytes(15) + b"\x01")
_HARMLESS = (LOCK, BOOTSTRAP, METADATA_DIR, "lost+found")


@dataclass(slots=True)
class NodeDir:
    """An opened directory; its lock is held until `release`."""

    path: str
    node_id: int
    cluster_id: str
    directory_id: bytes
    is_new: bool
    lock: Lock

    def release(self) -> None:
        self.lock.release()


def random_id(world: World) -> bytes:
    """A new id, never one that Kafka keeps for itself nor one whose text starts with a dash."""
    while True:
        raw = bytearray(world.random.bytes(16))
        raw[6] = raw[6] & 0x0F | 0x40  # version 4, as java.util.UUID makes them
        raw[8] = raw[8] & 0x3F | 0x80
        found = bytes(raw)
        if found not in _RESERVED_IDS and not uuid_text(found).startswith("-"):
            return found


def meta_properties(node_id: int, cluster_id: str, directory_id: bytes, now_ms: int) -> bytes:
    """The content of meta.properties, in the layout of java.util.Properties."""
    when = datetime.fromtimestamp(now_ms / 1000, UTC)
    return (
        f"#\n#{when:%a %b %d %H:%M:%S} UTC {when:%Y}\n"
        f"node.id={node_id}\ndirectory.id={uuid_text(directory_id)}\n"
        f"version=1\ncluster.id={cluster_id}\n"
    ).encode()


def bootstrap_checkpoint(now_ms: int, features: Mapping[str, int] = NEW_FEATURES) -> bytes:
    """The content of bootstrap.checkpoint: metadata.version first, the others by name."""
    names = sorted(features, key=lambda name: (name != "metadata.version", name))
    values = [encode(FeatureLevelRecord(name=n, feature_level=features[n]), 0) for n in names]
    return snapshots.encode(snapshots.Snapshot(OffsetEpoch(0, 0), values), now_ms)


def first_checkpoint(voters: VoterSet, now_ms: int) -> bytes:
    """The content of a new quorum's first checkpoint, 0-0."""
    first = snapshots.Snapshot(FIRST_CHECKPOINT, kraft_version=KRAFT_VERSION, voters=voters)
    return snapshots.encode(first, now_ms)


def format_node(
    storage: Storage,
    path: str,
    node_id: int,
    cluster_id: str,
    directory_id: bytes,
    now_ms: int,
    *,
    voters: VoterSet | None = None,
    features: Mapping[str, int] = NEW_FEATURES,
) -> None:
    """Make `path` a node's directory; a controller's when it gets `voters`."""
    storage.make_dirs(path)
    storage.write(f"{path}/{BOOTSTRAP}", bootstrap_checkpoint(now_ms, features))
    if voters is not None:
        folder = f"{path}/{METADATA_DIR}"
        storage.make_dirs(folder)
        name = snapshots.file_name(FIRST_CHECKPOINT)
        storage.write(f"{folder}/{name}", first_checkpoint(voters, now_ms))
    content = meta_properties(node_id, cluster_id, directory_id, now_ms)
    storage.write(f"{path}/{META}", content)


def _make_dirs(storage: Storage, path: str) -> None:
    """Make the folder, and let the names of all that had to be made survive a power loss."""
    made, parent = [], path
    while parent not in ("", "/") and not storage.is_dir(parent):
        parent = parent.rpartition("/")[0]
        made.append(parent or "/")
    storage.make_dirs(path)
    for folder in made:
        storage.sync_dir(folder)


def open_node_dir(
    world: World,
    path: str,
    node_id: int,
    cluster_id: str | None,
    *,
    controller: bool,
    endpoint: Endpoint | None = None,
    voters: VoterSet | None = None,
    features: Mapping[str, int] = NEW_FEATURES,
    directory_id: bytes | None = None,
) -> NodeDir:
    """Lock the directory and check that it is this node's; format it when it is new.

    `cluster_id` None takes what the directory says, or a new one. A new controller listens at
    `endpoint`, alone, or is one of `voters`, whose directory id it takes; with a `directory_id` of
    its own it only knows of them.
    """
    lock = _lock(world.storage, path)
    try:
        found = _read_meta(world.storage, path)
        if found is not None:
            _check(path, found, node_id, cluster_id)
            return NodeDir(path, node_id, found.cluster_id, found.directory_id, False, lock)
        _check_unused(world.storage, path)
        cluster_id = cluster_id or uuid_text(random_id(world))
        fresh = random_id(world)
        if voters is not None:
            directory_id = directory_id or voters.voters[node_id].key.directory_id
        directory_id = directory_id or fresh
        if voters is None and controller:
            me = Voter(ReplicaKey(node_id, directory_id), (endpoint or DEFAULT_ENDPOINT,))
            voters = VoterSet.of(me)
        now_ms = world.clock.now_ms()
        try:
            format_node(
                world.storage, path, node_id, cluster_id, directory_id, now_ms,
                voters=voters, features=features,
            )  # fmt: skip
        except OSError as e:
            raise _unwritable(path, e) from None
        return NodeDir(path, node_id, cluster_id, directory_id, True, lock)
    except BaseException:
        lock.release()
        raise


def _unwritable(path: str, error: OSError) -> UserError:
    reason = error.strerror or str(error)
    return UserError(f"can't write to the directory {path}: {reason}")


def _lock(storage: Storage, path: str) -> Lock:
    try:
        _make_dirs(storage, path)
        return storage.lock(f"{path}/{LOCK}")
    except BlockingIOError:
        raise UserError(
            f"the directory {path} is in use by a running node; stop that one first"
        ) from None
    except OSError as e:
        raise _unwritable(path, e) from None


def _read_meta(storage: Storage, path: str) -> MetaProperties | None:
    try:
        return read_meta(storage, path)
    except OSError as e:
        raise UserError(f"can't read {path}/{META}: {e.strerror or e}") from None


def _check(path: str, found: MetaProperties, node_id: int, cluster_id: str | None) -> None:
    if cluster_id is not None and found.cluster_id != cluster_id:
        raise UserError(
            f"the directory {path} belongs to cluster {found.cluster_id}, "
            f"not to cluster {cluster_id}"
        )
    if found.node_id != node_id:
        raise UserError(
            f"the directory {path} belongs to node {found.node_id}, not to node {node_id}"
        )


def _check_unused(storage: Storage, path: str) -> None:
    """Without meta.properties there may be nothing but the leavings of a format cut short."""
    for name in storage.list(path):
        if name not in _HARMLESS and not name.endswith(".tmp"):
            raise UserError(
                f"the directory {path} has no {META} but isn't empty (it holds {name}); "
                "give an empty directory or bring the file back"
            )
    folder = f"{path}/{METADATA_DIR}"
    first = snapshots.file_name(FIRST_CHECKPOINT)
    if storage.is_dir(folder):
        for name in storage.list(folder):
            if name not in (first, f"{first}.tmp"):
                raise UserError(
                    f"the directory {path} has no {META} but a metadata log; bring the file back"
                )
