"""Every operation and shape of botocore's own `kafka` model against ours."""

from __future__ import annotations

import re
from typing import Any

import pytest

from msklite.control.table import OPERATIONS, SERVED, UNSERVED
from tests.control import model
from tests.control.service import Serve, refusal

OURS = {o.name: o for o in OPERATIONS}


def _template(path: str) -> str:
    return re.sub(r"\{[^}]+\}", "{}", path)


@pytest.mark.parametrize("name", model.NAMES)
def test_every_operation_has_a_row(name: str) -> None:
    theirs = model.MODEL.operation_model(name)
    ours = OURS.get(name)
    assert ours is not None, f"{name} is neither served nor refused"
    assert (ours.method, _template(ours.path)) == (
        theirs.http["method"],
        _template(theirs.http["requestUri"]),
    )
    if not ours.refusal:
        assert ours.status == theirs.http.get("responseCode", 200)


def test_no_other_operation_is_served() -> None:
    assert {o.name for o in SERVED} <= set(model.NAMES)


@pytest.mark.parametrize("operation", SERVED, ids=lambda o: o.name)
def test_requests_are_read_as_the_model_says(operation: Any) -> None:
    shape = model.MODEL.operation_model(operation.name).input_shape
    members = model.body_members(operation.name)
    need = set() if shape is None else model.required(shape)
    found = model.differences(operation.model, members, need & set(members), operation.name)
    assert not found, "\n".join(found)
    assert (operation.load().__doc__ or "").startswith(operation.name)


def test_what_is_not_served_is_refused_in_msks_shape(shared: Serve) -> None:
    """The list of them is printed: it is what this version lacks of the model."""
    kafka = shared.client()
    print(f"\nNot served, of {len(model.NAMES)} operations:")
    for operation in sorted(UNSERVED, key=lambda o: o.name):
        print(f"  {operation.name}: {operation.refusal}")
        theirs = model.MODEL.operation_model(operation.name)
        call = getattr(kafka, _snake(operation.name))
        code, status, message = refusal(call, **_arguments(theirs.input_shape))
        assert (code, status) == ("BadRequestException", 400)
        assert "not served" in message, message


def _snake(name: str) -> str:
    from botocore import xform_name

    return xform_name(name)


def _arguments(shape: Any) -> dict[str, Any]:
    """The required members, filled with something of their type."""
    return {name: _some(shape.members[name]) for name in shape.required_members}


def _some(shape: Any) -> Any:
    match shape.type_name:
        case "structure":
            return _arguments(shape)
        case "list":
            return [_some(shape.member)]
        case "map":
            return {}
        case "integer" | "long":
            return max(1, shape.metadata.get("min", 1))
        case "boolean":
            return True
        case _:
            return shape.enum[0] if getattr(shape, "enum", None) else "some"
