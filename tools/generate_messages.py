"""Make msklite/wire/messages from the JSON schemas in msklite/wire/schema.

Run `python tools/generate_messages.py` after changing a schema or this file; a house test fails
when the generated modules are out of date. One module a message; a class holds the fields of all
its versions, `read` and `write` take the version, as Kafka's own generated classes do. Neighbouring
fixed-width fields with the same version range become one `struct` call.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

from schemas import BIG, FIXED, KINDS, F, Range, Struct, load, snake

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = ROOT / "msklite" / "wire" / "schema"
TARGET = ROOT / "msklite" / "wire" / "messages"


@dataclass
class Module:
    """One schema file on its way to a Python module."""

    spec: dict
    structs: list[Struct] = field(default_factory=list)
    packs: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.valid = Range.parse(self.spec["validVersions"])
        self.flexible = Range.parse(self.spec.get("flexibleVersions", "none"))
        self.common = {s["name"]: s for s in self.spec.get("commonStructs", [])}
        self.seen: set[str] = set()
        self._struct(self.spec["name"], self.spec["fields"], self.valid)
        self.defaults = {f.type for s in self.structs for f in s.fields if f.shared}

    def _struct(self, name: str, fields: list[dict], valid: Range) -> None:
        if name in self.seen:
            return
        self.seen.add(name)
        out = []
        for f in fields:
            versions = Range.parse(
                f.get("versions", f.get("taggedVersions", self.spec["validVersions"]))
            )
            if versions.cut(self.valid).empty and "tag" not in f:
                continue
            made = F(
                snake(f["name"]),
                f["type"],
                versions,
                Range.parse(f.get("nullableVersions")).cut(versions),
                f.get("tag"),
                Range.parse(f.get("taggedVersions")),
                f.get("default"),
                f.get("flexibleVersions") == "none",
            )
            if not made.plain:
                inner = f.get("fields") or self.common[made.inner]["fields"]
                within = valid if made.inner in self.common else versions.cut(valid)
                self._struct(made.inner, inner, self.valid if made.inner in self.common else within)
            out.append(made)
        self.structs.append(Struct(name, out, valid))

    def pack(self, formats: str) -> str:
        name = "_S_" + formats.replace("?", "Z").replace("16s", "u")
        self.packs[name] = f'Struct(">{formats}")'
        return name

    # -- code ---------------------------------------------------------------------------------

    def source(self) -> str:
        body = "\n\n".join(self.struct_code(s) for s in self.structs)
        used = sorted(
            n
            for n in ("DecodeError", "Message", "ZERO_UUID", "Buffer", *READERS)
            if re.search(rf"\b{n}\b", body)
        )
        head = [
            f'"""Generated from {self.spec["name"]}.json; see tools/generate_messages.py."""',
            "",
            "from __future__ import annotations",
            "",
        ]
        if self.packs:
            head += ["from struct import Struct", ""]
        head += ["from msklite.wire.primitives import (", *[f"    {n}," for n in used], ")", ""]
        head += [f"{k} = {v}" for k, v in sorted(self.packs.items())]
        return "\n".join(head) + "\n\n" + body + "\n"

    def struct_code(self, s: Struct) -> str:
        top = s.name == self.spec["name"]
        lines = [f"class {s.name}(Message):"]
        names = [f.name for f in s.fields]
        lines.append(f"    __slots__ = ({''.join(repr(n) + ', ' for n in names)})")
        if top:
            key = self.spec.get("apiKey")
            if key is not None:
                lines.append(f"    API_KEY = {key}")
            flex = self.flexible.lo if not self.flexible.empty else BIG
            hi = self.valid.hi
            lines.append(f"    VERSIONS = ({self.valid.lo}, {hi})")
            lines.append(f"    FLEXIBLE = {flex}")
        if s.fields:
            lines += ["", "    def __init__(", "        self,"]
            for f in s.fields:
                if f.mutable:
                    lines.append(
                        f"        {f.name}: {f.annotation().replace(' | None', '')} | None = None,"
                    )
                else:
                    lines.append(f"        {f.name}: {f.annotation()} = {f.default_code()},")
            lines.append("    ) -> None:")
            for f in s.fields:
                if f.mutable:
                    # None stands for "not given": a nullable list with an empty default is set to
                    # None by assignment.
                    lines.append(
                        f"        self.{f.name}: {f.annotation()} = {f.default_text()} if {f.name} is None else {f.name}"
                    )
                else:
                    lines.append(f"        self.{f.name} = {f.name}")
        lines += ["", "    @classmethod"]
        lines.append(
            f"    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[{s.name}, int]:"
        )
        lines += ["        " + x for x in self.read_body(s)]
        lines += ["", "    def write(self, out: bytearray, version: int) -> None:"]
        body = self.write_body(s) or ["pass"]
        lines += ["        " + x for x in body]
        if s.name in self.defaults:
            lines += ["", "", f"DEFAULT_{s.name} = {s.name}()"]
        return "\n".join(lines) + "\n"

    def flex_test(self, s: Struct) -> str:
        return self.flexible.test(s.valid)

    def groups(self, s: Struct) -> list[tuple[str, list[F]]]:
        """Neighbours with the same version condition, tagged fields left out."""
        out: list[tuple[str, list[F]]] = []
        for f in s.fields:
            plain = f.versions
            if f.tag is not None and f.tagged.covers(plain.cut(s.valid)):
                continue
            if f.tag is not None:
                plain = Range(plain.lo, f.tagged.lo - 1)
            test = plain.test(s.valid)
            if out and out[-1][0] == test:
                out[-1][1].append(f)
            else:
                out.append((test, [f]))
        return out

    def tagged(self, s: Struct) -> list[F]:
        return [f for f in s.fields if f.tag is not None and not f.tagged.cut(s.valid).empty]

    def read_body(self, s: Struct) -> list[str]:
        lines = ["o = cls.__new__(cls)"]
        lines += [f"o.{f.name} = {f.default_code()}" for f in self.tagged(s)]
        tagged = {f.name for f in self.tagged(s)}
        for test, fields in self.groups(s):
            inner = self.read_fields(s, fields)
            if test == "True":
                lines += inner
            elif test == "False":
                lines += [
                    f"o.{f.name} = {f.default_text()}" for f in fields if f.name not in tagged
                ]
            else:
                lines.append(f"if {test}:")
                lines += ["    " + x for x in inner]
                rest = [f for f in fields if f.name not in tagged]
                if rest:
                    lines.append("else:")
                    lines += [f"    o.{f.name} = {f.default_text()}" for f in rest]
        flex = self.flex_test(s)
        if flex != "False":
            block = self.read_tags(s)
            lines += block if flex == "True" else [f"if {flex}:"] + ["    " + x for x in block]
        return [*lines, "return o, pos"]

    def read_tags(self, s: Struct) -> list[str]:
        tags = self.tagged(s)
        lines = ["n = buf[pos] if pos < len(buf) else 128", "if n == 0:", "    pos += 1", "else:"]
        if not tags:
            return [*lines, "    pos = skip_tags(buf, pos)"]
        lines += [
            "    n, pos = read_uvarint(buf, pos)",
            "    for _ in range(n):",
            "        tag, pos = read_uvarint(buf, pos)",
            "        size, pos = read_uvarint(buf, pos)",
        ]
        for i, f in enumerate(tags):
            test = f.tagged.cut(f.versions).test(s.valid)
            cond = f"tag == {f.tag}" + ("" if test == "True" else f" and {test}")
            lines.append(f"        {'el' if i else ''}if {cond}:")
            lines += ["            " + x for x in self.read_one(f, "True", tagged=True)]
        # Like Kafka's classes: the size counts only for a field that isn't known.
        lines += [
            "        else:",
            "            pos += size",
            "        if pos > len(buf):",
            '            raise DecodeError("a tagged field runs past the end")',
        ]
        return lines

    def read_fields(self, s: Struct, fields: list[F]) -> list[str]:
        lines: list[str] = []
        run: list[F] = []

        def flush() -> None:
            if not run:
                return
            fmt = "".join(FIXED[f.type][0] for f in run)
            size = sum(FIXED[f.type][2] for f in run)
            names = ", ".join(f"o.{f.name}" for f in run)
            comma = "," if len(run) == 1 else ""
            lines.append(f"{names}{comma} = {self.pack(fmt)}.unpack_from(buf, pos)")
            lines.append(f"pos += {size}")
            run.clear()

        for f in fields:
            if f.fixed:
                run.append(f)
            else:
                flush()
                lines += self.read_one(f, self.flex_test(s))
                lines += self.null_check(s, f)
        flush()
        return lines

    @staticmethod
    def null_check(s: Struct, f: F) -> list[str]:
        """Refuse null in versions where a field that is nullable in others is not."""
        may = f.nullable.test(f.versions.cut(s.valid))
        if f.nullable.empty or may == "True":
            return []
        return [
            f"if o.{f.name} is None and not {may}:",
            f'    raise DecodeError("{f.name} must not be null")',
        ]

    def read_one(self, f: F, flex: str, tagged: bool = False) -> list[str]:
        if f.never_flexible:
            flex = "False"
        null = not f.nullable.empty
        if f.fixed:
            fmt, _, size = FIXED[f.type]
            return [f"o.{f.name}, = {self.pack(fmt)}.unpack_from(buf, pos)", f"pos += {size}"]
        if f.type in KINDS:
            suffix = "_or_none" if null else ""

            def call(c: str) -> str:
                return f"{c}_{f.type}{suffix}(buf, pos)"

            return self.choose(
                flex,
                [f"o.{f.name}, pos = {call('read_compact')}"],
                [f"o.{f.name}, pos = {call('read')}"],
            )
        if f.array:
            lines = self.choose(
                flex,
                ["n, pos = read_compact_count(buf, pos)"],
                ["n, pos = read_count(buf, pos)"],
            )
            item = self.read_item(f, flex)
            lines.append("if n < 0:")
            lines.append(
                f"    o.{f.name} = None"
                if null
                else f'    raise DecodeError("{f.name} must not be null")'
            )
            lines.append("else:")
            if f.inner in FIXED:
                fmt, _, size = FIXED[f.inner]
                if fmt == "16s":
                    lines.append(
                        f"    o.{f.name} = [bytes(buf[pos + 16 * i : pos + 16 * i + 16]) for i in range(n)]"
                    )
                    lines.append("    if pos + 16 * n > len(buf):")
                    lines.append('        raise DecodeError("an array runs past the end")')
                else:
                    lines.append(f'    o.{f.name} = list(unpack_from(f">{{n}}{fmt}", buf, pos))')
                lines.append(f"    pos += {size} * n")
            else:
                lines.append(f"    {f.name}_items = []")
                lines.append("    for _ in range(n):")
                lines += ["        " + x for x in item]
                lines.append(f"        {f.name}_items.append({f.name}_item)")
                lines.append(f"    o.{f.name} = {f.name}_items")
            return lines
        if null:
            return [
                "pos += 1",
                "if pos > len(buf):",
                '    raise DecodeError("a struct runs past the end")',
                "if buf[pos - 1] == 255:",
                f"    o.{f.name} = None",
                "else:",
                f"    o.{f.name}, pos = {f.type}.read(buf, pos, version)",
            ]
        return [f"o.{f.name}, pos = {f.type}.read(buf, pos, version)"]

    def read_item(self, f: F, flex: str) -> list[str]:
        if f.inner in KINDS:
            return self.choose(
                flex,
                [f"{f.name}_item, pos = read_compact_{f.inner}(buf, pos)"],
                [f"{f.name}_item, pos = read_{f.inner}(buf, pos)"],
            )
        return [f"{f.name}_item, pos = {f.inner}.read(buf, pos, version)"]

    @staticmethod
    def choose(flex: str, yes: list[str], no: list[str]) -> list[str]:
        if flex == "True":
            return yes
        if flex == "False":
            return no
        return [f"if {flex}:", *["    " + x for x in yes], "else:", *["    " + x for x in no]]

    # -- writing ------------------------------------------------------------------------------

    def write_body(self, s: Struct) -> list[str]:
        lines: list[str] = []
        for test, fields in self.groups(s):
            if test == "False":
                continue
            inner = self.write_fields(s, fields)
            lines += inner if test == "True" else [f"if {test}:"] + ["    " + x for x in inner]
        flex = self.flex_test(s)
        if flex != "False":
            block = self.write_tags(s)
            lines += block if flex == "True" else [f"if {flex}:"] + ["    " + x for x in block]
        return lines

    def write_fields(self, s: Struct, fields: list[F]) -> list[str]:
        lines: list[str] = []
        run: list[F] = []

        def flush() -> None:
            if not run:
                return
            fmt = "".join(FIXED[f.type][0] for f in run)
            names = ", ".join(f"self.{f.name}" for f in run)
            lines.append(f"out += {self.pack(fmt)}.pack({names})")
            run.clear()

        for f in fields:
            if f.fixed:
                run.append(f)
            else:
                flush()
                lines += self.write_one(f, f"self.{f.name}", self.flex_test(s), "out")
        flush()
        return lines

    def write_one(self, f: F, value: str, flex: str, out: str, tagged: bool = False) -> list[str]:
        if f.never_flexible:
            flex = "False"
        null = not f.nullable.empty
        if f.fixed:
            return [f"{out} += {self.pack(FIXED[f.type][0])}.pack({value})"]
        if f.type in KINDS:
            what = "string" if f.type == "string" else "bytes"
            return self.choose(
                flex,
                [f"write_compact_{what}({out}, {value})"],
                [f"write_{what}({out}, {value})"],
            )
        if f.array:
            body = self.choose(
                flex,
                [f"write_uvarint({out}, len({value}) + 1)"],
                [f"{out} += {self.pack('i')}.pack(len({value}))"],
            )
            if f.inner in FIXED:
                fmt = FIXED[f.inner][0]
                if fmt == "16s":
                    body.append(f'{out} += b"".join({value})')
                else:
                    body.append(f'{out} += pack(f">{{len({value})}}{fmt}", *{value})')
            elif f.inner in KINDS:
                body.append(f"for {f.name}_item in {value}:")
                inner = F(f.name, f.inner, f.versions, Range(1, 0), None, Range(1, 0), None, False)
                body += ["    " + x for x in self.write_one(inner, f"{f.name}_item", flex, out)]
            else:
                body += [
                    f"for {f.name}_item in {value}:",
                    f"    {f.name}_item.write({out}, version)",
                ]
            if not null:
                return body
            none = self.choose(flex, [f'{out} += b"\\0"'], [f'{out} += b"\\xff\\xff\\xff\\xff"'])
            return [
                f"if {value} is None:",
                *["    " + x for x in none],
                "else:",
                *["    " + x for x in body],
            ]
        if null:
            return [
                f"if {value} is None:",
                f'    {out} += b"\\xff"',
                "else:",
                f'    {out} += b"\\x01"',
                f"    {value}.write({out}, version)",
            ]
        return [f"{value}.write({out}, version)"]

    def write_tags(self, s: Struct) -> list[str]:
        tags = sorted(self.tagged(s), key=lambda f: f.tag or 0)
        if not tags:
            return ['out += b"\\0"']
        lines = ["tags: list[tuple[int, bytearray]] = []"]
        for f in tags:
            test = f.tagged.cut(f.versions).test(s.valid)
            default = f.default_code()
            cmp = (
                f"self.{f.name} is not None" if default == "None" else f"self.{f.name} != {default}"
            )
            if f.shared:
                cmp = f"self.{f.name} is not {default} and {cmp}"
            if default in ("True", "False"):
                cmp = f"self.{f.name} is not {default}"
            cond = cmp if test == "True" else f"{test} and {cmp}"
            lines += [f"if {cond}:", "    part = bytearray()"]
            if cmp.endswith("is not None"):
                f = replace(f, nullable=Range(1, 0))  # that it is null has been ruled out
            lines += ["    " + x for x in self.write_one(f, f"self.{f.name}", "True", "part", True)]
            lines.append(f"    tags.append(({f.tag}, part))")
        lines += ["if tags:", "    write_tags(out, tags)", "else:", '    out += b"\\0"']
        return lines


READERS = (
    "read_bytes",
    "read_bytes_or_none",
    "read_compact_bytes",
    "read_compact_bytes_or_none",
    "read_compact_count",
    "read_compact_records",
    "read_compact_records_or_none",
    "read_compact_string",
    "read_compact_string_or_none",
    "read_count",
    "read_records",
    "read_records_or_none",
    "read_string",
    "read_string_or_none",
    "read_uvarint",
    "skip_tags",
    "write_bytes",
    "write_compact_bytes",
    "write_compact_string",
    "write_string",
    "write_tags",
    "write_uvarint",
    "pack",
    "unpack_from",
)


def generate() -> dict[str, str]:
    """Module file name -> source, for all schemas."""
    out = {
        "__init__.py": '"""Kafka\'s messages and records; generated by tools/generate_messages.py."""\n'
    }
    for path in sorted(SCHEMAS.glob("*.json")):
        spec = load(path)
        if spec["validVersions"] == "none":
            continue
        out[snake(path.stem) + ".py"] = Module(spec).source()
    return out


def main() -> int:
    """Write the modules; with --check only say whether they are up to date."""
    made = generate()
    if "--check" in sys.argv:
        stale = [
            n for n, s in made.items() if not (TARGET / n).exists() or (TARGET / n).read_text() != s
        ]
        stale += [p.name for p in TARGET.glob("*.py") if p.name not in made]
        print("\n".join(stale))
        return 1 if stale else 0
    TARGET.mkdir(exist_ok=True)
    for p in TARGET.glob("*.py"):
        if p.name not in made:
            p.unlink()
    for name, text in made.items():
        (TARGET / name).write_text(text)
    print(f"{len(made)} modules")
    return 0


if __name__ == "__main__":
    sys.exit(main())
