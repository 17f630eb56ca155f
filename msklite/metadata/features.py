"""Feature levels: what this version can do, what is finalised, and UpdateFeatures (KIP-584).

Rules:
- We can run at every level that Kafka 4.2 can, so that its directories open here.
- Raising a feature whose APIs don't exist here is refused with INVALID_UPDATE_VERSION, and a new
  cluster doesn't finalise it.
- With eligible leader replicas, min.insync.replicas is a setting of topics and of the cluster,
  never of one broker: what it means must be the same for all.
"""

from __future__ import annotations

from collections.abc import Iterable

from msklite.errors import Code, KafkaError
from msklite.metadata.image import Image
from msklite.metadata.records import (
    METADATA_VERSION,
    MIN_METADATA_VERSION,
    AnyRecord,
    MetadataRecord,
    versioned,
)
from msklite.metadata.results import ControllerContext, ControllerResult
from msklite.wire.messages.feature_level_record import FeatureLevelRecord
from msklite.wire.messages.update_features_request import UpdateFeaturesRequest
from msklite.wire.messages.update_features_response import (
    UpdatableFeatureResult,
    UpdateFeaturesResponse,
)

MV = "metadata.version"
SUPPORTED: dict[str, tuple[int, int]] = {
    "eligible.leader.replicas.version": (0, 1),
    "group.version": (0, 1),
    "kraft.version": (0, 1),
    MV: (MIN_METADATA_VERSION, METADATA_VERSION),
    "share.version": (0, 1),
    "streams.version": (0, 1),
    "transaction.version": (0, 2),
}
NOT_BUILT = frozenset(
    {
        "group.version",
        "share.version",
        "streams.version",
    }
)
ELR = "eligible.leader.replicas.version"
NEW_FEATURES = {MV: METADATA_VERSION, ELR: 1, "transaction.version": 2}
"""What a new cluster finalises: everything that is there."""

# The levels at which metadata changed: going back below one of them would lose records.
_CHANGED = frozenset({7, 8, 11, 13, 14, 15, 17, 23})
UPGRADE, SAFE_DOWNGRADE, UNSAFE_DOWNGRADE = 1, 2, 3


def bootstrap_records(features: dict[str, int] | None = None) -> list[MetadataRecord]:
    """The first records of a new cluster, as in `bootstrap.checkpoint`: its feature levels."""
    levels = NEW_FEATURES if features is None else features
    names = sorted(levels, key=lambda name: (name != MV, name))
    return [versioned(FeatureLevelRecord(name=n, feature_level=levels[n])) for n in names]


def update(
    image: Image, request: UpdateFeaturesRequest, ctx: ControllerContext
) -> ControllerResult:
    """Change levels: all of the request or nothing."""
    records: list[AnyRecord] = []
    wanted = {u.feature: u for u in request.feature_updates}
    try:
        for u in wanted.values():
            record = _change(image, u.feature, u.max_version_level, u.upgrade_type)
            if record is not None:
                records.append(record)
    except KafkaError as error:
        return ControllerResult(
            [], UpdateFeaturesResponse(error_code=error.code, error_message=error.message)
        )
    results = []
    if ctx.version <= 1:
        results = [
            UpdatableFeatureResult(feature=u.feature, error_message="NONE")
            for u in request.feature_updates
        ]
    reply = UpdateFeaturesResponse(error_code=0, error_message=None, results=results)
    made = [r for r in records if isinstance(r, MetadataRecord)]
    return ControllerResult([] if request.validate_only else made, reply)


def _change(image: Image, name: str, level: int, how: int) -> MetadataRecord | None:
    def refuse(why: str) -> KafkaError:
        return KafkaError(Code.INVALID_UPDATE_VERSION, f"{name} can't go to {level}: {why}")

    if how not in (UPGRADE, SAFE_DOWNGRADE, UNSAFE_DOWNGRADE):
        raise refuse("the upgrade type is unknown")
    now = 1 if name == "kraft.version" else image.features.get(name, 0)
    if level < 0:
        raise refuse("levels aren't negative")
    if name not in SUPPORTED:
        raise refuse("this controller doesn't know the feature")
    nodes: Iterable[tuple[str, dict[str, tuple[int, int]]]] = [
        ("this controller", SUPPORTED),
        *((f"broker {b.id}", b.features) for b in image.brokers.values()),
        *((f"controller {c.id}", c.features) for c in image.controllers.values() if c.features),
    ]
    for who, supported in nodes:
        if name == "kraft.version" and name not in supported:
            continue  # brokers needn't name it
        low, high = supported.get(name, (0, 0))
        if not low <= level <= high:
            raise refuse(f"{who} supports {low} to {high}")
    if level < now and how == UPGRADE:
        raise refuse(f"it is at {now}, and a downgrade must be asked for")
    if level > now and how != UPGRADE:
        raise refuse(f"it is at {now}, so this is no downgrade")
    if name == "kraft.version":
        if level != now:
            raise refuse("this one never goes down")
        return None
    if level > now and name in NOT_BUILT:
        raise refuse("what it switches on isn't there yet")
    if name == MV and level < now and any(level < c <= now for c in _CHANGED):
        raise refuse("metadata written since then would be lost")
    return versioned(FeatureLevelRecord(name=name, feature_level=level))
