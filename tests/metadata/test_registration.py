"""A broker that comes back before its old session has ended; controllers that register."""

from __future__ import annotations

import pytest

from msklite.errors import Code, KafkaError
from msklite.metadata.configs import BrokerConfig
from msklite.metadata.controller import Controller, ControllerContext
from msklite.metadata.records import versioned
from msklite.wire.messages.broker_heartbeat_request import BrokerHeartbeatRequest
from msklite.wire.messages.broker_registration_request import (
    BrokerRegistrationRequest,
    Feature,
    Listener,
)
from msklite.wire.messages.controller_registration_request import (
    ControllerRegistrationRequest,
)
from msklite.wire.messages.controller_registration_request import Feature as ControllerFeature
from msklite.wire.messages.controller_registration_request import Listener as ControllerListener
from msklite.wire.messages.feature_level_record import FeatureLevelRecord
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


def controller_request(level: int = 29) -> ControllerRegistrationRequest:
    return ControllerRegistrationRequest(
        controller_id=10002,
        incarnation_id=b"i" * 16,
        listeners=[ControllerListener(name="CONTROLLER", host="h", port=9093)],
        features=[
            ControllerFeature(
                name="metadata.version", min_supported_version=7, max_supported_version=level
            )
        ],
    )


def test_a_controllers_last_registration_counts() -> None:
    cluster = Cluster()
    assert not cluster.ask(controller_request()).error_code
    known = cluster.controller.image.controllers[10002]
    assert known.incarnation_id == b"i" * 16
    assert known.endpoints == {"CONTROLLER": ("h", 9093, 0)}
    assert known.features == {"metadata.version": (7, 29)}
    again = controller_request(28)
    again.incarnation_id = b"j" * 16
    cluster.ask(again)
    assert cluster.controller.image.controllers[10002].incarnation_id == b"j" * 16


def test_a_metadata_version_without_the_record_registers_no_controller() -> None:
    cluster = Cluster()
    old = FeatureLevelRecord(name="metadata.version", feature_level=14)
    cluster._commit([versioned(old)])
    assert cluster.ask(controller_request()).error_code == Code.UNSUPPORTED_VERSION
    assert not cluster.controller.image.controllers
