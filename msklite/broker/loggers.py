"""The process's loggers as Kafka's BROKER_LOGGER settings: names, levels, and changing them.

A level of TRACE or OFF has no twin in Python: TRACE is below DEBUG, OFF above CRITICAL. Levels hold
until the process ends, and for all nodes of the process. Source: Kafka's LoggingController
(KIP-412).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from msklite.errors import Code, KafkaError

ROOT = "root"
_LEVELS = {
    "TRACE": 5, "DEBUG": logging.DEBUG, "INFO": logging.INFO, "WARN": logging.WARNING,
    "ERROR": logging.ERROR, "FATAL": logging.CRITICAL, "OFF": logging.CRITICAL + 10,
}  # fmt: skip
_SET, _DELETE = 0, 1


def levels() -> dict[str, str]:
    """Every logger of ours with the level that counts for it, and the root."""
    names = [n for n in logging.root.manager.loggerDict if n.split(".")[0] == "msklite"]
    found = {ROOT: _name(logging.root.level)}
    found.update((n, _name(logging.getLogger(n).getEffectiveLevel())) for n in sorted(names))
    return found


def change(ops: Iterable[tuple[str, int, str | None]], *, validate_only: bool) -> None:
    """Set or reset levels: (logger, operation, level). All of them or none."""
    ops, known = list(ops), levels()
    for name, op, level in ops:
        if op not in (_SET, _DELETE):
            raise KafkaError(
                Code.INVALID_REQUEST, f"the level of {name} can be set or deleted only"
            )
        if op == _SET and (level or "").upper() not in _LEVELS:
            allowed = ", ".join(_LEVELS)
            raise KafkaError(Code.INVALID_CONFIG, f"{name}={level}: it must be one of {allowed}")
        if name not in known:
            raise KafkaError(Code.INVALID_CONFIG, f"there is no logger {name}")
        if op == _DELETE and name == ROOT:
            raise KafkaError(Code.INVALID_REQUEST, "the root logger always has a level")
    if validate_only:
        return
    for name, op, level in ops:
        logger = logging.root if name == ROOT else logging.getLogger(name)
        logger.setLevel(_LEVELS[(level or "").upper()] if op == _SET else logging.NOTSET)


def _name(level: int) -> str:
    return next((n for n, number in _LEVELS.items() if level <= number), "OFF")
