"""The sample as its own repository: its tests pass with what app/requirements-test.txt names, from its own folder."""

import re
import subprocess
import sys
from pathlib import Path

import yaml

from local.settings import CHECKOUT

DEPLOYMENTS = ("web", "api")


def test_its_own_suite_passes_where_it_stands():
    argv = [sys.executable, "-m", "pytest", "-q", "app"]
    done = subprocess.run(argv, cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_its_test_requirements_are_those_of_the_project():
    wanted = [line for line in (CHECKOUT / "app/requirements-test.txt").read_text().splitlines() if line[:1].isalpha()]
    locked = (CHECKOUT / "requirements.txt").read_text()
    assert wanted
    for requirement in wanted:
        assert re.search(rf"^{re.escape(requirement)} ", locked, re.MULTILINE), requirement


def test_images_hold_the_service_alone():
    for name in DEPLOYMENTS:
        ignored = (CHECKOUT / "app" / name / ".dockerignore").read_text().splitlines()
        assert [line for line in ignored if not line.startswith("#")] == ["*", "!*.py"]
        assert [path.name for path in (CHECKOUT / "app" / name).glob("*.py")] == [f"{name}.py"]


def test_dockerfiles_have_two_stages_and_end_as_a_numbered_user():
    for name in DEPLOYMENTS:
        lines = (CHECKOUT / "app" / name / "Dockerfile").read_text().splitlines()
        assert sum(line.startswith("FROM ") for line in lines) == 2
        # kubelet can only see that a numbered user is not root
        assert re.fullmatch(r"USER \d+:\d+", next(line for line in reversed(lines) if line.startswith("USER")))


def test_web_obeys_the_restricted_pod_security_standard():
    deployment = yaml.safe_load((CHECKOUT / "manifests/base/deployment.yaml").read_text())
    pod = deployment["spec"]["template"]["spec"]
    assert restricted(pod)


def restricted(pod: dict) -> bool:
    (container,) = pod["containers"]
    security = container["securityContext"]
    return (
        pod["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
        and security["allowPrivilegeEscalation"] is False
        and security["capabilities"] == {"drop": ["ALL"]}
    )


def test_secret_is_named_and_never_written():
    for path in [*Path(CHECKOUT / "manifests").rglob("*.yaml"), *Path(CHECKOUT / "charts").rglob("*")]:
        if path.is_file():
            assert "kind: Secret" not in path.read_text(), path
