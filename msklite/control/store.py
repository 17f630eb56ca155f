"""What the service remembers, in one SQLite file: clusters, configurations, operations and so on.

Each is a document with its ARN, its kind, a name that is unique within the kind (or none), and the
ARN of the cluster that it belongs to. Rules: what belongs together is written in one `transaction`,
so that a kill at any moment leaves all of it or none; documents are read and written whole.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from msklite.errors import UserError

FORMAT = 1
_TABLES = """
CREATE TABLE IF NOT EXISTS resource (
  arn TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT, parent TEXT, doc TEXT NOT NULL,
  UNIQUE (kind, name));
CREATE INDEX IF NOT EXISTS by_kind ON resource (kind, parent);
"""


class Taken(Exception):
    """Another of this kind has the name."""


class Store:
    """See the module's text. Used by one thread."""

    def __init__(self, path: Path) -> None:
        self._depth = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, FORMAT):
                raise UserError(f"{path} was written by another version of msklite ({version}).")
            self._db.executescript(_TABLES)
            self._db.execute(f"PRAGMA user_version={FORMAT}")
        except (sqlite3.Error, OSError) as error:
            raise UserError(f"{path} can't be opened: {error}.") from None

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written inside, or none of it."""
        if self._depth:
            yield
            return
        self._db.execute("BEGIN IMMEDIATE")
        self._depth += 1
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        else:
            self._db.execute("COMMIT")
        finally:
            self._depth -= 1

    def put(
        self, kind: str, arn: str, doc: dict[str, Any], name: str | None = None, parent: str = ""
    ) -> None:
        """Write a document; `Taken` where another of the kind has the name."""
        try:
            self._db.execute(
                "INSERT INTO resource (arn, kind, name, parent, doc) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (arn) DO UPDATE SET name = excluded.name, doc = excluded.doc",
                (arn, kind, name, parent, json.dumps(doc)),
            )
        except sqlite3.IntegrityError:
            raise Taken(name) from None

    def get(self, kind: str, arn: str) -> dict[str, Any] | None:
        """The document, or None."""
        row = self._db.execute(
            "SELECT doc FROM resource WHERE arn = ? AND kind = ?", (arn, kind)
        ).fetchone()
        return None if row is None else json.loads(row[0])

    def all(self, kind: str, parent: str | None = None) -> list[dict[str, Any]]:
        """Every document of the kind, or those of one cluster."""
        query, values = "SELECT doc FROM resource WHERE kind = ?", [kind]
        if parent is not None:
            query, values = f"{query} AND parent = ?", [*values, parent]
        return [json.loads(row[0]) for row in self._db.execute(query, values)]

    def delete(self, kind: str, arn: str) -> None:
        """Forget it."""
        self._db.execute("DELETE FROM resource WHERE arn = ? AND kind = ?", (arn, kind))

    def delete_children(self, arn: str) -> None:
        """Forget all that belongs to a cluster."""
        self._db.execute("DELETE FROM resource WHERE parent = ?", (arn,))
