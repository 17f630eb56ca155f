"""`msklite client-config`: what a client needs to reach a cluster, in its own language.

A row of `CLIENTS` is a function from an address to text that can be put into a file or a program as
it is; `tests/cli/test_client_config.py` does so and reads and writes with it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import click

from msklite.cli import places, show
from msklite.errors import UserError
from msklite.zone import spec as specs


@dataclass(slots=True, frozen=True)
class Target:
    """Where the cluster is; the two files only where TLS is spoken."""

    servers: str
    ca: str | None
    truststore: str | None

    @property
    def hosts(self) -> list[str]:
        """host:port of each broker."""
        return self.servers.split(",")


def _lines(**values: str) -> str:
    return "".join(f"{key}={value}\n" for key, value in values.items())


def _java(to: Target) -> str:
    values = {"bootstrap.servers": to.servers, "security.protocol": "PLAINTEXT"}
    if to.truststore is not None:
        values["security.protocol"] = "SSL"
        values["ssl.truststore.type"] = "PKCS12"
        values["ssl.truststore.location"] = _property(to.truststore)
        values["ssl.truststore.password"] = "changeit"
    return _lines(**values)


def _property(text: str) -> str:
    """As a value in a .properties file, where a backslash begins something special."""
    return text.replace("\\", "\\\\")


def _spring(to: Target) -> str:
    values = {"spring.kafka.bootstrap-servers": to.servers}
    if to.truststore is not None:
        values["spring.kafka.security.protocol"] = "SSL"
        values["spring.kafka.ssl.trust-store-type"] = "PKCS12"
        values["spring.kafka.ssl.trust-store-location"] = f"file:{_property(to.truststore)}"
        values["spring.kafka.ssl.trust-store-password"] = "changeit"
    return _lines(**values)


def _librdkafka_values(to: Target) -> dict[str, str]:
    values = {"bootstrap.servers": to.servers, "security.protocol": "plaintext"}
    if to.ca is not None:
        values |= {"security.protocol": "ssl", "ssl.ca.location": to.ca}
    return values


def _librdkafka(to: Target) -> str:
    return _lines(**_librdkafka_values(to))


def _confluent(to: Target) -> str:
    rows = "".join(f"    {k!r}: {v!r},\n" for k, v in _librdkafka_values(to).items())
    return f"from confluent_kafka import Consumer, Producer\n\nconfig = {{\n{rows}}}\n"


def _kafka_python(to: Target) -> str:
    rows = f"    bootstrap_servers={to.hosts!r},\n"
    if to.ca is not None:
        rows += f'    security_protocol="SSL",\n    ssl_cafile={to.ca!r},\n'
    return f"from kafka import KafkaConsumer, KafkaProducer\n\nconfig = dict(\n{rows})\n"


def _aiokafka(to: Target) -> str:
    head = "from aiokafka import AIOKafkaConsumer, AIOKafkaProducer\n"
    rows = f"    bootstrap_servers={to.hosts!r},\n"
    if to.ca is not None:
        head += "from aiokafka.helpers import create_ssl_context\n"
        rows += (
            f'    security_protocol="SSL",\n    ssl_context=create_ssl_context(cafile={to.ca!r}),\n'
        )
    return f"{head}\nconfig = dict(\n{rows})\n"


def _franz_go(to: Target) -> str:
    hosts = ", ".join(map(json.dumps, to.hosts))
    if to.ca is None:
        return f"opts := []kgo.Opt{{\n\tkgo.SeedBrokers({hosts}),\n}}\n"
    return (
        f"pem, err := os.ReadFile({json.dumps(to.ca)})\n"
        "if err != nil {\n\tpanic(err)\n}\n"
        "roots := x509.NewCertPool()\n"
        "roots.AppendCertsFromPEM(pem)\n"
        f"opts := []kgo.Opt{{\n\tkgo.SeedBrokers({hosts}),\n"
        "\tkgo.DialTLSConfig(&tls.Config{RootCAs: roots}),\n}\n"
    )


def _kafkajs(to: Target) -> str:
    hosts = ", ".join(map(json.dumps, to.hosts))
    secure = ""
    if to.ca is not None:
        secure = f"  ssl: {{ ca: [require('fs').readFileSync({json.dumps(to.ca)}, 'utf8')] }},\n"
    return (
        "const { Kafka } = require('kafkajs')\n\n"
        f"const kafka = new Kafka({{\n  brokers: [{hosts}],\n{secure}}})\n"
    )


CLIENTS: dict[str, Callable[[Target], str]] = {
    "java": _java,
    "spring": _spring,
    "librdkafka": _librdkafka,
    "kcat": _librdkafka,
    "confluent-kafka": _confluent,
    "kafka-python": _kafka_python,
    "aiokafka": _aiokafka,
    "franz-go": _franz_go,
    "kafkajs": _kafkajs,
}


@click.command("client-config")
@click.argument("cluster", required=False, shell_complete=places.complete_names)
@click.option("--for", "client", type=click.Choice([*CLIENTS]), required=True,
              help="The client, or the library, whose words to use.")  # fmt: skip
@click.option("--tls", is_flag=True, help="By TLS, where the cluster serves plain text too.")
@places.output_option("text", "json")
@places.cluster_options
def client_config(
    cluster: str | None, client: str, tls: bool, output: str, place: places.Place
) -> None:
    """Print what a client needs to reach a CLUSTER (or the one of --name or --dir)."""
    if cluster is not None:
        place = places.find(cluster, None)
    spec = place.spec()
    if tls and not spec.serves_tls:
        raise UserError(f"Cluster {place.name} serves no TLS.")
    to = Target(spec.bootstrap, None, None)
    if tls or not spec.serves_plaintext:
        folder = spec.tls_directory
        to = Target(
            spec.bootstrap_tls, str(folder / specs.CA_FILE), str(folder / specs.TRUST_STORE)
        )
    text = CLIENTS[client](to)
    if output == "json":
        show.as_json({
            "for": client, "bootstrap": to.servers, "ca": to.ca, "truststore": to.truststore,
            "config": text,
        })  # fmt: skip
    else:
        click.echo(text, nl=False)
