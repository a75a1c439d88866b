"""The secrets of an image's build: read from where they are kept, and given to `docker build` as files.

A value is in no variable, no argument, no plan and no line that is shown. Its file lies in a folder that only the
build's user may enter, from just before `docker build` until it has ended, however it ends.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .fatal import Fatal
from .run import ask

PARAMETER = "ssm:"
ARN_PARTS = 7  # of arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME


@dataclass(frozen=True)
class Given:
    """`arguments` of docker build, and the `values` that nothing may show."""

    arguments: tuple[str, ...] = ()
    values: tuple[str, ...] = ()


@contextmanager
def given(secrets: Mapping[str, str], scratch: Path) -> Iterator[Given]:
    """The secrets (id → reference) as files below `scratch` while the context lasts; Fatal when one cannot be read."""
    if not secrets:
        yield Given()
        return
    scratch.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="secrets-", dir=scratch))
    try:
        values = {name: kept(name, reference) for name, reference in secrets.items()}
        files = [_file(folder / name, value) for name, value in values.items()]
        arguments = [part for path in files for part in ("--secret", f"id={path.name},src={path}")]
        yield Given(tuple(arguments), tuple(values.values()))
    finally:
        shutil.rmtree(folder)


def _file(path: Path, value: str) -> Path:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", newline="") as file:
        file.write(value)
    return path


def kept(name: str, reference: str) -> str:
    """What is kept there; Fatal when it cannot be read."""
    found = _parameter(name, reference) if reference.startswith(PARAMETER) else _secret(name, reference)
    if not found:
        raise Fatal(f"the secret {name} ({reference}) is empty")
    return found


def _parameter(name: str, reference: str) -> str:
    asked = ["ssm", "get-parameter", "--with-decryption", "--name", reference[len(PARAMETER) :]]
    return str(_read(name, reference, asked, "Parameter.Value"))


def _secret(name: str, reference: str) -> str:
    """`NAME`, `NAME:KEY`, or an ARN with or without `:KEY`; a name holds no colon."""
    parts = reference.split(":")
    length = ARN_PARTS if len(parts) >= ARN_PARTS else 1
    asked = ["secretsmanager", "get-secret-value", "--secret-id", ":".join(parts[:length])]
    asked += ["--region", parts[3]] if length == ARN_PARTS else []
    value = _read(name, reference, asked, "SecretString")
    if not isinstance(value, str):
        raise Fatal(f"the secret {name} ({reference}) holds bytes: keep a text or a JSON object in it")
    return _member(name, reference, value, parts[length]) if len(parts) > length else value


def _member(name: str, reference: str, value: str, key: str) -> str:
    try:
        found = json.loads(value)[key]
    except (ValueError, KeyError, TypeError):
        raise Fatal(f"the secret {name} ({reference}) is no JSON object with the key {key}") from None
    return found if isinstance(found, str) else json.dumps(found)


def _read(name: str, reference: str, asked: list[str], query: str) -> Any:
    done = ask(["aws", *asked, "--query", query, "--output", "json"])
    if done.returncode:
        raise Fatal(f"the secret {name} ({reference}) cannot be read: {done.stderr.strip()}")
    return json.loads(done.stdout)
