"""Pipelines, executions, action executions and jobs on disk: one SQLite file below the home's aws folder.

Every write is one transaction and is there before an answer promises it.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from local.codepipeline.declaration import parse
from local.codepipeline.jobs import Job
from local.codepipeline.state import ActionRun, Execution, StageState, State

SCHEMA = """
create table if not exists pipelines (name text primary key, version integer not null, created real not null,
    updated real not null, stages text not null, tokens text not null, tags text not null);
create table if not exists versions (name text, version integer, document text not null,
    primary key (name, version));
create table if not exists executions (id text primary key, pipeline text not null, number integer not null,
    body text not null);
create table if not exists runs (id text primary key, pipeline text not null, sequence integer not null,
    body text not null);
create table if not exists jobs (id text primary key, pipeline text not null, body text not null);
create index if not exists executions_by_pipeline on executions (pipeline, number);
create index if not exists runs_by_pipeline on runs (pipeline, sequence);
"""

_execution = TypeAdapter(Execution)
_run = TypeAdapter(ActionRun)
_job = TypeAdapter(Job)
_stages = TypeAdapter(dict[str, StageState])

Tags = dict[str, str]


class Store:
    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        # A killed process loses nothing that was committed; only a lost machine could.
        self._connection.executescript("pragma journal_mode = wal; pragma synchronous = normal;" + SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("begin immediate")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("rollback")
                raise
            self._connection.execute("commit")

    def states(self) -> dict[str, State]:
        """Every pipeline as it was written last."""
        with self._lock:
            rows = self._connection.execute("select name, version, created, updated, stages, tokens from pipelines")
            return {row[0]: self._state(*row) for row in rows.fetchall()}

    def _state(self, name: str, version: int, created: float, updated: float, stages: str, tokens: str) -> State:
        select = self._connection.execute
        (document,) = select("select document from versions where name = ? and version = ?", (name, version)).fetchone()
        executions = select("select body from executions where pipeline = ? order by number", (name,)).fetchall()
        runs = select("select body from runs where pipeline = ? order by sequence", (name,)).fetchall()
        known = [_execution.validate_json(body) for (body,) in executions]
        attempts = [_run.validate_json(body) for (body,) in runs]
        return State(
            pipeline=parse(json.loads(document), version),
            created=created,
            updated=updated,
            stages=_stages.validate_json(stages),
            executions={each.id: each for each in known},
            runs={each.id: each for each in attempts},
            tokens=json.loads(tokens),
        )

    def save(self, old: State | None, new: State, tags: Tags | None = None) -> None:
        """What differs between two states of one pipeline; `old` is None for a new one."""
        name = new.pipeline.name
        with self._transaction() as connection:
            if old is None:
                connection.execute(
                    "insert into pipelines values (?, ?, ?, ?, '{}', '{}', ?)",
                    (name, new.pipeline.version, new.created, new.updated, json.dumps(tags or {})),
                )
            connection.execute(
                "update pipelines set version = ?, updated = ?, stages = ?, tokens = ? where name = ?",
                (
                    new.pipeline.version,
                    new.updated,
                    _stages.dump_json(dict(new.stages)).decode(),
                    json.dumps(dict(new.tokens)),
                    name,
                ),
            )
            if old is None or old.pipeline.version != new.pipeline.version:
                connection.execute(
                    "insert or replace into versions values (?, ?, ?)",
                    (name, new.pipeline.version, json.dumps(dict(new.pipeline.document))),
                )
            connection.executemany(
                "insert or replace into executions values (?, ?, ?, ?)",
                [
                    (each.id, name, each.number, _execution.dump_json(each).decode())
                    for each in _changed(old.executions if old else {}, new.executions)
                ],
            )
            order = {run: number for number, run in enumerate(new.runs)}
            connection.executemany(
                "insert or replace into runs values (?, ?, ?, ?)",
                [
                    (each.id, name, order[each.id], _run.dump_json(each).decode())
                    for each in _changed(old.runs if old else {}, new.runs)
                ],
            )

    def delete(self, pipeline: str) -> None:
        with self._transaction() as connection:
            connection.execute("delete from pipelines where name = ?", (pipeline,))
            connection.execute("delete from versions where name = ?", (pipeline,))
            for table in ("executions", "runs", "jobs"):
                connection.execute(f"delete from {table} where pipeline = ?", (pipeline,))  # noqa: S608

    def document(self, pipeline: str, version: int) -> Mapping[str, Any] | None:
        """A version's declaration."""
        with self._lock:
            row = self._connection.execute(
                "select document from versions where name = ? and version = ?", (pipeline, version)
            ).fetchone()
        return json.loads(row[0]) if row else None

    def tags(self, pipeline: str) -> Tags:
        with self._lock:
            row = self._connection.execute("select tags from pipelines where name = ?", (pipeline,)).fetchone()
        tags: Tags = json.loads(row[0])
        return tags

    def save_tags(self, pipeline: str, tags: Tags) -> None:
        with self._transaction() as connection:
            connection.execute("update pipelines set tags = ? where name = ?", (json.dumps(tags), pipeline))

    def job(self, job: str) -> Job | None:
        with self._lock:
            row = self._connection.execute("select body from jobs where id = ?", (job,)).fetchone()
        return _job.validate_json(row[0]) if row else None

    def save_jobs(self, *jobs: Job) -> None:
        with self._transaction() as connection:
            connection.executemany(
                "insert or replace into jobs values (?, ?, ?)",
                [(job.id, job.pipeline, _job.dump_json(job).decode()) for job in jobs],
            )


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Any]:
    return [value for key, value in new.items() if old.get(key) is not value]
