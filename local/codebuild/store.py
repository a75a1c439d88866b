"""CodeBuild's own objects on disk: JSON documents by kind and key, in one SQLite file.

A document is on disk before `put` returns, so an answer that promises it survives a kill.
"""

import json
import sqlite3
import threading
from pathlib import Path
from typing import Any, Literal

Document = dict[str, Any]
Kind = Literal["project", "build", "request", "report-group", "report", "test-cases", "code-coverages", "counter"]

SCHEMA = """
create table if not exists document (
    kind text not null,
    key text not null,
    parent text not null,
    sequence integer not null,
    body text not null,
    primary key (kind, key)
);
create index if not exists by_parent on document (kind, parent, sequence);
"""


class Store:
    """Safe to use from any thread."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("pragma journal_mode = wal")
        self._database.execute("pragma synchronous = normal")
        self._database.executescript(SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def get(self, kind: Kind, key: str) -> Document | None:
        rows = self._rows("select body from document where kind = ? and key = ?", kind, key)
        return json.loads(rows[0][0]) if rows else None

    def put(self, kind: Kind, key: str, body: Document, parent: str = "") -> None:
        """Add or replace; a replaced document keeps its place in the order of making."""
        self._rows(
            "insert into document values (?, ?, ?, (select coalesce(max(sequence), 0) + 1 from document), ?)"
            " on conflict (kind, key) do update set body = excluded.body",
            kind,
            key,
            parent,
            json.dumps(body),
        )

    def delete(self, kind: Kind, key: str) -> bool:
        """False when there was nothing to delete."""
        with self._lock:
            cursor = self._database.execute("delete from document where kind = ? and key = ?", (kind, key))
            return cursor.rowcount > 0

    def keys(self, kind: Kind, parent: str | None = None) -> list[str]:
        """In the order of making."""
        if parent is None:
            rows = self._rows("select key from document where kind = ? order by sequence", kind)
        else:
            rows = self._rows("select key from document where kind = ? and parent = ? order by sequence", kind, parent)
        return [row[0] for row in rows]

    def all(self, kind: Kind) -> list[Document]:
        """In the order of making."""
        return [
            json.loads(row[0]) for row in self._rows("select body from document where kind = ? order by sequence", kind)
        ]

    def count(self, name: str) -> int:
        """The next number of a counter, from 1."""
        with self._lock:
            value: int = ((self.get("counter", name) or {"value": 0})["value"]) + 1
            self.put("counter", name, {"value": value})
            return value

    def _rows(self, statement: str, *values: str) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._database.execute(statement, values).fetchall()
