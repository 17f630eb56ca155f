"""A broker that comes back before its old session has ended."""

from __future__ import annotations

import pytest

from msklite.errors import Code, KafkaError
from msklite.metadata.configs import BrokerConfig
from msklite.metadata.controller import Controller, ControllerContext
from msklite.wire.messages.broker_heartbeat_request import BrokerHeartbeatRequest
from msklite.wire.messages.broker_registration_request import (
    BrokerRegistrationRequest,
    Feature,
    Listener,
)
from msklite.zone.world import SystemRandom


class Cluster:
    """A controller whose records are committed as soon as they are decided."""

    def __init__(self) -> None:
        config = BrokerConfig({}, node_id=10001)
        self.controller = Controller(
            cluster_id="c", node_id=10001, config=config, random=SystemRandom()
        )
        self.offset = 0
        self.now = 0
        self._commit(self.controller.activate(0))

    def _commit(self, records: list) -> None:
        if records:
            self.offset += len(records)
            self.controller.apply(records, self.offset - 1, 1)

    def ask(self, request):
        ctx = ControllerContext(
            now_ms=self.now, mono_ms=self.now, version=type(request).VERSIONS[1],
            principal="User:x", next_offset=self.offset,
        )  # fmt: skip
        result = self.controller.handle(request, ctx)
        self._commit(result.records)
        return result.reply

    def register(self, incarnation: bytes, directory: bytes) -> int:
        reply = self.ask(
            BrokerRegistrationRequest(
                broker_id=1, cluster_id="c", incarnation_id=incarnation * 16,
                log_dirs=[directory * 16],
                listeners=[Listener(name="PLAINTEXT", host="h", port=9092)],
                features=[
                    Feature(name=n, min_supported_version=low, max_supported_version=high)
                    for n, (low, high) in self.controller.supported_features.items()
                ],
            )
        )  # fmt: skip
        if reply.error_code:
            raise KafkaError(Code(reply.error_code))
        self.ask(
            BrokerHeartbeatRequest(
                broker_id=1, broker_epoch=reply.broker_epoch, current_metadata_offset=self.offset
            )
        )
        assert not self.controller.image.brokers[1].fenced
        return reply.broker_epoch


def test_another_process_on_other_directories_is_a_duplicate_while_the_session_lives() -> None:
    cluster = Cluster()
    cluster.register(b"a", b"x")
    with pytest.raises(KafkaError) as refused:
        cluster.register(b"b", b"y")
    assert refused.value.code == Code.DUPLICATE_BROKER_REGISTRATION


def test_whoever_holds_the_same_directories_takes_over_at_once() -> None:
    """The directories are locked by one process: a killed broker needn't wait for its session."""
    cluster = Cluster()
    first = cluster.register(b"a", b"x")
    assert cluster.register(b"b", b"x") > first


def test_a_session_that_ended_makes_room() -> None:
    cluster = Cluster()
    cluster.register(b"a", b"x")
    cluster.now += 9001
    cluster.register(b"b", b"y")
