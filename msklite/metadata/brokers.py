"""Brokers come, stay and go: registration, heartbeats, fencing, controlled shutdown.

Rules, as in Kafka's ClusterControlManager and BrokerHeartbeatManager:
- A broker's epoch is the log offset at which it registered; requests with another are
  STALE_BROKER_EPOCH. A new registration with another incarnation while the old one's session is
  alive is DUPLICATE_BROKER_REGISTRATION; but whoever comes with the old one's directories holds
  their locks, so the old one is dead (Kafka lets a killed broker wait for the session to end).
- A new broker is fenced until it has read the metadata up to its own registration.
- One that comes back from an unclean shutdown (it doesn't name its last epoch, which it keeps in
  `.kafka_cleanshutdown`) may have lost what it hadn't flushed: it leaves the in-sync and eligible
  replicas (KIP-966).
- A broker that asks to be fenced (its disk is full) is, once it can be spared: where it is the last
  in-sync replica of several, nobody could take over, or catch up.
- A broker that leads something and wants to stop first loses its leaderships (controlled
  shutdown), then is fenced and told to stop.
- Sessions are soft state (`_Session`): a controller that becomes active grants every broker a new
  one; a broker without heartbeats for broker.session.timeout.ms is fenced by `expire`.

One rule is ours: a controller that has just become active and hasn't heard a broker's old
incarnation lets a new one with the same log directories in at once. A directory is locked by the
one process that lives on it, so the old one is gone. Kafka waits for the session to run out, which
after a kill -9 of controller and broker together would mean nine seconds for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from msklite.errors import Code, KafkaError
from msklite.metadata import partitions as parts
from msklite.metadata.configs import BrokerConfig
from msklite.metadata.election import Rules
from msklite.metadata.features import ELR, MV
from msklite.metadata.image import BrokerImage, Image
from msklite.metadata.records import MetadataRecord, versioned
from msklite.metadata.results import ControllerContext, ControllerResult
from msklite.wire.messages.broker_heartbeat_request import BrokerHeartbeatRequest
from msklite.wire.messages.broker_heartbeat_response import BrokerHeartbeatResponse
from msklite.wire.messages.broker_registration_change_record import BrokerRegistrationChangeRecord
from msklite.wire.messages.broker_registration_request import BrokerRegistrationRequest
from msklite.wire.messages.broker_registration_response import BrokerRegistrationResponse
from msklite.wire.messages.register_broker_record import (
    BrokerEndpoint,
    BrokerFeature,
    RegisterBrokerRecord,
)
from msklite.wire.messages.unregister_broker_record import UnregisterBrokerRecord
from msklite.wire.messages.unregister_broker_request import UnregisterBrokerRequest
from msklite.wire.messages.unregister_broker_response import UnregisterBrokerResponse

_NEVER = 2**63 - 1
_STOOD_STILL_MS = 1_000


@dataclass(slots=True)
class _Session:
    """A living broker: when it was last heard, how far it has read, when it began to stop."""

    heard_ms: int
    offset: int = -1
    registered_at: int = -1
    stop_offset: int = -1


class Following(NamedTuple):
    """How far a broker had read the metadata log when it was last heard."""

    id: int
    directory_id: bytes
    offset: int
    heard_ms: int


class Brokers:
    """The four operations and the sessions."""

    def __init__(self, cluster_id: str, config: BrokerConfig, rules: Rules) -> None:
        self._cluster_id = cluster_id
        self._config = config
        self._rules = rules
        self._sessions: dict[int, _Session] = {}

    def activate(self, image: Image, mono_ms: int) -> None:
        """This controller has become active: everybody gets a fresh session."""
        self._sessions = {b: _Session(mono_ms) for b in image.brokers}

    @property
    def _timeout_ms(self) -> int:
        return self._config.int("broker.session.timeout.ms")

    # -- registration

    def register(
        self, image: Image, request: BrokerRegistrationRequest, ctx: ControllerContext
    ) -> ControllerResult:
        """BrokerRegistration."""
        self._check_registration(image, request, ctx.mono_ms)
        known = image.brokers.get(request.broker_id)
        same = known is not None and known.incarnation_id == request.incarnation_id
        records: list[MetadataRecord] = []
        epoch, fenced, stopping = ctx.next_offset, True, False
        if known is not None and same:
            epoch, fenced, stopping = known.epoch, known.fenced, known.in_controlled_shutdown
        else:
            # Whatever its former life led has to be elected anew, with a higher leader epoch.
            clean = known is not None and known.epoch == request.previous_broker_epoch
            records += self._reborn(image, request.broker_id, clean=clean)
        record = RegisterBrokerRecord(
            broker_id=request.broker_id,
            incarnation_id=request.incarnation_id,
            broker_epoch=epoch,
            end_points=[
                BrokerEndpoint(
                    name=e.name, host=e.host, port=e.port, security_protocol=e.security_protocol
                )
                for e in request.listeners
            ],
            features=[
                BrokerFeature(
                    name=f.name,
                    min_supported_version=f.min_supported_version,
                    max_supported_version=f.max_supported_version,
                )
                for f in request.features
            ],
            rack=request.rack,
            fenced=fenced,
            in_controlled_shutdown=stopping,
            log_dirs=list(request.log_dirs),
        )
        records.append(versioned(record, image.metadata_version))
        self._sessions[request.broker_id] = _Session(
            ctx.mono_ms, registered_at=ctx.next_offset + len(records) - 1
        )
        return ControllerResult(records, BrokerRegistrationResponse(broker_epoch=epoch))

    def _check_registration(
        self, image: Image, request: BrokerRegistrationRequest, mono_ms: int
    ) -> None:
        node = request.broker_id
        if request.cluster_id != self._cluster_id:
            raise KafkaError(
                Code.INCONSISTENT_CLUSTER_ID,
                f"this is cluster {self._cluster_id}, not {request.cluster_id}",
            )
        known, session = image.brokers.get(node), self._sessions.get(node)
        if (
            known is not None
            and known.incarnation_id != request.incarnation_id
            and set(known.log_dirs) != set(request.log_dirs)
            and not known.fenced
            and not known.in_controlled_shutdown
            and session is not None
            and mono_ms - session.heard_ms < self._timeout_ms
            and not (session.offset < 0 and set(request.log_dirs) == set(known.log_dirs))
        ):
            raise KafkaError(Code.DUPLICATE_BROKER_REGISTRATION, f"another broker {node} is alive")
        dirs = list(request.log_dirs)
        taken = {d for b in image.brokers.values() if b.id != node for d in b.log_dirs}
        reserved = any(d[:12] == bytes(12) and int.from_bytes(d, "big") < 100 for d in dirs)
        if not dirs or reserved or len(set(dirs)) != len(dirs) or taken & set(dirs):
            raise KafkaError(Code.INVALID_REGISTRATION, "its log directories can't be: see KIP-858")
        ranges = {f.name: (f.min_supported_version, f.max_supported_version)
                  for f in request.features}  # fmt: skip
        if MV not in ranges:
            raise KafkaError(Code.INVALID_REGISTRATION, f"it doesn't say which {MV} it supports")
        for name, level in image.features.items():
            low, high = ranges.get(name, (0, 0))
            if not low <= level <= high:
                raise KafkaError(
                    Code.UNSUPPORTED_VERSION, f"{name} is at {level}; it supports {low} to {high}"
                )

    def unregister(
        self, image: Image, request: UnregisterBrokerRequest, ctx: ControllerContext
    ) -> ControllerResult:
        """UnregisterBroker."""
        known = image.brokers.get(request.broker_id)
        if known is None:
            raise KafkaError(
                Code.BROKER_ID_NOT_REGISTERED, f"broker {request.broker_id} isn't registered"
            )
        records = self._lose(image, known.id)
        records.append(
            versioned(UnregisterBrokerRecord(broker_id=known.id, broker_epoch=known.epoch))
        )
        self._sessions.pop(known.id, None)
        return ControllerResult(records, UnregisterBrokerResponse(error_message=None))

    # -- heartbeats

    def check_epoch(self, image: Image, broker_id: int, epoch: int) -> BrokerImage:
        """The registered broker; STALE_BROKER_EPOCH when it isn't this one."""
        known = image.brokers.get(broker_id)
        if known is None or known.epoch != epoch:
            have = "none" if known is None else known.epoch
            raise KafkaError(
                Code.STALE_BROKER_EPOCH, f"broker {broker_id} is at epoch {have}, not {epoch}"
            )
        return known

    def heartbeat(
        self, image: Image, request: BrokerHeartbeatRequest, ctx: ControllerContext
    ) -> ControllerResult:
        """BrokerHeartbeat: where the broker is, what it wants, and what becomes of it."""
        known = self.check_epoch(image, request.broker_id, request.broker_epoch)
        session = self._sessions.setdefault(known.id, _Session(ctx.mono_ms))
        registered = max(session.registered_at, known.epoch)
        records: list[MetadataRecord] = []
        fenced, stop = known.fenced, False
        want_fence = request.want_fence and parts.can_be_spared(image, known.id)
        if known.fenced:
            if request.want_shut_down:
                stop = True
            elif not request.want_fence and request.current_metadata_offset >= registered:
                fenced = False
                records = self._unfence(image, known)
        elif want_fence or known.in_controlled_shutdown or request.want_shut_down:
            leads = parts.has_leaderships(image, known.id)
            if want_fence and not known.in_controlled_shutdown:
                fenced, stop = True, request.want_shut_down
                records = self._fence(image, known)
            elif leads:
                records = self._begin_stop(image, known)
                session.stop_offset = max(session.stop_offset, ctx.next_offset + len(records) - 1)
            elif not known.in_controlled_shutdown or session.stop_offset <= self._lowest(image):
                fenced = stop = True
                records = self._fence(image, known)
        session.heard_ms = ctx.mono_ms
        session.offset = request.current_metadata_offset
        reply = BrokerHeartbeatResponse(
            is_caught_up=request.current_metadata_offset >= registered,
            is_fenced=fenced,
            should_shut_down=stop,
        )
        return ControllerResult(records, reply, atomic=False)

    def following(self, image: Image) -> list[Following]:
        """The brokers that have told how far they are."""
        return [
            Following(known.id, known.log_dirs[0], session.offset, session.heard_ms)
            for broker, session in self._sessions.items()
            if (known := image.brokers.get(broker)) is not None
            and session.offset >= 0
            and known.log_dirs
        ]

    def _lowest(self, image: Image) -> int:
        """How far the slowest living broker has read."""
        return min(
            (self._sessions[b.id].offset for b in image.brokers.values()
             if b.active and b.id in self._sessions),
            default=_NEVER,
        )  # fmt: skip

    def expire(self, image: Image, mono_ms: int) -> list[MetadataRecord]:
        """Fence the broker that was silent for longest, when that is too long.

        A controller that comes here much too late has stood still itself (a stopped process, a
        suspended laptop) and could hear nobody: the brokers get the time it was away, and one
        heartbeat's more. Else a broker that was stopped with its controller is fenced, and for a
        moment a cluster of one has no brokers to name, which librdkafka waits on for ever.
        """
        due = self.next_expiry_ms(image)
        if due is not None and mono_ms - due > _STOOD_STILL_MS:
            grace_ms = mono_ms - due + self._config.int("broker.heartbeat.interval.ms")
            for session in self._sessions.values():
                session.heard_ms = min(session.heard_ms + grace_ms, mono_ms)
            return []
        late = [
            (s.heard_ms, b)
            for b, s in self._sessions.items()
            if mono_ms - s.heard_ms >= self._timeout_ms
            and b in image.brokers
            and not image.brokers[b].fenced
        ]
        return self._fence(image, image.brokers[min(late)[1]]) if late else []

    def presume_dead(self, broker_id: int, mono_ms: int) -> None:
        """Nobody listens where the broker did: its session ends now."""
        session = self._sessions.get(broker_id)
        if session is not None:
            session.heard_ms = min(session.heard_ms, mono_ms - self._timeout_ms)

    def next_expiry_ms(self, image: Image) -> int | None:
        """When `expire` is next wanted."""
        heard = [
            s.heard_ms
            for b, s in self._sessions.items()
            if b in image.brokers and not image.brokers[b].fenced
        ]
        return min(heard) + self._timeout_ms if heard else None

    # -- records

    def _lose(self, image: Image, broker_id: int) -> list[MetadataRecord]:
        affected = parts.with_broker_in_isr(image, broker_id)
        return self._rules.changes(image, affected, gone=broker_id)

    def _reborn(self, image: Image, broker_id: int, *, clean: bool) -> list[MetadataRecord]:
        """What follows for partitions when a broker registers anew."""
        if clean or not image.features.get(ELR):
            return self._lose(image, broker_id)
        affected = parts.may_need(image, broker_id)
        return self._rules.changes(image, affected, unclean=broker_id)

    def _fence(self, image: Image, broker: BrokerImage) -> list[MetadataRecord]:
        change = BrokerRegistrationChangeRecord(
            broker_id=broker.id, broker_epoch=broker.epoch, fenced=1
        )
        return [*self._lose(image, broker.id), MetadataRecord(0, change)]

    def _begin_stop(self, image: Image, broker: BrokerImage) -> list[MetadataRecord]:
        records = []
        if not broker.in_controlled_shutdown:
            change = BrokerRegistrationChangeRecord(
                broker_id=broker.id, broker_epoch=broker.epoch, in_controlled_shutdown=1
            )
            records.append(MetadataRecord(1, change))
        return records + self._lose(image, broker.id)

    def _unfence(self, image: Image, broker: BrokerImage) -> list[MetadataRecord]:
        change = BrokerRegistrationChangeRecord(
            broker_id=broker.id, broker_epoch=broker.epoch, fenced=-1
        )
        elected = self._rules.changes(image, parts.without_leader(image), back=broker.id)
        return [MetadataRecord(0, change), *elected]
