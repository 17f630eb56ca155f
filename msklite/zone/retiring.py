"""A broker's last steps: nothing may be left on it, then the controller forgets it."""

from __future__ import annotations

from msklite.errors import Code, UserError
from msklite.metadata.image import Image
from msklite.wire.messages.unregister_broker_request import UnregisterBrokerRequest
from msklite.zone.controller_client import ControllerClient


def check_empty(image: Image, node_id: int) -> None:
    """`UserError` that names what the broker still holds."""
    held = [
        f"{t.name}-{number}"
        for t in image.topics.values()
        for number, p in t.partitions.items()
        if node_id in p.replicas
    ]
    if held:
        raise UserError(
            f"Broker {node_id} holds {', '.join(held[:10])}"
            f"{f' and {len(held) - 10} more' if len(held) > 10 else ''}: move them first."
        )


async def unregister(client: ControllerClient, node_id: int) -> None:
    """Have it forgotten; one that was forgotten already is as good. `UserError`: refused."""
    reply = await client.call(UnregisterBrokerRequest(broker_id=node_id))
    code = Code(reply.error_code)
    if code not in (Code.NONE, Code.BROKER_ID_NOT_REGISTERED):
        raise UserError(f"Broker {node_id} can't be unregistered: {code.text}")
