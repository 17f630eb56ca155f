"""Names and small files of a node's directory, as Apache Kafka lays it out.

`TOPIC-PARTITION` folders; `TOPIC-PARTITION.UNIQUE-delete`, `-stray` and `-future` for those on
their way; `meta.properties` version 1; `.kafka_cleanshutdown` with the broker epoch, present only
between a clean stop and the next start; `partition.metadata` with the topic's id.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass

from msklite.errors import UserError
from msklite.world import Random, Storage

META_PROPERTIES = "meta.properties"
CLEAN_SHUTDOWN = ".kafka_cleanshutdown"
LIFE = ".msklite_life"
PARTITION_METADATA = "partition.metadata"
LOCK = ".lock"
_TOPIC_ID_HEAD = b"version: 0\ntopic_id: "
_NAME_LIMIT = 255
_ASIDE = re.compile(r"(\S+)-(\d+)\.(\S+)-(delete|stray|future)")
_PLAIN = re.compile(r"(\S+)-(\d+)")


def uuid_text(raw: bytes) -> str:
    """Sixteen bytes as Kafka's 22 characters."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def uuid_bytes(text: str) -> bytes:
    """The sixteen bytes of Kafka's 22 characters; ValueError if they are something else."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raw = b""
    if len(raw) != 16:
        raise ValueError(f"{text!r} is no id of 22 base64 characters")
    return raw


# -- folders of partitions ------------------------------------------------------------------------


def partition_name(topic: str, partition: int) -> str:
    """The folder of a partition."""
    return f"{topic}-{partition}"


def aside_name(topic: str, partition: int, kind: str, random: Random) -> str:
    """A name to rename the folder to: `kind` is delete, stray or future."""
    suffix = f"-{partition}.{random.bytes(16).hex()}-{kind}"
    if kind != "future":
        topic = topic[: _NAME_LIMIT - len(suffix)]
    return topic + suffix


def parse_name(name: str) -> tuple[str, int, str] | None:
    """(topic, partition, kind) of a folder's name; kind is "" or as in `aside_name`.

    None for other folders, and for the metadata log, which is no topic's.
    """
    if name.startswith("__cluster_metadata-"):
        return None
    found = _ASIDE.fullmatch(name)
    if found:
        return found[1], int(found[2]), found[4]
    found = _PLAIN.fullmatch(name)
    return (found[1], int(found[2]), "") if found else None


def write_topic_id(storage: Storage, path: str, topic_id: bytes, *, sync: bool = False) -> None:
    """Write the partition.metadata of the partition whose folder is `path`."""
    text = f"version: 0\ntopic_id: {uuid_text(topic_id)}"
    storage.write(f"{path}/{PARTITION_METADATA}", text.encode("ascii"), sync=sync)


def read_topic_id(storage: Storage, path: str) -> bytes | None:
    """The topic's id in partition.metadata; None without the file. UserError if damaged.

    A file cut short, or with zeros at its end, counts as none: it isn't synced when written, so a
    power loss leaves that.
    """
    file = f"{path}/{PARTITION_METADATA}"
    try:
        data = storage.read(file).rstrip(b"\0")
        head = _TOPIC_ID_HEAD
        if len(data) < len(head) + 22 and data[: len(head)] == head[: len(data)]:
            return None
        lines = data.decode("ascii").splitlines()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        lines = []
    try:
        fields = dict(line.split(": ", 1) for line in lines)
        if fields["version"] == "0":
            return uuid_bytes(fields["topic_id"])
    except (KeyError, ValueError):
        pass
    raise UserError(f"{file} is damaged: it names no topic id.")


# -- files of a node --------------------------------------------------------------------------


@dataclass(slots=True)
class MetaProperties:
    """Who a directory belongs to."""

    cluster_id: str
    node_id: int
    directory_id: bytes


def read_meta(storage: Storage, directory: str) -> MetaProperties | None:
    """The directory's meta.properties; None without it. UserError if it can't be understood."""
    file = f"{directory}/{META_PROPERTIES}"
    try:
        text = storage.read(file).decode("utf-8", "replace")
    except FileNotFoundError:
        return None
    found: dict[str, str] = {}
    for line in map(str.strip, text.splitlines()):
        if line and line[0] not in "#!":
            key, _, value = line.partition("=")
            found[key.strip()] = re.sub(r"\\(.)", r"\1", value.strip())
    if found.get("version") != "1":
        raise UserError(f"{file} has version {found.get('version', '0')}; only 1 is understood.")
    try:
        return MetaProperties(
            found["cluster.id"], int(found["node.id"]), uuid_bytes(found["directory.id"])
        )
    except (KeyError, ValueError) as e:
        raise UserError(f"{file} is damaged: {e}.") from None


def write_meta(storage: Storage, directory: str, meta: MetaProperties) -> None:
    """Write meta.properties, version 1."""
    text = (
        "#\n"
        f"node.id={meta.node_id}\n"
        f"directory.id={uuid_text(meta.directory_id)}\n"
        "version=1\n"
        f"cluster.id={meta.cluster_id}\n"
    )
    storage.write(f"{directory}/{META_PROPERTIES}", text.encode("utf-8"))


def write_clean_shutdown(storage: Storage, directory: str, broker_epoch: int) -> None:
    """Note that everything was closed in order."""
    text = json.dumps({"version": 0, "brokerEpoch": broker_epoch}, separators=(",", ":"))
    storage.write(f"{directory}/{CLEAN_SHUTDOWN}", text.encode("ascii"))


def take_clean_shutdown(storage: Storage, directory: str) -> int | None:
    """The epoch noted by the last clean stop, taking the note away; None after a crash."""
    file = f"{directory}/{CLEAN_SHUTDOWN}"
    try:
        data = storage.read(file)
    except FileNotFoundError:
        return None
    storage.remove(file)
    storage.sync_dir(directory)
    try:
        found = json.loads(data)
        return int(found.get("brokerEpoch", -1)) if isinstance(found, dict) else -1
    except (ValueError, TypeError):
        return -1


def write_life(storage: Storage, directory: str, broker_epoch: int) -> None:
    """Note a broker's epoch while it runs; see `epoch_before_crash`. Not synced: see there why."""
    note = {"version": 0, "brokerEpoch": broker_epoch, "bootId": storage.boot_id}
    storage.write(f"{directory}/{LIFE}", json.dumps(note).encode("ascii"), sync=False)


def epoch_before_crash(storage: Storage, directory: str) -> int:
    """The epoch of a broker that only its process has died on; -1 where records may be lost.

    Kafka can't tell a killed process from a power loss, and a broker that comes back from either
    leaves the in-sync sets (KIP-966). What a process has written outlives it, though, so one that
    comes back to the same running system may stay: without this, three killed processes would
    leave a partition to whoever registers last, and that may be the one that did lose power.
    """
    try:
        found = json.loads(storage.read(f"{directory}/{LIFE}"))
        if found["bootId"] and found["bootId"] == storage.boot_id:
            return int(found["brokerEpoch"])
    except (OSError, ValueError, TypeError, KeyError):
        pass
    return -1
