"""Feature levels: what a new cluster begins with, and UpdateFeatures (KIP-584)."""

from __future__ import annotations

import pytest

from msklite.errors import Code
from msklite.metadata.features import SAFE_DOWNGRADE, UNSAFE_DOWNGRADE, UPGRADE
from msklite.metadata.records import METADATA_VERSION
from msklite.wire.messages.update_features_request import FeatureUpdateKey, UpdateFeaturesRequest
from tests.metadata.cluster import Cluster


def update(cluster: Cluster, name: str, level: int, how: int, validate: bool = False) -> Code:
    wish = FeatureUpdateKey(feature=name, max_version_level=level, upgrade_type=how)
    reply = cluster.ask(UpdateFeaturesRequest(feature_updates=[wish], validate_only=validate))
    return Code(reply.error_code)


def test_a_new_cluster_begins_with_what_is_built() -> None:
    cluster = Cluster()
    assert cluster.image.features == {
        "metadata.version": METADATA_VERSION,
        "eligible.leader.replicas.version": 1,
        "transaction.version": 2,
    }
    assert not cluster.image.in_transaction
    assert cluster.controller.activate(0) == [], "an old cluster gets nothing"


@pytest.mark.parametrize(
    ("name", "level", "how"),
    [
        ("group.version", 1, UPGRADE),  # not built yet
        ("metadata.version", METADATA_VERSION + 1, UPGRADE),
        ("metadata.version", 6, SAFE_DOWNGRADE),
        ("metadata.version", 20, UPGRADE),  # that would be a downgrade
        ("metadata.version", 20, SAFE_DOWNGRADE),  # metadata changed since
        ("metadata.version", 29, 9),
        ("no.such.feature", 1, UPGRADE),
        ("kraft.version", 0, UNSAFE_DOWNGRADE),
    ],
)
def test_refused(name: str, level: int, how: int) -> None:
    cluster = Cluster(brokers=1)
    before = len(cluster.log)
    assert update(cluster, name, level, how) == Code.INVALID_UPDATE_VERSION
    assert len(cluster.log) == before


def test_down_where_nothing_is_lost_and_up_again() -> None:
    cluster = Cluster(brokers=1)
    assert update(cluster, "metadata.version", 25, SAFE_DOWNGRADE, validate=True) == Code.NONE
    assert cluster.image.metadata_version == METADATA_VERSION
    assert update(cluster, "metadata.version", 25, SAFE_DOWNGRADE) == Code.NONE
    assert cluster.image.metadata_version == 25
    assert update(cluster, "metadata.version", METADATA_VERSION, UPGRADE) == Code.NONE
    assert cluster.replayed().metadata_version == METADATA_VERSION
