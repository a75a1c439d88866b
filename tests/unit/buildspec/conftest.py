"""A service's sources, and programs called `aws` and `docker` that answer from files."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from local.settings import CHECKOUT

HOST = "123456789012.dkr.ecr.us-east-1.amazonaws.com"

# Both keep what they were asked in a log, and say what the file named after the verb holds; no file: they fail.
STAND_IN = """#!/bin/sh
echo "$(basename "$0") $*" >> "$STAND_IN/log"
case "$(basename "$0") $1 $2" in
  "aws ecr describe-images") answer="$STAND_IN/digest" ;;
  "aws ecr batch-get-image") answer="$STAND_IN/manifests" ;;
  "aws ecr put-image") answer="$STAND_IN/put" ;;
  "aws codecommit get-commit") answer="$STAND_IN/commit" ;;
  "aws ecr get-login-password") echo password; exit 0 ;;
  "docker login"*) cat > "$STAND_IN/password"; exit 0 ;;
  "aws secretsmanager get-secret-value"|"aws ssm get-parameter") answer="$STAND_IN/secret" ;;
  "docker buildx create") answer="$STAND_IN/create" ;;
  "docker build"*) cat > "$STAND_IN/context.tar"; env > "$STAND_IN/environ"; answer="$STAND_IN/build" ;;
  "docker push"*) answer="$STAND_IN/push" ;;
  "docker run"*) answer="$STAND_IN/run" ;;
  "aws lambda invoke") answer="$STAND_IN/invoke" ;;
esac
test -f "$answer" || { echo "An error occurred (ImageNotFoundException): no such image" >&2; exit 254; }
. "$answer"
"""


@dataclass
class Sources:
    root: Path
    answers: Path
    environ: dict[str, str] = field(default_factory=dict)

    def write(self, name: str, text: str, mode: int = 0o644) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    def answer(self, verb: str, script: str) -> None:
        (self.answers / verb).write_text(script + "\n")

    def asked(self) -> list[str]:
        log = self.answers / "log"
        return log.read_text().splitlines() if log.exists() else []

    def step(self, name: str, **environ: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, str(CHECKOUT / "buildspec" / "tools"), name],
            env={**self.environ, **environ},
            cwd=self.root,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    root, answers, programs, scratch = (tmp_path / name for name in ("src", "answers", "bin", "tmp"))
    for folder in (root, answers, programs, scratch):
        folder.mkdir()
    for name in ("aws", "docker"):
        (programs / name).write_text(STAND_IN)
        (programs / name).chmod(0o755)
    images = {"web": {"repository": f"{HOST}/shop/web", "context": "app/web", "dockerfile": "Dockerfile", "args": {}}}
    made = Sources(root, answers)
    made.environ = {
        "PATH": f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "STAND_IN": str(answers),
        "TMPDIR": str(scratch),
        "CODEBUILD_SRC_DIR": str(root),
        "CODEBUILD_BUILD_SUCCEEDING": "1",
        "SHIPLINE_SERVICE": "shop",
        "SHIPLINE_IMAGES": json.dumps(images),
        "SHIPLINE_TEST": "",
        "SHIPLINE_DELIVERY": "[]",
    }
    made.write("app/web/Dockerfile", "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nCOPY web.py .\n")
    made.write("app/web/web.py", "print()\n")
    return made
