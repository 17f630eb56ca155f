"""CPU for a GB over TLS, beside Apache Kafka: `python benchmarks/tls.py [--runs N] [--mb MB]`.

One broker each, TLS alone, with a certificate of the same kind (P-256) and the ciphers that each
side and its clients choose by themselves. Kafka's producer-perf tool writes 1 KiB records with
acks=all, librdkafka reads them back; the broker is warm from as much before. CPU is the broker's,
in seconds for each GB, medians of the runs.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import loads, procs
from benchmarks.peers import ApacheKafka, Msklite, Peer
from msklite.zone.certificates import Authority

SIZE = 1024
GB = 1_000_000_000
MUST, AIM = 0.8, 0.5


class OverTls(Peer):
    """What both have in common: how clients reach them."""

    @property
    def ca(self) -> Path:
        """The certificate that clients trust."""
        raise NotImplementedError

    @property
    def security(self) -> dict[str, str]:
        return {"security.protocol": "SSL", "ssl.ca.location": str(self.ca), "log_level": "0"}

    @property
    def java_security(self) -> dict[str, str]:
        return {
            "security.protocol": "SSL", "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(self.ca),
        }  # fmt: skip

    def wait(self, deadline: float) -> None:
        while not self.ca.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        make(self, "first")
        producer = Producer({"bootstrap.servers": self.bootstrap, **self.security})
        producer.produce("first", b"x")
        if producer.flush(max(deadline - time.monotonic(), 1)):
            raise TimeoutError("no record was acknowledged")


class TlsMsklite(OverTls, Msklite):
    """msklite with TLS listeners alone."""

    def command(self) -> list[str]:
        return [*super().command(), "--client-broker", "TLS"]

    @property
    def ca(self) -> Path:
        return self.data / "tls" / "ca.pem"


class TlsKafka(OverTls, ApacheKafka):
    """Apache Kafka with a TLS listener for clients."""

    @property
    def ca(self) -> Path:
        return self.work / "tls" / "ca.pem"

    def prepare(self) -> None:
        folder = self.work / "tls"
        now_ms = time.time_ns() // 1_000_000
        Authority(folder, "bench", now_ms).server_context(1, ["127.0.0.1", "localhost"])
        super().prepare()
        file = self.work / "server.properties"
        text = file.read_text().replace("PLAINTEXT://127.0.0.1", "SSL://127.0.0.1")
        text = text.replace("PLAINTEXT:PLAINTEXT", "SSL:SSL")
        settings = {
            "security.inter.broker.protocol": "SSL",
            "ssl.keystore.type": "PEM", "ssl.keystore.location": str(folder / "broker-1.pem"),
            "ssl.truststore.type": "PEM", "ssl.truststore.location": str(self.ca),
        }  # fmt: skip
        file.write_text(text + "".join(f"{key}={value}\n" for key, value in settings.items()))


def make(peer: Peer, topic: str) -> None:
    """Create a topic of one partition."""
    admin = AdminClient({"bootstrap.servers": peer.bootstrap, **peer.security})
    admin.create_topics([NewTopic(topic, 1, 1)])[topic].result(timeout=60)


def measure(peer: Peer, volume: int) -> dict[str, float]:
    """CPU seconds a GB, of writing and of reading."""
    records, found = volume // SIZE, {}
    with peer:
        for topic in ("warm", "load"):
            make(peer, topic)
            before = peer.cpu()
            loads.producer_perf(peer, topic, records, SIZE)
            found["produce"] = (peer.cpu() - before) * GB / (records * SIZE)
            before = peer.cpu()
            loads.read_back(peer, topic, records)
            found["consume"] = (peer.cpu() - before) * GB / (records * SIZE)
            procs.settle_disk()
    return found


def main() -> None:
    """Measure both sides by turns, and print the ratios."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=1, help="how often; 1")
    parser.add_argument("--mb", type=int, default=1_000, help="written and read; 1,000")
    options = parser.parse_args()
    values: dict[str, dict[str, list[float]]] = {}
    for _ in range(options.runs):
        for side in (TlsKafka, TlsMsklite):
            for key, value in measure(side(), options.mb * 1_000_000).items():
                values.setdefault(key, {}).setdefault(side.name, []).append(value)
    print(procs.machine())
    for key, sides in values.items():
        ours, kafka = (statistics.median(sides[name]) for name in ("msklite", "kafka"))
        print(
            f"TLS, CPU for a GB, {key}: msklite {ours:.2f} s, Apache Kafka {kafka:.2f} s,"
            f" {ours / kafka:.2f} (must {MUST}, aim {AIM})"
        )


if __name__ == "__main__":
    main()
