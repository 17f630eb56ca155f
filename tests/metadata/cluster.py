"""A controller whose records are committed as soon as they are decided: for tests.

Every record goes through its bytes, as it would in the log, and is kept in `log`.
"""

from __future__ import annotations

from collections.abc import Iterable
from random import Random as Dice
from typing import Any

from msklite.errors import Code
from msklite.metadata.configs import BrokerConfig
from msklite.metadata.controller import Controller, ControllerContext
from msklite.metadata.image import Image
from msklite.metadata.records import AnyRecord, decode, encode_record
from msklite.wire.messages.broker_heartbeat_request import BrokerHeartbeatRequest
from msklite.wire.messages.broker_registration_request import (
    BrokerRegistrationRequest,
    Feature,
    Listener,
)
from msklite.wire.messages.create_topics_request import (
    CreatableReplicaAssignment,
    CreatableTopic,
    CreatableTopicConfig,
    CreateTopicsRequest,
)
from msklite.wire.messages.delete_topics_request import DeleteTopicsRequest, DeleteTopicState

CLUSTER = "c"


class Seeded:
    """world.Random from a seed."""

    def __init__(self, seed: int) -> None:
        self._dice = Dice(seed)

    def bytes(self, n: int) -> bytes:
        return self._dice.randbytes(n)

    def below(self, n: int) -> int:
        return self._dice.randrange(n)


class Cluster:
    """The controller, its log, and short words for the usual requests."""

    def __init__(self, config: dict[str, str] | None = None, brokers: int = 0) -> None:
        self.controller = Controller(
            cluster_id=CLUSTER,
            node_id=10001,
            config=BrokerConfig(config or {}, node_id=10001),
            random=Seeded(7),
        )
        self.log: list[bytes] = []
        self.now = 1_000
        self.commit(self.controller.activate(self.now))
        self.epochs: dict[int, int] = {}
        for node in range(1, brokers + 1):
            self.join(node)

    @property
    def image(self) -> Image:
        return self.controller.image

    def commit(self, records: Iterable[AnyRecord]) -> None:
        raw = [encode_record(r) for r in records]
        if raw:
            self.log += raw
            self.controller.apply([decode(r) for r in raw], len(self.log) - 1, 1)

    def ask(self, request: Any, version: int | None = None) -> Any:
        """Decide, commit; the reply."""
        ctx = ControllerContext(
            now_ms=self.now,
            mono_ms=self.now,
            version=type(request).VERSIONS[1] if version is None else version,
            next_offset=len(self.log),
        )
        result = self.controller.handle(request, ctx)
        self.commit(result.records)
        return result.reply

    def tick(self, ms: int) -> None:
        """Time moves on, and the controller does what is due."""
        self.now += ms
        while records := self.controller.tick(self.now).records:
            self.commit(records)

    def replayed(self) -> Image:
        """The image that the log alone gives."""
        image = Image(cluster_id=CLUSTER)
        return image.apply([decode(r) for r in self.log], self.image.offset, self.image.epoch)

    # -- brokers ------------------------------------------------------------------------------

    def register(self, node: int, life: int = 1, rack: str | None = None, **other: Any) -> Any:
        features = [
            Feature(name=n, min_supported_version=low, max_supported_version=high)
            for n, (low, high) in self.controller.supported_features.items()
        ]
        request = BrokerRegistrationRequest(
            broker_id=node,
            cluster_id=CLUSTER,
            incarnation_id=bytes([node, life] * 8),
            listeners=[Listener(name="PLAINTEXT", host=f"h{node}", port=9092)],
            features=features,
            rack=rack,
            log_dirs=[bytes([100 + node]) * 16],
        )
        for name, value in other.items():
            setattr(request, name, value)
        reply = self.ask(request)
        if not reply.error_code:
            self.epochs[node] = reply.broker_epoch
        return reply

    def heartbeat(self, node: int, **other: Any) -> Any:
        request = BrokerHeartbeatRequest(
            broker_id=node,
            broker_epoch=self.epochs[node],
            current_metadata_offset=len(self.log) - 1,
            want_fence=False,
            want_shut_down=False,
        )
        for name, value in other.items():
            setattr(request, name, value)
        return self.ask(request)

    def join(self, node: int, life: int = 1, rack: str | None = None) -> None:
        """Register and be unfenced."""
        assert self.register(node, life, rack).error_code == 0
        assert not self.heartbeat(node).is_fenced

    def lose(self, node: int) -> None:
        """It is dead, and that is noticed."""
        self.controller.presume_dead(node, self.now)
        self.tick(0)
        assert self.image.brokers[node].fenced

    # -- topics -------------------------------------------------------------------------------

    def create(self, *topics: CreatableTopic, **other: Any) -> list[Any]:
        reply = self.ask(CreateTopicsRequest(topics=list(topics), timeout_ms=1000, **other))
        return list(reply.topics)

    def delete(self, *names: str) -> list[Code]:
        topics = [DeleteTopicState(name=n, topic_id=bytes(16)) for n in names]
        reply = self.ask(DeleteTopicsRequest(topics=topics, timeout_ms=1000))
        return [Code(r.error_code) for r in reply.responses]


def topic(
    name: str,
    partitions: int = 1,
    factor: int = 1,
    assignments: list[list[int]] | None = None,
    **configs: str,
) -> CreatableTopic:
    """A wish for CreateTopics; settings with `_` for `.`."""
    if assignments is not None:
        partitions = factor = -1
    return CreatableTopic(
        name=name,
        num_partitions=partitions,
        replication_factor=factor,
        assignments=[
            CreatableReplicaAssignment(partition_index=i, broker_ids=ids)
            for i, ids in enumerate(assignments or [])
        ],
        configs=[
            CreatableTopicConfig(name=k.replace("_", "."), value=v) for k, v in configs.items()
        ],
    )
