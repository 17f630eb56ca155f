"""What the controller's parts hand each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from msklite.errors import Code, KafkaError
from msklite.metadata.records import MetadataRecord


@dataclass(slots=True, frozen=True)
class ControllerContext:
    """An operation's surroundings. `next_offset` is where its first record will stand."""

    now_ms: int
    mono_ms: int
    version: int
    principal: str = "User:ANONYMOUS"
    next_offset: int = 0


@dataclass(slots=True)
class ControllerResult:
    """Records to append, then the reply. `atomic`: all in one batch or none."""

    records: list[MetadataRecord] = field(default_factory=list)
    reply: Any = None
    atomic: bool = True


class ApiError(NamedTuple):
    """A code in a result, with a sentence for people."""

    code: Code = Code.NONE
    message: str | None = None

    @classmethod
    def of(cls, error: KafkaError) -> ApiError:
        """The same as data."""
        return cls(error.code, error.message or error.code.text)


OK = ApiError()
