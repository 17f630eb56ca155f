"""Speaking Kafka to a cluster: topics as its brokers tell of them. Blocks; called in threads."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kafka.admin import AlterConfigOp, ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.errors import KafkaConnectionError, KafkaError, KafkaTimeoutError

from msklite.control.errors import ApiError, not_found
from msklite.errors import Code

TIMEOUT_MS = 15_000
logging.getLogger("kafka").setLevel(logging.CRITICAL)  # its retries say nothing to our log

_ERRORS = {
    Code.TOPIC_ALREADY_EXISTS: (409, "TopicExistsException"),
    Code.UNKNOWN_TOPIC_OR_PARTITION: (404, "UnknownTopicOrPartitionException"),
    Code.REQUEST_TIMED_OUT: (409, "KafkaTimeoutException"),
    Code.NOT_CONTROLLER: (409, "NotControllerException"),
    Code.REASSIGNMENT_IN_PROGRESS: (409, "ReassignmentInProgressException"),
    Code.GROUP_SUBSCRIBED_TO_TOPIC: (409, "GroupSubscribedToTopicException"),
}
_CODES = frozenset(int(c) for c in Code)


def check(code: int, message: str | None) -> None:
    """A broker's error code as MSK's exception."""
    if code:
        known = Code(code) if code in _CODES else Code.UNKNOWN_SERVER_ERROR
        status, name = _ERRORS.get(known, (400, "KafkaRequestException"))
        raise ApiError(status, name, message or known.text)


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except (KafkaConnectionError, KafkaTimeoutError) as error:
        raise ApiError(409, "ClusterConnectivityException", f"No broker answers: {error}") from None
    except KafkaError as error:
        check(int(getattr(error, "errno", -1) or -1), str(error))


class Brokers:
    """One cluster's topics, by Kafka's own protocol."""

    def __init__(self, bootstrap: str, ca: str | None = None) -> None:
        tls = {"security_protocol": "SSL", "ssl_cafile": ca} if ca else {}
        with _errors():
            self._client = KafkaAdminClient(
                bootstrap_servers=bootstrap.split(","),
                client_id="msklite-control",
                bootstrap_timeout_ms=TIMEOUT_MS,
                request_timeout_ms=TIMEOUT_MS,
                **tls,
            )

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def topics(self) -> list[dict[str, Any]]:
        """Every topic with its partitions, Kafka's own too."""
        with _errors():
            return [dict(t) for t in self._client.describe_topics()]

    def topic(self, name: str) -> dict[str, Any]:
        """One topic; NotFound without it. Never makes one."""
        for found in self.topics():
            if found["name"] == name:
                return found
        raise not_found(f"There is no topic {name}.", "topicName")

    def overrides(self, name: str) -> dict[str, str]:
        """A topic's own settings."""
        with _errors():
            one = ConfigResource(ConfigResourceType.TOPIC, name)
            told = self._client.describe_configs([one]).get("topic", {}).get(name, {})
        return {
            key: row["value"]
            for key, row in sorted(told.items())
            if row["config_source"] == "DYNAMIC_TOPIC_CONFIG"
        }

    def create(self, name: str, partitions: int, replicas: int, configs: dict[str, str]) -> None:
        """Make a topic."""
        wish = {"num_partitions": partitions, "replication_factor": replicas, "configs": configs}
        with _errors():
            answer = self._client.create_topics({name: wish}, raise_errors=False)
        for row in answer["topics"]:
            check(int(row["error_code"]), row.get("error_message"))

    def grow(self, name: str, partitions: int, *, dry: bool) -> None:
        """More partitions."""
        with _errors():
            answer = self._client.create_partitions(
                {name: partitions}, validate_only=dry, raise_errors=False
            )
        for row in answer.results:
            check(int(row.error_code), row.error_message)

    def alter(self, name: str, configs: dict[str, str]) -> None:
        """These settings of the topic, and those that it had otherwise go back to the default."""
        changes: dict[str, Any] = dict(configs)
        for key in self.overrides(name):
            if key not in configs:
                changes[key] = (AlterConfigOp.DELETE, None)
        if not changes:
            return
        one = ConfigResource(ConfigResourceType.TOPIC, name, configs=changes)
        with _errors():
            answer = self._client.alter_configs([one], raise_on_unknown=False)["topic"][name]
        if answer != "OK":
            raise ApiError(400, "KafkaRequestException", str(answer), "configs")

    def delete(self, name: str) -> None:
        """Delete a topic with its records."""
        with _errors():
            answer = self._client.delete_topics([name], raise_errors=False)
        for row in answer["topics"]:
            check(int(row["error_code"]), row.get("error_message"))


def held(topics: list[dict[str, Any]]) -> dict[int, list[str]]:
    """The partitions that each broker holds, by their names."""
    found: dict[int, list[str]] = {}
    for topic in topics:
        for part in topic["partitions"]:
            for broker in part["replica_nodes"]:
                found.setdefault(int(broker), []).append(
                    f"{topic['name']}-{part['partition_index']}"
                )
    return {broker: sorted(names) for broker, names in found.items()}
