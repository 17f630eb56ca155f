"""LocalCluster: brokers on real loopback sockets inside the test process.

The event loop runs in a thread of its own, so that a blocking client in the test works. Several
clusters may run at once; each has its own loop, thread, ports and data. All are closed at exit. A
frozen clock in the test doesn't stop them.

    with LocalCluster() as cluster:
        producer = KafkaProducer(bootstrap_servers=cluster.bootstrap_servers)
"""

from __future__ import annotations

import asyncio
import atexit
import shutil
import tempfile
import threading
from collections.abc import Coroutine, Mapping
from typing import Any, Self, TypeVar

from msklite.errors import UserError
from msklite.log.storage import DiskStorage, MemoryStorage
from msklite.metadata import kafka_version as kafka_versions
from msklite.testing.clock import ClusterClock
from msklite.world import Storage, World
from msklite.zone import ports, spec, steering
from msklite.zone.identity import new_cluster_id
from msklite.zone.loop import new_event_loop
from msklite.zone.plan import (
    EXPORTERS,
    Wanted,
    check_settings,
    grow_volumes,
    monitor,
    plan,
    upgrade,
)
from msklite.zone.spec import CA_FILE, MAX_BROKERS, TRUST_STORE, ZoneSpec
from msklite.zone.world import SocketNetwork, SystemClock, SystemRandom
from msklite.zone.zone import Zone

T = TypeVar("T")

MAX_ZONES = 3
DEFAULTS = {
    "group.initial.rebalance.delay.ms": "0",
    "offsets.topic.num.partitions": "5",
}
"""What differs from Kafka's defaults, because tests want it fast; `config` overrides."""

_open: set[LocalCluster] = set()
"""All that run: also those that nobody holds any more, so that they are stopped at exit."""


class LocalCluster:
    """A cluster for one test or many.

    `azs`: availability zones, 1 to 3, each with a controller that votes; `brokers`: 1 to 5 for each
    zone, spread over them; if not given one each, or as many as the cluster in `data_dir` has.
    `config`: broker settings by Kafka's names, over DEFAULTS. `storage`: "disk" (in `data_dir`, or
    in a temporary folder that is removed at the end) or "memory". `tls`: True for TLS instead of
    plain text, "TLS_PLAINTEXT" for both; clients trust `ca_file` or `truststore_file`.
    `volume_bytes`: what each broker's directory may hold. `kafka_version`: the version that clients
    find, "3.6" to "4.2". `metrics`: Prometheus endpoints, see `metrics_urls`. Works as a sync and
    as an async context manager. Raises UserError when it can't start.
    """

    def __init__(
        self,
        brokers: int | None = None,
        *,
        azs: int = 1,
        config: Mapping[str, str | int | float | bool] | None = None,
        storage: str = "disk",
        data_dir: str | None = None,
        tls: bool | str = False,
        volume_bytes: int | None = None,
        kafka_version: str | None = None,
        metrics: bool = False,
    ) -> None:
        _check_shape(brokers, azs)
        if storage not in ("disk", "memory"):
            raise UserError(f'storage={storage!r}: choose "disk" or "memory".')
        if storage == "memory" and data_dir is not None:
            raise UserError('storage="memory" keeps nothing: leave out data_dir.')
        self._brokers = brokers
        self._azs = azs
        self._config = {**DEFAULTS, **{k: setting(v) for k, v in (config or {}).items()}}
        check_settings(self._config)
        if volume_bytes is not None and storage == "memory":
            raise UserError('volume_bytes is a limit of the disk: leave out storage="memory".')
        self._volume_bytes = volume_bytes
        self._kafka_version = kafka_version
        self._metrics = metrics
        kafka_versions.of(kafka_version or kafka_versions.NEWEST)
        self._in_transit = _in_transit(tls)
        self._kind = storage
        self._data_dir = data_dir
        self._temporary: str | None = None
        self._certificates: str | None = None
        self._storage: Storage | None = None
        self._spec: ZoneSpec | None = None
        self._zones: dict[int, Zone] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    # -- what a test reads --------------------------------------------------------------------

    @property
    def bootstrap_servers(self) -> str:
        """host:port of every broker, comma-separated."""
        if self._spec is None:
            raise UserError("this LocalCluster isn't running: use it in a `with` or call start()")
        return self._spec.bootstrap

    @property
    def bootstrap(self) -> str:
        """Short for `bootstrap_servers`."""
        return self.bootstrap_servers

    @property
    def bootstrap_servers_tls(self) -> str:
        """The same where TLS is served; with `tls=True` that is `bootstrap_servers`."""
        if not self.spec.serves_tls:
            raise UserError("this LocalCluster serves no TLS: make it with tls=True")
        return self.spec.bootstrap_tls

    @property
    def ca_file(self) -> str:
        """The certificate that clients trust (PEM)."""
        return f"{self._tls_folder()}/{CA_FILE}"

    @property
    def truststore_file(self) -> str:
        """The same for Java, as PKCS12 with the password `changeit`."""
        return f"{self._tls_folder()}/{TRUST_STORE}"

    def _tls_folder(self) -> str:
        if not self.spec.serves_tls:
            raise UserError("this LocalCluster serves no TLS: make it with tls=True")
        return self._certificates or str(self.spec.tls_directory)

    @property
    def data_dir(self) -> str | None:
        """The folder with the nodes' directories; None in memory."""
        return self._data_dir or self._temporary

    @property
    def spec(self) -> ZoneSpec:
        """What runs here: ids, ports, directories."""
        if self._spec is None:
            raise UserError("this LocalCluster isn't running")
        return self._spec

    def status(self, zone: int = 1) -> dict[str, Any]:
        """One zone's status, as `msklite status --output json` shows it."""
        found = self.zone(zone)

        async def ask() -> dict[str, Any]:
            return found.status()

        return self._run(ask())

    def zone(self, number: int = 1) -> Zone:
        """A running zone; its objects belong to the cluster's own thread."""
        if number not in self._zones:
            raise UserError(f"zone {number} of this LocalCluster isn't running")
        return self._zones[number]

    @property
    def clock(self) -> ClusterClock:
        """The cluster's clock, to be turned forward, frozen, or made faster."""
        return ClusterClock(
            lambda wish: self._run(self._turn(wish)), lambda: self._run(self._clock_status())
        )

    async def _clock_status(self) -> dict[str, Any]:
        assert self._storage is not None
        return steering.load(self._storage, self.spec).show(SystemClock().now_ms())

    async def _turn(self, wish: dict[str, Any]) -> dict[str, Any]:
        assert self._storage is not None
        state = steering.turn(self._storage, self.spec, SystemClock().now_ms(), wish)
        await asyncio.gather(*(zone.steer(state) for zone in self._zones.values()))
        return await self._clock_status()

    # -- one zone -----------------------------------------------------------------------------

    def kill_zone(self, number: int) -> None:
        """The zone is gone from one moment to the next, as its process would be by kill -9.

        Milder than a real kill in one way: files stay as the running process last wrote them.
        """
        zone = self.zone(number)

        async def drop() -> None:
            zone.crash()

        self._run(drop())
        del self._zones[number]

    def stop_zone(self, number: int) -> None:
        """The zone leaves cleanly: its leaderships move first."""
        self._run(self.zone(number).stop())
        del self._zones[number]

    def start_zone(self, number: int) -> None:
        """Start a zone that was killed or stopped; returns when its brokers are in the cluster."""
        if number in self._zones:
            raise UserError(f"zone {number} of this LocalCluster is running")
        self._run(self._boot_zone(number))

    @property
    def metrics_urls(self) -> dict[str, list[str]]:
        """Where Prometheus reads of each broker, by kind: "jmx" and "node"."""
        host = self.spec.client_host
        return {
            kind: [f"http://{host}:{port}/metrics" for _, port in sorted(by.items())]
            for kind, by in self.spec.exporters.items()
        }

    # -- versions -----------------------------------------------------------------------------

    def upgrade(self, kafka_version: str) -> None:
        """A rolling restart, after which clients find this version of Kafka; it only goes up."""
        upgrade(self.spec, kafka_version)
        for zone in self._zones.values():
            zone.spec.kafka_version = kafka_version
        if self._data_dir is not None:
            spec.save(self.spec, self._data_dir)
        for zone in self._zones.values():
            for broker in zone.spec.brokers:
                self._run(zone.stop_broker(broker))
                self._run(zone.start_broker(broker))

    # -- volumes ------------------------------------------------------------------------------

    def grow_volumes(self, size: int, *brokers: int) -> None:
        """The volumes of these brokers (of all, if none is named) have `size` bytes from now on."""
        grow_volumes(self.spec, size, brokers)

        async def grow() -> None:
            for zone in self._zones.values():
                zone.set_volumes(
                    {b: s for b, s in self.spec.volumes.items() if b in zone.spec.brokers}
                )

        self._run(grow())
        if self._data_dir is not None:
            spec.save(self.spec, self._data_dir)

    # -- life ---------------------------------------------------------------------------------

    def start(self) -> Self:
        """Start; returns when clients can connect."""
        if self._thread is not None:
            raise UserError("this LocalCluster is already running")
        before = None if self._data_dir is None else spec.content(self._data_dir)
        self._loop = new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="msklite-cluster", daemon=True
        )
        self._thread.start()
        _open.add(self)
        try:
            self._run(self._boot())
        except BaseException:
            self._end()
            if self._data_dir is not None:
                spec.put_back(self._data_dir, before)
            raise
        return self

    def stop(self) -> None:
        """Stop cleanly and remove a temporary folder. Harmless when not running."""
        try:
            if self._zones:
                self._run(self._stop_zones())
        finally:
            self._end()

    async def _stop_zones(self) -> None:
        zones, self._zones = list(self._zones.values()), {}
        # First all brokers, while there still is a quorum that can let them go.
        await asyncio.gather(*(zone.leave() for zone in zones))
        await asyncio.gather(*(zone.stop() for zone in zones))

    def crash(self) -> None:
        """Stop at once, as kill -9 would; `restart` finds what a crash leaves."""
        for number in list(self._zones):
            self.kill_zone(number)

    def restart(self) -> None:
        """Start again on the same data and ports, after a clean stop if it still runs."""
        if self._thread is None:
            raise UserError("this LocalCluster isn't running: there is nothing to restart")
        if self._zones:
            self._run(self._stop_zones())
        self._run(self._boot())

    async def _boot(self) -> None:
        if self._storage is None:
            self._storage = self._make_storage()
        if self._spec is None:
            self._spec = self._make_spec()
        await asyncio.gather(*(self._boot_zone(n) for n in self._spec.zones or (1,)))

    async def _boot_zone(self, number: int) -> None:
        assert self._storage is not None and self._spec is not None
        found = self._spec.for_zone(number) if self._spec.zones else self._spec
        world = World(SystemClock(), SocketNetwork(), self._storage, SystemRandom())
        zone = Zone(found, world, self._certificates)
        await zone.start()
        self._zones[number] = zone

    def _make_spec(self) -> ZoneSpec:
        """What to run; a `data_dir` that already holds a cluster keeps its identity and ports."""
        raw_id = SystemRandom().bytes(16)
        folder = self._data_dir
        if folder is not None:
            wanted = Wanted(
                brokers=self._brokers, azs=self._azs, kafka_defaults=True, config=self._config,
                in_transit=self._in_transit, volume_bytes=self._volume_bytes,
                kafka_version=self._kafka_version, metrics=self._metrics,
            )  # fmt: skip
            kept = plan(folder, "local", wanted, raw_id)
            spec.save(kept, folder)
            return kept
        made = ZoneSpec(
            name="local",
            directory=spec.zone_directory(self.data_dir or "/cluster"),
            cluster_id=new_cluster_id(raw_id),
            brokers=tuple(range(1, (self._brokers or self._azs) + 1)),
            config=dict(self._config),
            in_transit=self._in_transit,
        )
        monitor(made, EXPORTERS if self._metrics else ())
        if self._kafka_version is not None:
            upgrade(made, self._kafka_version, new=True)
        grow_volumes(made, self._volume_bytes)
        if self._azs > 1:
            made.spread(self._azs, SystemRandom().bytes(16))
        ports.choose(made)
        return made

    def _make_storage(self) -> Storage:
        if self._kind == "memory":
            if self._in_transit != "PLAINTEXT":  # these must be files
                self._certificates = tempfile.mkdtemp(prefix="msklite-tls-")
            return MemoryStorage()
        if self._data_dir is None:
            self._temporary = tempfile.mkdtemp(prefix="msklite-")
        return DiskStorage(durable=self._data_dir is not None)

    def _run(self, job: Coroutine[Any, Any, T]) -> T:
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(job, self._loop).result()

    def _end(self) -> None:
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
        self._loop = self._thread = None
        for folder in filter(None, (self._temporary, self._certificates)):
            shutil.rmtree(folder, ignore_errors=True)
        self._temporary = self._certificates = None
        if isinstance(self._storage, DiskStorage):
            self._storage.close()
        self._spec = None
        self._storage = None
        _open.discard(self)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return await asyncio.get_running_loop().run_in_executor(None, self.start)

    async def __aexit__(self, *exc: object) -> None:
        await asyncio.get_running_loop().run_in_executor(None, self.stop)


def _check_shape(brokers: int | None, azs: int) -> None:
    if not 1 <= azs <= MAX_ZONES:
        raise UserError(f"azs={azs}: a cluster has 1 to {MAX_ZONES} availability zones.")
    if brokers is None:
        return
    if not azs <= brokers <= MAX_BROKERS * azs:
        raise UserError(f"brokers={brokers}: a zone has 1 to {MAX_BROKERS} brokers.")
    if brokers % azs:
        raise UserError(f"brokers={brokers}: the brokers must be a multiple of the {azs} zones.")


def _in_transit(tls: bool | str) -> str:
    """Amazon MSK's word for what clients may speak."""
    word = tls
    if isinstance(tls, bool):
        word = "TLS" if tls else "PLAINTEXT"
    if word not in spec.IN_TRANSIT:
        raise UserError(f'tls={tls!r}: choose True, False or "TLS_PLAINTEXT".')
    return str(word)


def setting(value: str | int | float | bool) -> str:
    """A setting as Kafka writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


@atexit.register
def _stop_all() -> None:
    for cluster in list(_open):
        cluster.stop()
