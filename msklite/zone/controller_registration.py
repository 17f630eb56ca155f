"""A zone's controller makes itself known to the active one, itself perhaps (KIP-919).

Rules, those of Kafka's ControllerRegistrationManager:
- Each life has an incarnation id of its own. It is registered when the log says so, not when the
  request was answered, and registers again when the log names another life.
- Nothing is sent before the metadata.version has the record.
- After a failure it tries again, waiting twice as long each time.
"""

from __future__ import annotations

import asyncio
import logging

from msklite.errors import Code, KafkaError
from msklite.metadata.controllers import REGISTRATION_LEVEL
from msklite.wire.messages.controller_registration_request import (
    ControllerRegistrationRequest,
    Feature,
    Listener,
)
from msklite.zone.controller_client import ControllerClient
from msklite.zone.controller_node import ControllerNode
from msklite.zone.format import random_id

log = logging.getLogger("msklite.controller")
_FIRST_WAIT_S = 0.1
_LONGEST_WAIT_S = 120.0
_LOG_S = 1.0
"""How long an answered registration may take to show in our own copy of the log."""


class ControllerRegistration:
    """See the module's rules. Tell it of each new image with `published`."""

    def __init__(self, node: ControllerNode, client: ControllerClient) -> None:
        self.incarnation_id = random_id(node.world)
        self._node = node
        self._client = client
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def registered(self) -> bool:
        """Whether the log has this life of the controller."""
        known = self._node.controller.image.controllers.get(self._node.node_id)
        return known is not None and known.incarnation_id == self.incarnation_id

    def start(self) -> None:
        """Begin, in a task of its own."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    def stop(self) -> None:
        """No more requests."""
        if self._task is not None:
            self._task.cancel()

    def published(self) -> None:
        """The image moved on."""
        if not self.registered:
            self._news.set()

    async def _run(self) -> None:
        failures = 0
        while True:
            image = self._node.controller.image
            if self.registered or image.metadata_version < REGISTRATION_LEVEL:
                self._news.clear()
                await self._news.wait()
                continue
            try:
                reply = await self._client.call(self._request())
                if reply.error_code:
                    raise KafkaError(Code(reply.error_code), reply.error_message)
                failures, wait_s = 0, _LOG_S
            except KafkaError as e:
                wait_s = min(_FIRST_WAIT_S * 2**failures, _LONGEST_WAIT_S)
                failures += 1
                log.warning("controller %d isn't registered yet: %s", self._node.node_id, e)
            if not self.registered:
                await asyncio.sleep(wait_s)

    def _request(self) -> ControllerRegistrationRequest:
        node = self._node
        at = node.endpoint
        return ControllerRegistrationRequest(
            controller_id=node.node_id,
            incarnation_id=self.incarnation_id,
            listeners=[Listener(name=at.name, host=at.host, port=at.port)],
            features=[
                Feature(name=name, min_supported_version=low, max_supported_version=high)
                for name, (low, high) in node.controller.supported_features.items()
            ],
        )
