"""An administrator: creates and deletes topics, and looks whether what was done stays done."""

from __future__ import annotations

from msklite.errors import Code
from msklite.wire.messages.create_topics_request import (
    CreatableTopic,
    CreatableTopicConfig,
    CreateTopicsRequest,
)
from msklite.wire.messages.delete_topics_request import DeleteTopicsRequest, DeleteTopicState
from tests.sim.client import Client, Unavailable


class Admin:
    """Creates, deletes and lists topics."""

    def __init__(self, client: Client, pause: float) -> None:
        self.client = client
        self.stopping = self.finished = False
        self._pause = pause
        self._count = 0
        self._mine: list[str] = []

    async def run(self) -> None:
        """The administrator's life."""
        client = self.client
        while not self.stopping:
            try:
                jobs = (self._create_one, self._delete_one, self.look, self.look)
                await client.random.choice(jobs)()
                await client.nap(0, self._pause)
            except Unavailable as e:
                client.sim.trace.add(client.process, "admin waits: %s", e)
                await client.nap()
        self.finished = True

    async def create(
        self, name: str, partitions: int, factor: int = 1, config: dict[str, str] | None = None
    ) -> None:
        """Create a topic; returns when it is there, whoever created it."""
        client = self.client
        configs = [CreatableTopicConfig(name=k, value=v) for k, v in (config or {}).items()]
        request = CreateTopicsRequest(
            topics=[
                CreatableTopic(
                    name=name, num_partitions=partitions, replication_factor=factor,
                    configs=configs,
                )
            ],
            timeout_ms=5000,
        )  # fmt: skip
        address = client.any_address()
        reply = await client.ask(address, request, client.version(CreateTopicsRequest))
        code = Code(reply.topics[0].error_code)
        if code not in (Code.NONE, Code.TOPIC_ALREADY_EXISTS):
            self._refused("create", name, code)
        client.sim.trace.add(client.process, "created %s", name)
        client.sim.model.created[name] = None

    def _refused(self, what: str, name: str, code: Code) -> None:
        # No broker is unfenced just now: Kafka has no code that says "later".
        if not code.retriable and code is not Code.INVALID_REPLICATION_FACTOR:
            self.client.sim.checks.blame(f"{what} {name} was refused with {code.name}")
        raise Unavailable(f"{what} {name}: {code.name}")

    async def _create_one(self) -> None:
        self._count += 1
        name = f"{self.client.name}-{self._count}"
        await self.create(name, self.client.random.randint(1, 2))
        self._mine.append(name)

    async def _delete_one(self) -> None:
        client = self.client
        if not self._mine:
            return
        name = client.random.choice(self._mine)
        self._mine.remove(name)
        client.sim.model.created.pop(name)
        request = DeleteTopicsRequest(
            topics=[DeleteTopicState(name=name)], topic_names=[name], timeout_ms=5000
        )
        while True:
            try:
                address = client.any_address()
                reply = await client.ask(address, request, client.version(DeleteTopicsRequest))
                code = Code(reply.responses[0].error_code)
                if code not in (Code.NONE, Code.UNKNOWN_TOPIC_OR_PARTITION):
                    self._refused("delete", name, code)
                break
            except Unavailable:
                await client.nap()
                if self.stopping:
                    return
        if code is Code.UNKNOWN_TOPIC_OR_PARTITION:
            # It is gone since an answer was lost; or a controller that was deposed and doesn't know
            # yet has never heard of it, and says so, as Apache Kafka's would.
            client.sim.trace.add(client.process, "deleted %s, perhaps", name)
            return
        client.sim.trace.add(client.process, "deleted %s", name)
        client.sim.model.deleted[name] = None

    async def look(self) -> None:
        """List all topics, and compare with what was promised before."""
        sim = self.client.sim
        model = sim.model
        created, deleted = list(model.created), list(model.deleted)
        if len(sim.machines) > 1 and not sim.at_rest:
            created = deleted = []  # another zone's broker may not have heard of it yet
        reply = await self.client.refresh(None)
        model.listed([t.name for t in reply.topics], created, deleted)
