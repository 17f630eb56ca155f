"""The PyFlink job of this test: Python functions between a Kafka source and an exactly-once sink.

Lines become words, a keyed Python function counts each word in Flink's state, and every count goes
to the target topic as "word count". The source ends at given offsets, and the job with it. The
first line that holds TROUBLE makes it fail once: Flink then starts it again from its last
checkpoint, commits what that has prepared and aborts what came after.

It runs in the virtual environment that `environment` makes, not in that of the tests:
`python job.py BOOTSTRAP JARS FOLDER SOURCE TARGET END,END,...` with an end for each partition.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from pyflink.common import Configuration, Types, WatermarkStrategy
from pyflink.common.serialization import SimpleStringSchema
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.connectors.base import DeliveryGuarantee
from pyflink.datastream.connectors.kafka import (
    KafkaOffsetsInitializer,
    KafkaRecordSerializationSchema,
    KafkaSink,
    KafkaSource,
    KafkaTopicPartition,
)
from pyflink.datastream.functions import (
    FlatMapFunction,
    KeyedProcessFunction,
    RuntimeContext,
)
from pyflink.datastream.state import ValueStateDescriptor

TROUBLE = "trouble"
FAILED = "failed-once"
"""The file that tells that the job has failed."""
SETTINGS = {
    "python.executable": sys.executable,
    "python.client.executable": sys.executable,
    "python.fn-execution.bundle.time": "50",
    "execution.checkpointing.interval": "500 ms",
    "execution.checkpointing.mode": "EXACTLY_ONCE",
    "restart-strategy.type": "fixed-delay",
    "restart-strategy.fixed-delay.attempts": "10",
    "restart-strategy.fixed-delay.delay": "200 ms",
}


class Split(FlatMapFunction):  # type: ignore[misc]
    """Lines to words."""

    def __init__(self, folder: str) -> None:
        self._failed = Path(folder) / FAILED

    def flat_map(self, value: str) -> Iterator[str]:
        words = value.split()
        if TROUBLE in words and not self._failed.exists():
            self._failed.touch()
            raise RuntimeError("the trouble that the test asked for")
        yield from words


class Count(KeyedProcessFunction):  # type: ignore[misc]
    """A word to itself and how often it has come so far."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self._count = runtime_context.get_state(ValueStateDescriptor("count", Types.INT()))

    def process_element(self, value: str, ctx: KeyedProcessFunction.Context) -> Iterator[str]:
        count = (self._count.value() or 0) + 1
        self._count.update(count)
        yield f"{value} {count}"


def source(bootstrap: str, topic: str, ends: list[int]) -> KafkaSource:
    """All partitions from their begin to the given ends."""
    stops = {KafkaTopicPartition(topic, p): end for p, end in enumerate(ends)}
    return (
        KafkaSource.builder()
        .set_bootstrap_servers(bootstrap)
        .set_topics(topic)
        .set_group_id("flink-words")
        .set_starting_offsets(KafkaOffsetsInitializer.earliest())
        .set_bounded(KafkaOffsetsInitializer.offsets(stops))
        .set_value_only_deserializer(SimpleStringSchema())
        .build()
    )


def sink(bootstrap: str, topic: str) -> KafkaSink:
    """Transactions that end with Flink's checkpoints."""
    return (
        KafkaSink.builder()
        .set_bootstrap_servers(bootstrap)
        .set_record_serializer(
            KafkaRecordSerializationSchema.builder()
            .set_topic(topic)
            .set_value_serialization_schema(SimpleStringSchema())
            .build()
        )
        .set_delivery_guarantee(DeliveryGuarantee.EXACTLY_ONCE)
        .set_transactional_id_prefix("flink-words")
        .set_property("transaction.timeout.ms", "600000")
        .build()
    )


def main() -> None:
    """Run it to its end."""
    bootstrap, jars, folder, taken, given, ends = sys.argv[1:]
    config = Configuration()
    for key, value in SETTINGS.items():
        config.set_string(key, value)
    env = StreamExecutionEnvironment.get_execution_environment(config)
    env.set_parallelism(2)
    env.add_jars(*(path.as_uri() for path in sorted(Path(jars).glob("*.jar"))))
    lines = env.from_source(
        source(bootstrap, taken, [int(end) for end in ends.split(",")]),
        WatermarkStrategy.no_watermarks(),
        "lines",
    )
    lines.flat_map(Split(folder), Types.STRING()).key_by(lambda word: word, Types.STRING()).process(
        Count(), Types.STRING()
    ).sink_to(sink(bootstrap, given))
    env.execute("words")


if __name__ == "__main__":
    main()
