"""The active controller: what a request changes in the metadata, and what is answered.

    result = controller.handle(request, ctx)       # decides on `controller.image`
    ... append result.records, wait for the commit ...
    controller.apply(result.records, offset, epoch)
    ... send result.reply ...

Rules:
- Deterministic and synchronous: time and the next offset are in `ctx`, randomness is an object.
- The shell runs one operation after the other and applies its records before the next one, so
  that `image` is always what the log says.
- A request that fails as a whole is answered by an error reply of its own kind, never by an
  exception: `handle` is the one place that turns KafkaError into it.
- Durable state is in the image; soft state is in `brokers.Brokers` (sessions) and begins anew with
  `activate`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from msklite.errors import Code, KafkaError
from msklite.metadata import controllers, features
from msklite.metadata.brokers import Brokers, Following
from msklite.metadata.config_changes import MIN_ISR, ConfigChanges
from msklite.metadata.configs import BrokerConfig
from msklite.metadata.election import Elections, Rules, refused
from msklite.metadata.features import bootstrap_records
from msklite.metadata.image import BROKER, Image
from msklite.metadata.isr_changes import IsrChanges
from msklite.metadata.reassignments import Reassignments
from msklite.metadata.records import AnyRecord, MetadataRecord, versioned
from msklite.metadata.results import ControllerContext, ControllerResult
from msklite.metadata.topics import Topics
from msklite.wire.messages.config_record import ConfigRecord
from msklite.world import Random

__all__ = ["Controller", "ControllerContext", "ControllerResult", "bootstrap_records"]

PRODUCER_ID_BLOCK = 1000

_Operation = Callable[[Image, Any, ControllerContext], ControllerResult]


class Controller:
    """See the module's rules. `image` may be set when a snapshot is loaded."""

    def __init__(
        self,
        *,
        cluster_id: str,
        node_id: int,
        config: BrokerConfig,
        random: Random,
        image: Image | None = None,
    ) -> None:
        self.cluster_id = cluster_id
        self.node_id = node_id
        self.config = config
        self.supported_features = dict(features.SUPPORTED)
        self._random = random
        self.image = Image(cluster_id=cluster_id) if image is None else image
        changes = ConfigChanges(config)
        self._topics = Topics(config, changes, random)
        self._balance_ms = 0
        rules = Rules(config)
        self._brokers = Brokers(cluster_id, config, rules)
        self._elections = Elections(rules)
        isr_changes = IsrChanges(self._brokers, rules)
        reassignments = Reassignments(rules)
        self._operations: dict[str, _Operation] = {
            "CreateTopicsRequest": self._topics.create,
            "DeleteTopicsRequest": self._topics.delete,
            "CreatePartitionsRequest": self._topics.create_partitions,
            "AlterConfigsRequest": self._alter(changes.replace, "alter_configs_response"),
            "IncrementalAlterConfigsRequest": self._alter(
                changes.incremental, "incremental_alter_configs_response"
            ),
            "UpdateFeaturesRequest": features.update,
            "AllocateProducerIdsRequest": self._allocate_producer_ids,
            "BrokerRegistrationRequest": self._brokers.register,
            "BrokerHeartbeatRequest": self._brokers.heartbeat,
            "UnregisterBrokerRequest": self._brokers.unregister,
            "ControllerRegistrationRequest": controllers.register,
            "AlterPartitionRequest": isr_changes.alter,
            "AssignReplicasToDirsRequest": isr_changes.assign,
            "ElectLeadersRequest": self._elections.elect,
            "AlterPartitionReassignmentsRequest": reassignments.alter,
            "ListPartitionReassignmentsRequest": reassignments.list,
        }

    # -- the log

    def apply(
        self,
        records: Iterable[AnyRecord],
        offset: int,
        epoch: int,
        timestamp: int | None = None,
    ) -> Image:
        """Adopt committed records, the last of them at `offset`; gives the new image."""
        self.image = self.image.apply(records, offset, epoch, timestamp)
        self.config.set_dynamic(self.image.configs, self.node_id)
        return self.image

    def load(self, records: Iterable[AnyRecord], offset: int, epoch: int) -> Image:
        """Adopt a snapshot in the place of everything so far; gives the new image."""
        self.image = Image(cluster_id=self.cluster_id)
        return self.apply(records, offset, epoch)

    def activate(self, mono_ms: int) -> list[MetadataRecord]:
        """This controller now leads, with everything committed applied: the records to begin with.

        An empty log gets the feature levels of a new cluster, in a transaction; a transaction that
        a former controller left open is aborted.
        """
        from msklite.wire.messages.abort_transaction_record import AbortTransactionRecord
        from msklite.wire.messages.begin_transaction_record import BeginTransactionRecord
        from msklite.wire.messages.end_transaction_record import EndTransactionRecord

        self._brokers.activate(self.image, mono_ms)
        self._balance_ms = mono_ms + self._balance_interval_ms()
        records: list[MetadataRecord] = []
        if self.image.in_transaction:
            records.append(versioned(AbortTransactionRecord(reason="the controller has changed")))
        if not self.image.metadata_version:
            records.append(versioned(BeginTransactionRecord(name="Bootstrap records")))
            records += bootstrap_records()
            records.append(self._first_min_isr())
            records.append(versioned(EndTransactionRecord()))
        return records

    def _first_min_isr(self) -> MetadataRecord:
        """What the cluster is started with becomes its setting: see `features`."""
        value = self.config.text("min.insync.replicas")
        return versioned(
            ConfigRecord(resource_type=BROKER, resource_name="", name=MIN_ISR, value=value)
        )

    # -- operations

    def handle(self, request: Any, ctx: ControllerContext) -> ControllerResult:
        """Decide on one request."""
        name = type(request).__name__
        operation = self._operations.get(name)
        if operation is None:
            raise KafkaError(Code.UNSUPPORTED_VERSION, f"the controller doesn't know {name}")
        try:
            return operation(self.image, request, ctx)
        except KafkaError as error:
            return ControllerResult([], error_reply(request, error))

    def tick(self, mono_ms: int) -> ControllerResult:
        """Fence a broker that has fallen silent, or give leaderships back to preferred replicas."""
        fenced = self._brokers.expire(self.image, mono_ms)
        if fenced or mono_ms < self._balance_ms:
            return ControllerResult(fenced, atomic=False)
        self._balance_ms = mono_ms + self._balance_interval_ms()
        if not self.config.bool("auto.leader.rebalance.enable"):
            return ControllerResult()
        return ControllerResult(self._elections.balance(self.image), atomic=False)

    def following(self) -> list[Following]:
        """How far the brokers have read the metadata log, by their heartbeats."""
        return self._brokers.following(self.image)

    def presume_dead(self, broker_id: int, mono_ms: int) -> None:
        """A broker's process is known to be gone: `tick` fences it at once."""
        self._brokers.presume_dead(broker_id, mono_ms)

    def next_tick_ms(self) -> int:
        """When (mono_ms) `tick` is next wanted."""
        expiry = self._brokers.next_expiry_ms(self.image)
        return self._balance_ms if expiry is None else min(expiry, self._balance_ms)

    def _balance_interval_ms(self) -> int:
        return self.config.int("leader.imbalance.check.interval.seconds") * 1000

    @staticmethod
    def _alter(method: Any, module: str) -> _Operation:
        def operation(image: Image, request: Any, ctx: ControllerContext) -> ControllerResult:
            from importlib import import_module

            messages = import_module(f"msklite.wire.messages.{module}")
            name = type(request).__name__.replace("Request", "Response")
            result: ControllerResult = method(
                image, request, getattr(messages, name), messages.AlterConfigsResourceResponse
            )
            return result

        return operation

    def _allocate_producer_ids(
        self, image: Image, request: Any, ctx: ControllerContext
    ) -> ControllerResult:
        from msklite.wire.messages.allocate_producer_ids_response import (
            AllocateProducerIdsResponse,
        )
        from msklite.wire.messages.producer_ids_record import ProducerIdsRecord

        self._brokers.check_epoch(image, request.broker_id, request.broker_epoch)
        first = max(image.next_producer_id, 0)
        if first > 2**63 - 1 - PRODUCER_ID_BLOCK:
            raise KafkaError(Code.UNKNOWN_SERVER_ERROR, "there are no producer ids left")
        record = ProducerIdsRecord(
            broker_id=request.broker_id,
            broker_epoch=request.broker_epoch,
            next_producer_id=first + PRODUCER_ID_BLOCK,
        )
        reply = AllocateProducerIdsResponse(
            producer_id_start=first, producer_id_len=PRODUCER_ID_BLOCK
        )
        return ControllerResult([versioned(record)], reply)


def error_reply(request: Any, error: KafkaError) -> Any:
    """The reply to `request` that says `error` wherever its kind has room for it."""
    from importlib import import_module

    module = type(request).__module__.removesuffix("_request") + "_response"
    messages = import_module(module)
    reply = getattr(messages, type(request).__name__.replace("Request", "Response"))()
    code = error.code
    # Kafka's time-outs have no text.
    text = error.message or (None if code == Code.REQUEST_TIMED_OUT else code.text)
    name = type(request).__name__
    if name == "ElectLeadersRequest":
        return refused(request, code, text)
    if "error_code" in reply.__slots__:
        reply.error_code = code
        if "error_message" in reply.__slots__:
            reply.error_message = text
        return reply
    if name in ("CreateTopicsRequest", "CreatePartitionsRequest"):
        made = messages.CreatableTopicResult if name[6] == "T" else None
        made = made or messages.CreatePartitionsTopicResult
        items = [made(name=t.name, error_code=code, error_message=text) for t in request.topics]
        setattr(reply, "topics" if name[6] == "T" else "results", items)
    elif name == "DeleteTopicsRequest":
        made = messages.DeletableTopicResult
        reply.responses = [
            made(name=n, error_code=code, error_message=text) for n in request.topic_names
        ] + [
            made(name=t.name, topic_id=t.topic_id, error_code=code, error_message=text)
            for t in request.topics
        ]
    else:
        reply.responses = [
            messages.AlterConfigsResourceResponse(
                error_code=code,
                error_message=text,
                resource_type=r.resource_type,
                resource_name=r.resource_name,
            )
            for r in request.resources
        ]
    return reply
