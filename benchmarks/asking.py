"""A socket that asks any request of `msklite.wire`, and waits for the answer now or later."""

from __future__ import annotations

import socket
import struct
from typing import Any

from msklite.wire.apis import APIS
from msklite.wire.frames import HEADER
from msklite.wire.primitives import Message

_RESPONSES = {key: api.response_class for key, api in APIS.items()}


class Asking:
    """One connection; answers come in the order of the requests."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")
        self._waiting: list[tuple[int, int]] = []

    def send(self, request: Message, version: int) -> None:
        """Ask; `answer` gives what comes."""
        key = request.API_KEY
        head = HEADER.pack(key, version, len(self._waiting)) + b"\0\5bench"
        if version >= APIS[key].flexible:
            head += b"\0"
        body = request.encode(version)
        self._socket.sendall(struct.pack(">i", len(head) + len(body)) + head + body)
        self._waiting.append((key, version))

    def answer(self) -> Any:
        """The answer to the oldest request that waits for one."""
        key, version = self._waiting.pop(0)
        (size,) = struct.unpack(">i", self._file.read(4))
        raw = self._file.read(size)
        start = 4 + (version >= APIS[key].flexible and key != 18)
        return _RESPONSES[key]().read(raw, start, version)[0]

    def ask(self, request: Message, version: int) -> Any:
        """Ask and wait."""
        self.send(request, version)
        return self.answer()

    def close(self) -> None:
        self._file.close()
        self._socket.close()
