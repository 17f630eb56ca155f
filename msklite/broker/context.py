"""Who asks, how and when: what a handler knows of a request besides its body."""

from __future__ import annotations


class Context:
    """One request's surroundings. Times are the moment when its frame was complete."""

    __slots__ = (
        "api_version",
        "client_host",
        "client_id",
        "listener",
        "mono_ms",
        "now_ms",
        "principal",
    )

    def __init__(
        self,
        api_version: int,
        client_id: str | None,
        client_host: str,
        listener: str,
        principal: str,
        mono_ms: int,
        now_ms: int,
    ) -> None:
        self.api_version = api_version
        self.client_id = client_id
        self.client_host = client_host
        self.listener = listener
        self.principal = principal
        self.mono_ms = mono_ms
        self.now_ms = now_ms
