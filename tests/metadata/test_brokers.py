"""Brokers come, stay and go: registration, heartbeats, fencing, controlled shutdown, elections."""

from __future__ import annotations

import pytest

from msklite.errors import Code
from msklite.metadata.image import NO_LEADER, PartitionImage
from msklite.wire.messages.allocate_producer_ids_request import AllocateProducerIdsRequest
from msklite.wire.messages.broker_registration_request import Feature
from msklite.wire.messages.unregister_broker_request import UnregisterBrokerRequest
from tests.metadata.cluster import Cluster, topic


def part(cluster: Cluster, name: str = "t", number: int = 0) -> PartitionImage:
    found = cluster.image.partition(name, number)
    assert found is not None
    return found


def test_a_broker_is_fenced_until_it_has_read_its_own_registration() -> None:
    cluster = Cluster()
    before = len(cluster.log)
    reply = cluster.register(1, rack="az1")
    assert (reply.error_code, reply.broker_epoch) == (0, before)
    broker = cluster.image.brokers[1]
    assert broker.fenced and broker.rack == "az1" and broker.log_dirs == (bytes([101]) * 16,)
    assert cluster.heartbeat(1, current_metadata_offset=before - 1).is_fenced
    beat = cluster.heartbeat(1, current_metadata_offset=before)
    assert not beat.is_fenced and beat.is_caught_up and not beat.should_shut_down
    assert cluster.image.brokers[1].active


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"cluster_id": "other"}, Code.INCONSISTENT_CLUSTER_ID),
        ({"log_dirs": []}, Code.INVALID_REGISTRATION),
        ({"log_dirs": [b"x" * 16, b"x" * 16]}, Code.INVALID_REGISTRATION),
        ({"log_dirs": [bytes(16)]}, Code.INVALID_REGISTRATION),
        ({"log_dirs": [bytes([101]) * 16]}, Code.INVALID_REGISTRATION),  # broker 1's
        ({"features": []}, Code.INVALID_REGISTRATION),
        (
            {
                "features": [
                    Feature("metadata.version", min_supported_version=7, max_supported_version=8)
                ]
            },
            Code.UNSUPPORTED_VERSION,
        ),
    ],
)
def test_registrations_that_are_refused(change: dict[str, object], code: Code) -> None:
    cluster = Cluster(brokers=1)
    before = len(cluster.log)
    assert cluster.register(2, **change).error_code == code
    assert len(cluster.log) == before


def test_a_second_broker_of_the_same_id_is_refused_while_the_first_lives() -> None:
    cluster = Cluster(brokers=1)
    other = {"log_dirs": [b"other-directory!"]}
    assert cluster.register(1, 2, **other).error_code == Code.DUPLICATE_BROKER_REGISTRATION
    cluster.now += 9_000  # broker.session.timeout.ms
    assert cluster.register(1, 2, **other).error_code == 0


def test_the_same_life_may_register_again_and_keeps_its_epoch() -> None:
    cluster = Cluster(brokers=1)
    epoch = cluster.epochs[1]
    assert cluster.register(1).broker_epoch == epoch
    assert not cluster.image.brokers[1].fenced


def test_an_old_epoch_is_refused_everywhere() -> None:
    cluster = Cluster(brokers=1)
    stale = cluster.epochs[1] + 1
    assert cluster.heartbeat(1, broker_epoch=stale).error_code == Code.STALE_BROKER_EPOCH
    ids = AllocateProducerIdsRequest(broker_id=1, broker_epoch=stale)
    assert cluster.ask(ids).error_code == Code.STALE_BROKER_EPOCH
    cluster.epochs[2] = 5
    assert cluster.heartbeat(2).error_code == Code.STALE_BROKER_EPOCH


def test_a_controller_that_stood_still_blames_no_broker() -> None:
    cluster = Cluster(brokers=2)
    cluster.tick(20_000)  # more than twice broker.session.timeout.ms
    assert not any(b.fenced for b in cluster.image.brokers.values())
    cluster.heartbeat(2)
    cluster.tick(2_000)  # one heartbeat's time
    assert [b.id for b in cluster.image.brokers.values() if b.fenced] == [1]


def test_silence_fences_and_the_leadership_moves() -> None:
    cluster = Cluster(brokers=2)
    cluster.create(topic("t", assignments=[[1, 2]]))
    cluster.tick(5_000)
    cluster.heartbeat(2)
    assert part(cluster).leader == 1
    cluster.tick(4_500)
    assert cluster.image.brokers[1].fenced and not cluster.image.brokers[2].fenced
    assert (part(cluster).leader, part(cluster).isr, part(cluster).leader_epoch) == (2, (2,), 1)
    cluster.heartbeat(1)
    assert not cluster.image.brokers[1].fenced
    assert (part(cluster).leader, part(cluster).isr) == (2, (2,)), "it must catch up first"


def test_the_last_in_sync_replica_stays_eligible_and_leads_again() -> None:
    """KIP-966: it leaves the in-sync set, and is remembered as the one that has everything."""
    cluster = Cluster(brokers=2)
    cluster.create(topic("t", assignments=[[1, 2]]))
    cluster.lose(1)
    cluster.lose(2)
    assert (part(cluster).leader, part(cluster).isr) == (NO_LEADER, ())
    assert part(cluster).elr == (2,)
    cluster.heartbeat(1)
    assert part(cluster).leader == NO_LEADER, "1 isn't eligible"
    cluster.heartbeat(2)
    assert (part(cluster).leader, part(cluster).isr, part(cluster).elr) == (2, (2,), ())


def test_unclean_election_where_the_topic_allows_it() -> None:
    cluster = Cluster(brokers=2)
    wish = topic("t", assignments=[[1, 2]], unclean_leader_election_enable="true")
    cluster.create(wish)
    cluster.lose(1)
    cluster.lose(2)
    cluster.heartbeat(1)
    assert (part(cluster).leader, part(cluster).isr) == (1, (1,))
    assert part(cluster).leader_recovery_state == 1


def test_who_asks_is_fenced_when_it_can_be_spared() -> None:
    """Full disks: one after the other hands over, and the last goes on for those who read."""
    cluster = Cluster(brokers=3)
    cluster.create(topic("t", assignments=[[1, 2, 3]]))
    assert cluster.heartbeat(1, want_fence=True).is_fenced
    assert (part(cluster).leader, part(cluster).isr) == (2, (2, 3))
    assert cluster.heartbeat(2, want_fence=True).is_fenced
    assert not cluster.heartbeat(3, want_fence=True).is_fenced
    assert (part(cluster).leader, part(cluster).isr) == (3, (3,))
    assert not cluster.heartbeat(1).is_fenced
    assert not cluster.heartbeat(3, want_fence=True).is_fenced, "1 must catch up with somebody"


def test_controlled_shutdown_moves_leaderships_first() -> None:
    cluster = Cluster(brokers=2)
    cluster.create(topic("t", assignments=[[1, 2]]), topic("alone", assignments=[[1]]))
    first = cluster.heartbeat(1, want_shut_down=True)
    assert not first.should_shut_down
    assert cluster.image.brokers[1].in_controlled_shutdown
    assert (part(cluster).leader, part(cluster, "alone").leader) == (2, NO_LEADER)
    behind = cluster.heartbeat(1, want_shut_down=True)
    assert not behind.should_shut_down, "broker 2 hasn't read yet that it leads"
    cluster.heartbeat(2)
    assert cluster.heartbeat(1, want_shut_down=True).should_shut_down
    assert cluster.image.brokers[1].fenced
    cluster.join(1, life=2)
    assert part(cluster, "alone").leader == 1 and not cluster.image.brokers[1].fenced


def test_a_fenced_broker_may_stop_at_once() -> None:
    cluster = Cluster()
    cluster.register(1)
    assert cluster.heartbeat(1, want_shut_down=True).should_shut_down


def test_a_broker_that_leads_nothing_stops_at_once() -> None:
    cluster = Cluster(brokers=2)
    cluster.create(topic("t", assignments=[[1]]))
    assert cluster.heartbeat(2, want_shut_down=True).should_shut_down


def test_a_new_life_starts_new_leader_epochs() -> None:
    """Whatever the dead one led must be led anew, so that its old requests are told apart."""
    cluster = Cluster(brokers=1)
    cluster.create(topic("t"))
    cluster.join(1, life=2)
    assert part(cluster).leader == 1 and part(cluster).leader_epoch == 2


def test_unregistering() -> None:
    cluster = Cluster(brokers=2)
    cluster.create(topic("t", assignments=[[1, 2]]))
    assert cluster.ask(UnregisterBrokerRequest(broker_id=1)).error_code == 0
    assert set(cluster.image.brokers) == {2} and part(cluster).leader == 2
    again = cluster.ask(UnregisterBrokerRequest(broker_id=1))
    assert again.error_code == Code.BROKER_ID_NOT_REGISTERED


def test_producer_ids_come_in_blocks_and_never_twice() -> None:
    cluster = Cluster(brokers=2)
    given = []
    for node in (1, 2, 1):
        ask = AllocateProducerIdsRequest(broker_id=node, broker_epoch=cluster.epochs[node])
        reply = cluster.ask(ask)
        given.append((reply.producer_id_start, reply.producer_id_len))
    assert given == [(0, 1000), (1000, 1000), (2000, 1000)]
    assert cluster.replayed().next_producer_id == 3000


def test_a_controller_that_takes_over_gives_everybody_time() -> None:
    cluster = Cluster(brokers=2)
    cluster.now += 60_000
    cluster.commit(cluster.controller.activate(cluster.now))
    cluster.tick(8_000)
    assert not any(b.fenced for b in cluster.image.brokers.values())
    cluster.tick(2_000)
    assert all(b.fenced for b in cluster.image.brokers.values())
