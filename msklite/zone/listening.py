"""Where the nodes of a zone listen, from its spec: a broker's listeners, a controller's one."""

from __future__ import annotations

from msklite.broker.listeners import Endpoint
from msklite.raft.voters import Endpoint as VoterEndpoint
from msklite.world import World
from msklite.zone.format import DEFAULT_ENDPOINT
from msklite.zone.spec import ZoneSpec


def controller_endpoint(spec: ZoneSpec) -> VoterEndpoint:
    """Where the zone's controller is for other controllers."""
    node = spec.controller_id
    port = spec.ports.get(node, DEFAULT_ENDPOINT.port)
    return VoterEndpoint(DEFAULT_ENDPOINT.name, spec.inner_host(node), port)


def broker_endpoints(
    spec: ZoneSpec, node_id: int, world: World, certificates: str | None
) -> tuple[Endpoint, ...]:
    """Plain text for nodes, and for clients where they may; TLS where it is served.

    `certificates`: their folder, where it isn't the cluster's own.
    """
    plain = Endpoint(
        "PLAINTEXT", spec.listen_host, spec.ports.get(node_id, 0), spec.client_host,
        nodes_only=not spec.serves_plaintext,
    )  # fmt: skip
    outside = (
        (Endpoint("OUTSIDE", spec.listen_host, spec.outside_ports[node_id], spec.outside),)
        if spec.outside and spec.serves_plaintext
        else ()
    )
    if not spec.serves_tls:
        return (plain, *outside)
    # Imported where it is needed: a cluster in plain text loads no cryptography.
    from msklite.zone.certificates import Authority

    folder = certificates or spec.tls_directory
    context = Authority(folder, spec.name, world.clock.wall_ms()).server_context(
        node_id, (spec.client_host, spec.listen_host)
    )
    port = spec.tls_ports.get(node_id, 0)
    tls = Endpoint("SSL", spec.listen_host, port, spec.client_host, context)
    return plain, tls, *outside
