"""The programs `python app.py` and `python -m pipeline`."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]


def run(argv: list[str], cwd: Path, **environ: str) -> "subprocess.CompletedProcess[str]":
    env = {"PATH": "/usr/bin:/bin", "HOME": os.environ.get("HOME", "/root"), **environ}
    return subprocess.run([sys.executable, *argv], cwd=cwd, env=env, capture_output=True, text=True, timeout=200)


def test_a_wrong_definition_ends_with_2_and_no_traceback(service: Callable[[str], Path]) -> None:
    folder = service("name: Shop\nsource: codecommit\nenvironments: [dev, dev]\n")
    done = run(["-m", "pipeline"], folder)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "pipeline.yaml:1:7: name: `Shop` is not allowed here; "
        "use lower-case letters, digits and single hyphens, and start with a letter",
        "pipeline.yaml:3:21: environments[1].name: `dev` is there twice; environments need different names",
        f"2 mistakes in {folder / 'pipeline.yaml'}",
    ]


def test_the_context_of_the_cli_names_another_service(service: Callable[[str], Path], tmp_path: Path) -> None:
    folder = service("name: other\nsource: codecommit\nenvironments: [dev]\n")
    out = tmp_path / "out"
    context = json.dumps({"service": str(folder)})
    done = run(["app.py"], CHECKOUT, CDK_CONTEXT_JSON=context, CDK_OUTDIR=str(out))
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(path.name for path in out.glob("*.template.json")) == [
        "other-cluster.template.json",
        "other-delivery.template.json",
    ]


def test_a_service_in_its_own_repository_is_synthesized_from_there(
    service: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = service("name: own\nsource: codecommit\nenvironments: [dev]\n")
    done = run(["-m", "pipeline"], folder, CDK_OUTDIR=str(tmp_path / "out"))
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "out" / "own-delivery.template.json").is_file()


def test_cdk_json_runs_the_app_of_this_clone() -> None:
    configured = json.loads((CHECKOUT / "cdk.json").read_text())
    assert configured["app"] == ".venv/bin/python app.py"


def test_the_definition_is_read_without_the_cdk() -> None:
    done = run(["-c", "import sys, pipeline.config; print('aws_cdk' in sys.modules, 'jsii' in sys.modules)"], CHECKOUT)
    assert done.stdout.split() == ["False", "False"]
