"""Previews of pull requests: whose commit it is, the request to deploy it, and the request to take it away."""

from __future__ import annotations

import base64
import io
import json
import time
import zipfile
from pathlib import Path
from typing import Any

from .fatal import Fatal
from .release import release_files
from .run import ask, say
from .settings import Preview, Settings

LARGEST = 4 * 1024 * 1024  # bytes of a release, which goes along with each request
READ_TIMEOUT = 180  # seconds; the function answers before
PAUSE = 2.0
TRIES = 2  # of a request that the function did not survive


def own(settings: Settings) -> None:
    """Refuse a commit that is not the tip of a branch of this very repository: before anything of it is run."""
    commit = settings.commit["commit"]
    asked = ask(["git", "ls-remote", "--heads", _preview(settings).repository])
    if asked.returncode:
        raise Fatal(f"cannot ask the repository for its branches: {asked.stderr.strip()}")
    tips = {line.partition("\t")[0] for line in asked.stdout.splitlines()}
    if not commit or commit not in tips:
        raise Fatal(
            f"{commit or 'the commit'} is no branch's last commit here: it is a fork's, which gets no preview, "
            "or its branch has moved on, and the newer commit's build deploys that"
        )


def run(settings: Settings) -> None:
    """Deploy what was released into the preview, until it is healthy; nothing when the build has failed."""
    if not settings.succeeding:
        say("the build failed before: nothing is deployed")
        return
    preview = _preview(settings)
    asked: dict[str, Any] = {"build": preview.build, "release": _packed(settings)}
    said = ""
    while True:
        answer = _asked(preview.function, asked, settings.scratch)
        if answer.get("said") != said:
            said = str(answer.get("said"))
            say(f"preview | {said}")
        if answer.get("state") != "working":
            break
        asked["token"] = answer.get("token")
        time.sleep(PAUSE)
    if answer.get("state") != "healthy":
        raise Fatal(f"pull request {preview.number} is not deployed: {said}")
    _tell(answer)


def closed(settings: Settings) -> None:
    """Have the preview of a pull request deleted, with its images. Nothing of the pull request is run."""
    preview = _preview(settings)
    _asked(preview.function, {"close": preview.number}, settings.scratch)
    say(f"the preview of pull request {preview.number} is deleted")


def _tell(answer: dict[str, Any]) -> None:
    namespace = answer["namespace"]
    say(f"the preview runs in the namespace {namespace}: kubectl get all --namespace {namespace}")
    for address in answer.get("addresses") or []:
        say(f"address: {address}")
    if not answer.get("addresses"):
        say(f"it has no address: kubectl port-forward --namespace {namespace} service/NAME 8080:PORT")


def _preview(settings: Settings) -> Preview:
    if settings.preview is None:
        raise Fatal("SHIPLINE_PREVIEW is not set: this step runs in the projects of previews")
    return settings.preview


def _packed(settings: Settings) -> str:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in release_files(settings.release):
            archive.write(path, name)
    if len(buffer.getvalue()) > LARGEST:
        raise Fatal(f"what is delivered is larger than {LARGEST // 2**20} MiB when packed: previews take no more")
    return base64.b64encode(buffer.getvalue()).decode()


def _asked(function: str, event: dict[str, Any], scratch: Path) -> dict[str, Any]:
    """The function's answer. A request that is not answered goes on where it stands when it is made again."""
    scratch.mkdir(parents=True, exist_ok=True)
    given, answer = scratch / "request.json", scratch / "answer.json"
    given.write_text(json.dumps(event))
    argv = ["aws", "lambda", "invoke", "--function-name", function, "--payload", f"fileb://{given}", str(answer)]
    told: object = ""
    for attempt in range(TRIES):
        time.sleep(PAUSE * attempt)
        done = ask([*argv, "--cli-read-timeout", str(READ_TIMEOUT), "--output", "json"])
        if done.returncode:
            raise Fatal(f"the function {function} cannot be asked: {done.stderr.strip()}")
        found = json.loads(answer.read_text() or "null")
        if not json.loads(done.stdout).get("FunctionError"):
            return dict(found)
        told = found.get("errorMessage") if isinstance(found, dict) else found
        say(f"{function}: {told}")
    raise Fatal(f"the function {function} failed {TRIES} times: {told}")
