"""One table of APIs: each row has a handler that explains itself, and each handler has a row."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import pytest

import msklite.broker.api as package
from msklite.wire.apis import APIS, Api

MODULES = sorted(m.name for m in pkgutil.iter_modules(package.__path__) if m.name[0] != "_")


@pytest.mark.parametrize("api", APIS.values(), ids=lambda api: api.name)
def test_every_row_has_a_handler(api: Api) -> None:
    module = importlib.import_module(f"msklite.broker.api.{api.module}")
    assert (module.__doc__ or "").strip(), f"{api.module} doesn't say what it does"
    assert list(inspect.signature(module.handle).parameters) == ["broker", "ctx", "request"]


@pytest.mark.parametrize("name", MODULES)
def test_every_handler_has_a_row(name: str) -> None:
    module = importlib.import_module(f"msklite.broker.api.{name}")
    if hasattr(module, "handle"):
        assert name in {api.module for api in APIS.values()}, f"{name} is served but has no row"


@pytest.mark.parametrize("api", APIS.values(), ids=lambda api: api.name)
def test_rows_agree_with_the_schemas(api: Api) -> None:
    for cls in (api.request_class(), api.response_class()):
        lowest, highest = cls.VERSIONS
        assert lowest <= api.lowest <= api.highest <= highest
        assert api.key == cls.API_KEY


@pytest.mark.parametrize("api", APIS.values(), ids=lambda api: api.name)
def test_the_docstring_tells_the_versions(api: Api) -> None:
    """Its file opens with the newest version it serves, so a raised row can't be forgotten."""
    module = importlib.import_module(f"msklite.broker.api.{api.module}")
    assert str(api.highest) in (module.__doc__ or ""), f"no word on version {api.highest}"
