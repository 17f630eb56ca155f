"""franz-go's group sessions: consume, produce and commit offsets in one transaction."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.clients import programs
from tests.clients.client import Record
from tests.clients.conftest import Server, await_leaders, connect
from tests.clients.test_transactions import values

Name = Callable[..., str]

pytestmark = pytest.mark.golang


def test_a_group_session_copies_exactly_once(fresh: Name, server: Server) -> None:
    """franz-go's GroupTransactSession: consume, produce and commit in one, aborted on the way."""
    client = connect("franz-go", server.bootstrap)
    source, target = fresh("from"), fresh("to")
    for topic in (source, target):
        client.create_topic(topic, 2)
        await_leaders(client, topic, 2)
    sent = [Record(b"%d" % n, b"k%d" % n, partition=n % 2) for n in range(100)]
    client.produce(source, sent)
    done, aborted = programs.running("franz-go").call(
        "copy", bootstrap=server.bootstrap, name=fresh("id"), group=fresh("g"),
        topics=[source, target], total=100,
    )  # fmt: skip
    assert done == 100 and aborted > 0
    found = values(client, target, 100, partitions=2)
    assert sorted(found, key=int) == [str(n) for n in range(100)]
