"""The metadata log in a process that has no controller: followed as KRaft's observers do.

A broker in a process of its own keeps a copy of the log in its directory, as Apache Kafka's brokers
do, and fetches it from the leader of the quorum. It neither votes nor counts. Its first voters come
from `cluster.json`, later ones from the log itself. What a zone's brokers ask of their metadata is
the same here and at a `ControllerNode`, except that an observer never decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msklite.metadata.configs import BrokerConfig
from msklite.metadata.controller import Controller
from msklite.raft.voters import Endpoint, ReplicaKey, VoterSet
from msklite.world import World
from msklite.zone.controller_node import limits, policy, timeouts
from msklite.zone.quorum import Quorum
from msklite.zone.raft_net import RaftNet


class Observer:
    """See the module's text."""

    active = False
    unclean_elections = 0

    def __init__(
        self,
        world: World,
        directory: str,
        cluster_id: str,
        key: ReplicaKey,
        voters: VoterSet,
        config: BrokerConfig,
        publish: Callable[[], None],
        known: Mapping[int, Endpoint],
    ) -> None:
        """`directory` is the broker's; `publish` is told whenever the image has moved on."""
        self.node_id = key.id
        self.controller = Controller(
            cluster_id=cluster_id, node_id=key.id, config=config, random=world.random
        )
        """Only for its image: nobody asks it to decide."""
        self.net = RaftNet(world, cluster_id)
        self.quorum = Quorum(
            world,
            directory,
            key,
            self.controller,
            publish,
            send=self.net.send,
            times=timeouts(config),
            limits=limits(config),
            policy=policy(config),
            known=known,
            observed=voters,
        )
        self.net.quorum = self.quorum
        self.on_leader: Callable[[], object] = lambda: None
        """Called when this node hears of another leader, or of none."""
        self.quorum.on_role = lambda: self.on_leader()

    async def start(self) -> None:
        """Open the copy of the log, and follow."""
        await self.quorum.start()

    async def stop(self) -> None:
        """Close the copy."""
        await self.quorum.close()
        self.net.close()

    def crash(self) -> None:
        """As a killed process."""
        self.net.close()
        self.quorum.abandon()

    async def decide(self, request: Any, version: int) -> Any:
        """Never asked, as it is never active."""
        raise AssertionError("an observer decides nothing")
