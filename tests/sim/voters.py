"""An administrator of the quorum: takes controllers out of it and puts them back (KIP-853).

One voter at a time is out, the leader as well as any other. Before the end all are back.
"""

from __future__ import annotations

from msklite.errors import Code
from msklite.raft.voters import Voter
from msklite.wire.messages.add_raft_voter_request import AddRaftVoterRequest, Listener
from msklite.wire.messages.remove_raft_voter_request import RemoveRaftVoterRequest
from tests.sim.client import Client, Unavailable

LATER = (Code.REQUEST_TIMED_OUT, Code.NOT_LEADER_OR_FOLLOWER, Code.NOT_CONTROLLER,
         Code.BROKER_NOT_AVAILABLE, Code.UNKNOWN_SERVER_ERROR)  # fmt: skip


class VoterAdmin:
    """Removes a voter, waits, adds it again."""

    def __init__(self, client: Client, voters: list[Voter]) -> None:
        self.client = client
        self.stopping = self.finished = False
        self._voters = voters
        self.changes = 0

    async def run(self) -> None:
        """The administrator's life."""
        client = self.client
        while not self.stopping:
            await client.nap(0, 1)
            voter = client.random.choice(self._voters)
            gone = RemoveRaftVoterRequest(None, voter.id, voter.key.directory_id)
            await self._ask("remove", voter, gone, Code.VOTER_NOT_FOUND)
            await client.nap(0, 1)
            at = [Listener(e.name, e.host, e.port) for e in voter.endpoints]
            back = AddRaftVoterRequest(None, 5_000, voter.id, voter.key.directory_id, at)
            await self._ask("add", voter, back, Code.DUPLICATE_VOTER)
        self.finished = True

    async def _ask(
        self,
        what: str,
        voter: Voter,
        request: AddRaftVoterRequest | RemoveRaftVoterRequest,
        done: Code,
    ) -> None:
        """Until it is so; `done` is the answer where an earlier try had done it unheard."""
        client = self.client
        while True:
            try:
                address = client.any_address()
                reply = await client.ask(address, request, client.version(type(request)))
                code = Code(reply.error_code)
            except Unavailable:
                await client.nap()
                continue
            if code in (Code.NONE, done):
                client.sim.trace.add(client.process, "%s voter %d", what, voter.id)
                self.changes += 1
                return
            if code not in LATER:
                client.sim.checks.blame(f"{what} voter {voter.id} was refused with {code.name}")
                return
            await client.nap()
