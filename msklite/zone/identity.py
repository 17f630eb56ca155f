"""Ids of clusters and of controllers' directories, made from random bytes that are handed in."""

from __future__ import annotations

import base64
import hashlib


def derived_id(seed: bytes, node: int) -> bytes:
    """A random UUID's form; its text never starts with a dash, which Kafka avoids."""
    made = bytearray(hashlib.sha256(seed + node.to_bytes(4, "big")).digest()[:16])
    made[0] &= 0x7F
    made[6], made[8] = made[6] & 15 | 64, made[8] & 63 | 128
    return bytes(made)


def new_cluster_id(raw: bytes) -> str:
    """Sixteen random bytes as Kafka writes a Uuid; never starting with a dash (Kafka avoids it)."""
    text = base64.urlsafe_b64encode(raw[:16]).decode().rstrip("=")
    return "A" + text[1:] if text.startswith("-") else text
