"""The writers of the chaos test: those of `tests/crash`, slower, as there are many clients."""

from __future__ import annotations

from typing import Any

from tests.chaos import rdkafka
from tests.crash.load import KafkaPython, Librdkafka


class RdWriter(Librdkafka):
    """confluent-kafka."""

    pause_s = 0.05

    def settings(self) -> dict[str, Any]:
        return {**super().settings(), **rdkafka.settings(self.name, self.bootstrap)}


class KpWriter(KafkaPython):
    """kafka-python."""

    pause_s = 0.05
