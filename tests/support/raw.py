"""Kafka's frames over a plain blocking socket, TLS or not."""

from __future__ import annotations

import socket
import struct


def exchange(sock: socket.socket, request: bytes) -> bytes:
    """The reply to one request, without its length; empty when the broker hangs up."""
    sock.sendall(struct.pack(">i", len(request)) + request)
    data = b""
    while len(data) < 4 or len(data) < 4 + struct.unpack_from(">i", data)[0]:
        more = sock.recv(65536)
        if not more:
            return b""
        data += more
    return data[4:]
