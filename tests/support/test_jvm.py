"""The test support itself: jars are there, programs compile, a real Kafka starts and stops."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from tests.support import jvm

pytestmark = [pytest.mark.jvm]


@pytest.fixture(autouse=True)
def _jvm() -> None:
    jvm.require_jvm()


def test_compiles_once_and_runs(tmp_path: Path) -> None:
    source = tmp_path / "Hello.java"
    source.write_text(
        "import org.apache.kafka.common.utils.AppInfoParser;\n"
        "public class Hello { public static void main(String[] a) throws Exception {\n"
        ' System.out.println(AppInfoParser.getVersion() + " " + System.in.read()); } }\n'
    )
    classes = jvm.compile_java(source)
    assert jvm.compile_java(source) == classes
    done = jvm.java("Hello", input="A", classes=classes, check=True)
    assert done.stdout == f"{jvm.KAFKA_VERSION} 65\n"


def test_kafka_keeps_its_records_over_a_restart(tmp_path: Path) -> None:
    dirs = {1: tmp_path / "broker"}
    with jvm.ApacheKafka(controller_dir=tmp_path / "controller", broker_dirs=dirs) as first:
        producer = KafkaProducer(bootstrap_servers=first.bootstrap)
        producer.send("kept", b"value").get(30)
        producer.close()
        processes = [node.process for node in first.nodes]
    assert all(isinstance(process, subprocess.Popen) for process in processes)
    assert all(process is not None and process.returncode == 143 for process in processes)
    assert (dirs[1] / ".kafka_cleanshutdown").exists()
    again = jvm.ApacheKafka(
        controller_dir=tmp_path / "controller",
        broker_dirs=dirs,
        format=False,
        controller_port=first.controller_port,
    )
    with again:
        consumer = KafkaConsumer(bootstrap_servers=again.bootstrap, auto_offset_reset="earliest")
        consumer.assign([TopicPartition("kept", 0)])
        polled = consumer.poll(timeout_ms=30_000)
        consumer.close()
    assert [record.value for records in polled.values() for record in records] == [b"value"]
