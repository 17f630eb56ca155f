"""botocore's own model of MSK as the judge of our routes, our request models and every reply."""

from __future__ import annotations

import json
import types
import typing
from datetime import datetime
from typing import Any, Literal, Union, get_args, get_origin

import botocore.session
from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo

MODEL = botocore.session.get_session().get_service_model("kafka")
NAMES: list[str] = sorted(MODEL.operation_names)
BLOBS = {"serverProperties"}
"""Text in our models, base64 on the wire."""
SCALARS = {"string": str, "integer": int, "long": int, "double": float, "boolean": bool}


def body_members(name: str) -> dict[str, Any]:
    """The members of a request's JSON body, by their names on the wire."""
    shape = MODEL.operation_model(name).input_shape
    if shape is None:
        return {}
    return {
        member.serialization.get("name", key): member
        for key, member in shape.members.items()
        if "location" not in member.serialization
    }


def required(shape: Any) -> set[str]:
    """The required members, by their names on the wire."""
    return {shape.members[k].serialization.get("name", k) for k in shape.required_members}


def differences(model: type[BaseModel], members: dict[str, Any], need: set[str], at: str) -> list:
    """What a request model of ours takes otherwise than botocore's shape."""
    ours = model.model_fields
    found = [f"{at}: lacks {m}" for m in members if m not in ours]
    found += [f"{at}: has {m}, which MSK hasn't" for m in ours if m not in members]
    for name, field in ours.items():
        if name not in members:
            continue
        here = f"{at}.{name}"
        if field.is_required() != (name in need):
            found.append(f"{here}: required is {field.is_required()}")
        found += _compare(field.annotation, field, members[name], here)
    return found


def _compare(kind: Any, field: FieldInfo | None, shape: Any, at: str) -> list[str]:
    kind, extra = _plain(kind)
    metadata = [*(field.metadata if field is not None else []), *extra]
    if shape.type_name == "structure":
        if kind == dict[str, Any]:
            return []  # taken whole, and refused
        if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
            return [f"{at}: {kind} isn't a structure"]
        inner = {v.serialization.get("name", k): v for k, v in shape.members.items()}
        return differences(kind, inner, required(shape), at)
    if shape.type_name == "list":
        if get_origin(kind) is not list:
            return [f"{at}: {kind} isn't a list"]
        return _compare(get_args(kind)[0], None, shape.member, f"{at}[]")
    if shape.type_name == "map":
        return [] if get_origin(kind) is dict else [f"{at}: {kind} isn't a map"]
    if getattr(shape, "enum", None):
        allowed = set(get_args(kind)) if get_origin(kind) is Literal else set()
        return [] if allowed == set(shape.enum) else [f"{at}: {allowed} isn't {set(shape.enum)}"]
    wanted = str if shape.type_name == "blob" else SCALARS[shape.type_name]
    found = [] if kind is wanted else [f"{at}: {kind} isn't {wanted}"]
    return found + _limits(metadata, shape, at)


def _plain(kind: Any) -> tuple[Any, list[Any]]:
    """Without `| None` and `Annotated`; what was annotated."""
    extra: list[Any] = []
    while True:
        if get_origin(kind) is typing.Annotated:
            args = get_args(kind)
            kind = args[0]
            for one in args[1:]:
                extra += one.metadata if isinstance(one, FieldInfo) else [one]
        elif get_origin(kind) in (Union, types.UnionType):
            (kind,) = [a for a in get_args(kind) if a is not type(None)]
        else:
            return kind, extra


def _limits(metadata: list[Any], shape: Any, at: str) -> list[str]:
    """Limits of the model that we don't keep; ours may be narrower."""
    low = next((m.ge for m in metadata if isinstance(m, Ge)), None)
    high = next((m.le for m in metadata if isinstance(m, Le)), None)
    if shape.type_name == "string":
        low = next((m.min_length for m in metadata if isinstance(m, MinLen)), None)
        high = next((m.max_length for m in metadata if isinstance(m, MaxLen)), None)
    found = []
    if "min" in shape.metadata and low != shape.metadata["min"]:
        found.append(f"{at}: at least {low} isn't {shape.metadata['min']}")
    if "max" in shape.metadata and high != shape.metadata["max"]:
        found.append(f"{at}: at most {high} isn't {shape.metadata['max']}")
    return found


def check(value: Any, shape: Any, at: str) -> None:
    """A reply, or a part of it, is what the model says: members, types, what is required."""
    kind = shape.type_name
    if kind == "structure":
        assert isinstance(value, dict), f"{at}: {value!r}"
        members = {v.serialization.get("name", k): v for k, v in shape.members.items()}
        unknown = set(value) - set(members)
        assert not unknown, f"{at}: MSK has no {unknown}"
        missing = required(shape) - set(value)
        assert not missing, f"{at}: lacks {missing}"
        for name, part in value.items():
            check(part, members[name], f"{at}.{name}")
    elif kind == "list":
        assert isinstance(value, list), f"{at}: {value!r}"
        for part in value:
            check(part, shape.member, f"{at}[]")
    elif kind == "map":
        assert isinstance(value, dict), f"{at}: {value!r}"
        assert all(isinstance(k, str) and isinstance(v, str) for k, v in value.items()), at
    elif kind == "timestamp":
        assert isinstance(value, str) and value.endswith("Z"), f"{at}: {value!r}"
        datetime.fromisoformat(value)
    elif kind == "blob":
        assert isinstance(value, str), f"{at}: {value!r}"
    else:
        assert type(value) is SCALARS[kind], f"{at}: {value!r} isn't {kind}"
        allowed = getattr(shape, "enum", None)
        assert not allowed or value in allowed, f"{at}: {value!r} isn't one of {allowed}"


SEEN: set[str] = set()
"""Operations of which a good reply has been judged in this session."""


def judge_every_reply(client: Any) -> None:
    """From now on each reply that this boto3 client gets must be what the model says."""

    def look(operation_model: Any, response_dict: dict[str, Any], **_: Any) -> None:
        status, body = response_dict["status_code"], response_dict["body"]
        name = operation_model.name
        if status >= 300:
            kind = response_dict["headers"].get("x-amzn-ErrorType")
            assert kind, f"{name}: an error without its type"
            found = json.loads(body)
            assert set(found) <= {"message", "invalidParameter"}, found
            known = {e.name for e in operation_model.error_shapes}
            # DescribeTopic and others lack BadRequest in the model; the service sends it anyhow.
            assert kind in known | {"BadRequestException", "NotFoundException",
                                    "ConflictException"}, f"{name}: {kind}"  # fmt: skip
            shape = MODEL.shape_for(kind)
            assert shape.metadata["error"]["httpStatusCode"] == status, (kind, status)
            return
        assert status == operation_model.http.get("responseCode", 200), f"{name}: {status}"
        if operation_model.output_shape is None:
            assert not body, f"{name}: {body!r}"
        else:
            check(json.loads(body), operation_model.output_shape, name)
        SEEN.add(name)

    client.meta.events.register("before-parse.kafka", look)
