"""CRC-32C, from the extension inside the package `crc32c`.

The package's own `__init__` asks importlib.metadata for its version, which loads e-mail and zip
code: 20 ms of every start and 4 MB that stay. So the extension is loaded past it, and the package
itself is imported only where that doesn't work (it was laid out otherwise, or has no extension).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from typing import cast

Crc = Callable[..., int]
_NAME = "crc32c._crc32c"


def _extension() -> Crc | None:
    package = None if "crc32c" in sys.modules else find_spec("crc32c")
    for folder in (package and package.submodule_search_locations) or ():
        for suffix in EXTENSION_SUFFIXES:
            path = os.path.join(folder, "_crc32c" + suffix)
            if os.path.exists(path):
                loader = ExtensionFileLoader(_NAME, path)
                spec = spec_from_file_location(_NAME, path, loader=loader)
                if spec is None:
                    return None
                try:
                    module = module_from_spec(spec)
                    loader.exec_module(module)
                except ImportError:
                    return None
                return cast("Crc | None", getattr(module, "crc32c", None))
    return None


def _load() -> Crc:
    found = _extension()
    if found is None:
        import crc32c as package

        found = package.crc32c
    return found


crc32c: Crc = _load()
"""`crc32c(data, value=0)`: the checksum of `data`, going on from `value`."""
