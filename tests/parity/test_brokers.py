"""Three brokers, one of which is stopped and comes back: Kafka and msklite answer alike."""

from __future__ import annotations

import pytest

from tests.parity.crowds import Kafkas, Zones
from tests.parity.differences import unlisted
from tests.parity.run import story
from tests.parity.talk import compare
from tests.support.jvm import require_jvm

pytestmark = [pytest.mark.jvm, pytest.mark.slow]


def test_three_brokers_answer_alike_while_one_goes_and_comes_back() -> None:
    require_jvm()
    with Kafkas() as kafkas:
        theirs = story(kafkas)
    with Zones() as zones:
        ours = story(zones)
    left = unlisted(compare(theirs, ours))
    assert not left, "\n".join(["differences that aren't listed:", *map(str, left)])
    stages = {exchange.step.split("/")[0] for exchange in ours}
    assert stages == {f"brokers{of}" for of in ("", ", all", ", third away", ", back", ", home")}
    assert len(ours) >= 150
