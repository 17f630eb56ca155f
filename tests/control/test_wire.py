"""Paths, bodies and pages, without a service."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msklite.control import properties, wire
from msklite.control.errors import ApiError
from msklite.control.routes import _find


def test_a_path_is_split_before_it_is_decoded() -> None:
    assert wire.segments(b"/v1/clusters/a%2Fb%3Ac/nodes") == ["v1", "clusters", "a/b:c", "nodes"]
    with pytest.raises(ApiError):
        wire.segments(b"/v1/%ff")


def test_bodies_are_bounded() -> None:
    assert wire.body(b"  ") == {}
    assert wire.body(b'{"a": "[[[[{{{{\\"["}') == {"a": '[[[[{{{{"['}
    deep = b'{"a":' + b"[" * wire.MAX_DEPTH + b"]" * wire.MAX_DEPTH + b"}"
    for bad in (deep, b"[]", b"{", b"\xff", b'{"a": NaN}', b"null", b'{"a":1}{'):
        with pytest.raises(ApiError) as refused:
            wire.body(bad)
        assert refused.value.status == 400


@given(st.binary(max_size=200))
def test_no_body_does_more_than_be_refused(data: bytes) -> None:
    try:
        assert isinstance(wire.body(data), dict)
    except ApiError as error:
        assert error.status == 400


@given(st.lists(st.text(max_size=3), unique=True, max_size=12), st.integers(1, 4))
def test_pages_show_each_item_once(items: list[str], size: int) -> None:
    seen: list[str] = []
    query = {"maxResults": str(size)}
    while True:
        shown, token = wire.page(items, str, query)
        seen += shown
        assert len(shown) <= size
        if token is None:
            break
        query["nextToken"] = token
    assert seen == sorted(items)


@pytest.mark.parametrize("text", ["0", "101", "-1", "x", "1.5", "9" * 5000, "\u0663"])
def test_a_bad_size_of_pages(text: str) -> None:
    with pytest.raises(ApiError):
        wire.page([], str, {"maxResults": text})


def test_times_end_in_z() -> None:
    assert wire.iso(1767323045678) == "2026-01-02T03:04:05.678Z"


def test_properties_as_people_write_them() -> None:
    text = b"# c\n! c\n\n num.partitions = 3 \nlog.retention.ms:5\n"
    text += b"log.cleanup.policy=delete,\\\n  compact\n"
    assert properties.parse(text) == {
        "num.partitions": "3",
        "log.retention.ms": "5",
        "log.cleanup.policy": "delete,compact",
    }


def test_empty_segments_and_unknown_paths() -> None:
    for method, path, status in (
        ("GET", b"/v1/clusters/", 400),
        ("GET", b"/v1/nothing", 404),
        ("PATCH", b"/v1/clusters", 405),
        ("GET", b"/v1/clusters/a/b/c/d/e/f", 404),
    ):
        with pytest.raises(ApiError) as refused:
            _find(method, wire.segments(path))
        assert refused.value.status == status
