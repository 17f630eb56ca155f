"""The way back of a controller with damaged metadata: what is refused, and moves cut short."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from msklite.errors import UserError
from msklite.log.directories import META_PROPERTIES, read_meta, uuid_text
from msklite.log.memory import MemoryStorage
from msklite.world import World
from msklite.zone.format import NodeDir, meta_properties, open_node_dir
from msklite.zone.healing import PATIENCE_MS, Healing
from msklite.zone.identity import new_cluster_id
from msklite.zone.quorum_store import DamagedMetadata
from msklite.zone.spec import ZoneSpec
from tests.zone.quorums import Counting

CLUSTER = new_cluster_id(b"cluster of three")
DAMAGE = DamagedMetadata("the metadata log is damaged")


class Hurried:
    """A clock on which each look takes a while."""

    def __init__(self) -> None:
        self.ms = 0

    def mono_ms(self) -> int:
        self.ms += PATIENCE_MS // 3
        return self.ms

    def now_ms(self) -> int:
        return 1_700_000_000_000


class Nobody:
    """A network with nobody on it."""

    socket_limit = 0

    async def listen(self, *_: object, **__: object) -> object:
        raise AssertionError("nothing listens here")

    async def connect(self, host: str, port: int, factory: Callable[[], object]) -> object:
        raise ConnectionRefusedError(111, "Connection refused")


def spec_of(zones: int) -> ZoneSpec:
    """Seen from the first zone."""
    whole = ZoneSpec("test", "/c/az1", CLUSTER, tuple(range(1, zones + 1)))
    whole.spread(zones, b"seed of this one")
    whole.ports = {node: 9000 + i for i, node in enumerate(whole.nodes)}
    return whole.for_zone(1)


def world() -> World:
    return World(Hurried(), Nobody(), MemoryStorage(), Counting())  # type: ignore[arg-type]


def opened(where: World, spec: ZoneSpec, directory_id: bytes | None = None) -> NodeDir:
    return open_node_dir(
        where, spec.controller_dir(), spec.controller_id, CLUSTER, controller=True,
        voters=spec.voter_set(), directory_id=directory_id,
    )  # fmt: skip


def names(where: World) -> list[str]:
    return where.storage.list("/c/az1")


def test_two_zones_cant_heal() -> None:
    where, spec = world(), spec_of(2)
    node = opened(where, spec)
    with pytest.raises(DamagedMetadata, match=r"is damaged$"):
        asyncio.run(Healing(where, spec).begin(DAMAGE, node))
    assert names(where) == ["controller-10001"]


def test_nothing_is_moved_while_nobody_leads() -> None:
    where, spec = world(), spec_of(3)
    node = opened(where, spec)
    with pytest.raises(UserError, match=r"no other controller leads.*start the other zones"):
        asyncio.run(Healing(where, spec).begin(DAMAGE, node))
    assert names(where) == ["controller-10001"]


def test_a_move_that_was_cut_short_is_finished() -> None:
    """The mark is there, and the folder is still the old one: its id is never used again."""
    where, spec = world(), spec_of(3)
    node = opened(where, spec)
    old = where.storage.read(f"{node.path}/{META_PROPERTIES}")
    node.release()
    new_id = bytes(range(16))
    where.storage.write("/c/az1/controller-10001.healing", uuid_text(new_id).encode())
    assert Healing(where, spec).resume() == new_id
    aside, mark = names(where)
    assert aside.startswith("controller-10001.damaged-") and mark.endswith(".healing")
    assert where.storage.read(f"/c/az1/{aside}/{META_PROPERTIES}") == old
    node = opened(where, spec, new_id)
    assert node.is_new and node.directory_id == new_id
    node.release()
    assert Healing(where, spec).resume() == new_id, "the next start goes on"
    assert not opened(where, spec, new_id).is_new


def test_a_mark_that_says_nothing_gives_yet_another_id() -> None:
    where, spec = world(), spec_of(3)
    opened(where, spec).release()
    where.storage.write("/c/az1/controller-10001.healing", b"\0\0\0")
    found = Healing(where, spec).resume()
    voters = spec.voter_set()
    assert voters is not None and found not in (None, voters.voters[10001].key.directory_id)
    assert Healing(where, spec).resume() == found


def test_without_any_checkpoint_it_would_be_the_only_voter() -> None:
    where, spec = world(), spec_of(3)
    node = opened(where, spec)
    Healing(where, spec).check()
    where.storage.remove_tree(f"{node.path}/__cluster_metadata-0")
    with pytest.raises(DamagedMetadata, match="has no checkpoint"):
        Healing(where, spec).check()


def test_a_foreign_folder_is_not_moved() -> None:
    """Another cluster's directory is refused as ever."""
    where, spec = world(), spec_of(3)
    other = meta_properties(10001, "another", bytes(range(16)), 0)
    where.storage.make_dirs(spec.controller_dir())
    where.storage.write(f"{spec.controller_dir()}/{META_PROPERTIES}", other)
    assert Healing(where, spec).resume() is None
    with pytest.raises(UserError, match="belongs to cluster another"):
        opened(where, spec)
    assert read_meta(where.storage, spec.controller_dir()) is not None
