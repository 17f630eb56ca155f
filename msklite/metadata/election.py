"""Who leads: when brokers come, go and return, on request (ElectLeaders), and to even out the load.

Rules:
- A broker that may lead is registered, neither fenced nor stopping, and its log directory is there.
- `eligible.leader.replicas.version` 1 brings KIP-966; see `change.py`.
- An election that isn't clean is possible only where unclean.leader.election.enable allows it, or
  for the last known leader of a partition that nobody else is left for.

Sources: Kafka's ReplicationControlManager (generateLeaderAndIsrUpdates, electLeaders,
maybeBalancePartitionLeaders), KIP-460.
"""

from __future__ import annotations

from collections.abc import Iterable

from msklite.errors import Code, KafkaError
from msklite.metadata.change import PREFERRED, UNCLEAN, MayLead, PartitionChange
from msklite.metadata.configs import BrokerConfig, TopicConfig
from msklite.metadata.features import ELR
from msklite.metadata.image import (
    LOST_DIR,
    MIGRATING_DIR,
    NO_LEADER,
    TOPIC,
    UNASSIGNED_DIR,
    BrokerImage,
    Image,
    PartitionImage,
    TopicImage,
)
from msklite.metadata.partitions import all_partitions, default_directory, existing
from msklite.metadata.records import MetadataRecord
from msklite.metadata.results import ControllerContext, ControllerResult
from msklite.wire.messages.elect_leaders_request import ElectLeadersRequest
from msklite.wire.messages.elect_leaders_response import (
    ElectLeadersResponse,
    PartitionResult,
    ReplicaElectionResult,
)

MAX_BALANCED = 1000
"""How many leaders one balancing step moves at most."""


def alive(image: Image, *, gone: int = NO_LEADER, back: int = NO_LEADER) -> MayLead:
    """Who may lead, while broker `gone` leaves or `back` returns."""

    def may_lead(part: PartitionImage, replica: int) -> bool:
        if replica == gone or replica < 0:
            return False
        broker = image.brokers.get(replica)
        living = replica == back or (broker is not None and broker.active)
        return living and _directory_online(broker, part, replica)

    return may_lead


class Rules:
    """What holds for a topic's elections: its settings, read from the image."""

    def __init__(self, config: BrokerConfig) -> None:
        self._config = config

    def topic(self, image: Image, name: str) -> TopicConfig:
        """The topic's effective settings."""
        return self._config.for_topic(image.config(TOPIC, name))

    def change(
        self, image: Image, topic: TopicImage, number: int, may_lead: MayLead
    ) -> PartitionChange:
        """A change of one partition, to be filled in and built."""
        settings = self.topic(image, topic.name)
        part = topic.partitions[number]
        made = PartitionChange(
            topic.id,
            number,
            part,
            may_lead=may_lead,
            home=lambda replica: default_directory(image.brokers.get(replica)),
            min_isr=min(settings.min_insync_replicas, len(part.replicas)),
            with_elr=image.features.get(ELR, 0) > 0,
        )
        if settings.bool("unclean.leader.election.enable"):
            made.election = UNCLEAN
        return made

    def changes(
        self,
        image: Image,
        partitions: Iterable[tuple[TopicImage, int]],
        *,
        gone: int = NO_LEADER,
        back: int = NO_LEADER,
        unclean: int = NO_LEADER,
    ) -> list[MetadataRecord]:
        """The records for `partitions` when a broker leaves, returns, or comes from a bad end.

        `gone` leaves the in-sync sets, `unclean` the eligible replicas too; `back` may lead though
        the image doesn't show it alive yet.
        """
        leaving = (gone, unclean)
        may_lead = alive(image, gone=gone if gone >= 0 else unclean, back=back)
        records = []
        for topic, number in partitions:
            change = self.change(image, topic, number, may_lead)
            change.isr = [r for r in change.isr if r not in leaving]
            change.unclean = (unclean,)
            if unclean in change.elr:
                change.elr.remove(unclean)
            record = change.build(image.metadata_version)
            if record is not None:
                records.append(record)
        return records


class Elections:
    """ElectLeaders, and the controller's own balancing."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    def elect(
        self, image: Image, request: ElectLeadersRequest, ctx: ControllerContext
    ) -> ControllerResult:
        """ElectLeaders: of the partitions named, or of all that can be improved."""
        if request.election_type not in (0, 1):
            text = f"election type {request.election_type} is unknown"
            return ControllerResult([], refused(request, Code.INVALID_REQUEST, text))
        election = PREFERRED if request.election_type == 0 else UNCLEAN
        everything = request.topic_partitions is None
        records: list[MetadataRecord] = []
        results: list[ReplicaElectionResult] = []
        for name, numbers in self._asked(image, request):
            result = ReplicaElectionResult(topic=name)
            results.append(result)
            for number in numbers:
                row = PartitionResult(partition_id=number, error_message=None)
                try:
                    records.append(self._elect_one(image, name, number, election))
                except KafkaError as error:
                    if everything and error.code == Code.ELECTION_NOT_NEEDED:
                        continue
                    row.error_code, row.error_message = error.code, error.message
                result.partition_result.append(row)
        # Asked for all, Kafka too names topics of which no partition had to change.
        reply = ElectLeadersResponse(replica_election_results=results)
        return ControllerResult(records, reply, atomic=False)

    @staticmethod
    def _asked(image: Image, request: ElectLeadersRequest) -> Iterable[tuple[str, Iterable[int]]]:
        if request.topic_partitions is None:
            return [(t.name, list(t.partitions)) for t in image.topics.values()]
        return [(t.topic, t.partitions) for t in request.topic_partitions]

    def _elect_one(self, image: Image, name: str, number: int, election: str) -> MetadataRecord:
        topic, part = existing(image, name, number)
        preferred = part.leader == part.replicas[0]
        if (election == PREFERRED and preferred) or (election == UNCLEAN and part.leader >= 0):
            raise KafkaError(Code.ELECTION_NOT_NEEDED, "the leader need not change")
        change = self._rules.change(image, topic, number, alive(image))
        change.election = election
        record = change.build(image.metadata_version)
        if record is None:
            if election == PREFERRED:
                raise KafkaError(
                    Code.PREFERRED_LEADER_NOT_AVAILABLE,
                    f"broker {part.replicas[0]} can't lead {name}-{number} now",
                )
            raise KafkaError(
                Code.ELIGIBLE_LEADERS_NOT_AVAILABLE, f"no replica of {name}-{number} is alive"
            )
        return record

    def balance(self, image: Image) -> list[MetadataRecord]:
        """Give leaderships back to preferred replicas that can take them."""
        may_lead = alive(image)
        records = []
        for topic, number, part in all_partitions(image):
            first = part.replicas[0]
            if part.leader == first or first not in part.isr or not may_lead(part, first):
                continue
            change = self._rules.change(image, topic, number, may_lead)
            change.election = PREFERRED
            record = change.build(image.metadata_version)
            if record is not None:
                records.append(record)
            if len(records) == MAX_BALANCED:
                break
        return records


def refused(request: ElectLeadersRequest, code: Code, text: str | None) -> ElectLeadersResponse:
    """The whole request is refused, and every partition says it."""
    return ElectLeadersResponse(
        error_code=code,
        replica_election_results=[
            ReplicaElectionResult(
                topic=t.topic,
                partition_result=[
                    PartitionResult(partition_id=n, error_code=code, error_message=text)
                    for n in t.partitions
                ],
            )
            for t in request.topic_partitions or ()
        ],
    )


def _directory_online(broker: BrokerImage | None, part: PartitionImage, replica: int) -> bool:
    if broker is None or not broker.log_dirs:
        return True
    directory = part.directory(replica)
    if directory == LOST_DIR:
        return False
    return directory in (MIGRATING_DIR, UNASSIGNED_DIR) or directory in broker.log_dirs
