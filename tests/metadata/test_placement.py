"""Replicas are spread over racks, brokers and leaders (Kafka's StripedReplicaPlacer, KIP-36)."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msklite.errors import Code, KafkaError
from msklite.metadata.image import BrokerImage
from msklite.metadata.placement import Placer
from tests.metadata.cluster import Seeded


def broker(node: int, rack: str | None, fenced: bool = False) -> BrokerImage:
    return BrokerImage(
        id=node, epoch=1, incarnation_id=bytes(16), endpoints={}, rack=rack, fenced=fenced
    )


@given(
    per_rack=st.lists(st.integers(1, 3), min_size=1, max_size=3),
    partitions=st.integers(1, 40),
    factor=st.integers(1, 3),
    seed=st.integers(0, 1000),
)
def test_the_spread(per_rack: list[int], partitions: int, factor: int, seed: int) -> None:
    brokers, racks = [], {}
    for i, count in enumerate(per_rack):
        for _ in range(count):
            node = len(brokers) + 1
            brokers.append(broker(node, f"az{i}"))
            racks[node] = i
    if factor > len(brokers):
        with pytest.raises(KafkaError) as caught:
            Placer(brokers, Seeded(seed)).place(factor)
        assert caught.value.code == Code.INVALID_REPLICATION_FACTOR
        return
    placer = Placer(brokers, Seeded(seed))
    placed = [placer.place(factor) for _ in range(partitions)]
    for replicas in placed:
        assert len(set(replicas)) == factor, "a broker holds a partition once"
        assert len({racks[r] for r in replicas}) == min(factor, len(per_rack)), "one rack each"
    # Racks lead in turn until every broker had its turn; then Kafka shuffles them.
    leading = Counter(racks[replicas[0]] for replicas in placed[: len(brokers)])
    counts = [leading[i] for i in range(len(per_rack))]
    assert max(counts) - min(counts) <= 1, counts


@given(st.integers(0, 1000), st.integers(1, 20))
def test_a_fenced_broker_is_the_last_choice_and_never_leads(seed: int, partitions: int) -> None:
    brokers = [broker(1, "a"), broker(2, "b"), broker(3, "b", fenced=True)]
    two, three = Placer(brokers, Seeded(seed)), Placer(brokers, Seeded(seed))
    for _ in range(partitions):
        assert 3 not in two.place(2)
        assert three.place(3)[0] != 3


def test_nobody_alive() -> None:
    placer = Placer([broker(1, None, fenced=True)], Seeded(1))
    with pytest.raises(KafkaError, match="no broker is alive"):
        placer.place(1)
