import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.environment import child_environment, exports, git_settings, shell_lines
from local.settings import Addresses, Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home", tmp_path / "cache", Addresses(4999, 6999, "127.9.9.1", "AKIATEST", "it's secret"))


def test_exports_name_the_machine_and_keep_the_users_path(home):
    variables = exports(home, {"PATH": "/usr/bin:/bin"})
    assert variables["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4999"
    assert variables["AWS_REGION"] == variables["AWS_DEFAULT_REGION"] == "us-east-1"
    assert variables["KUBECONFIG"] == str(home.kubeconfig)
    assert variables["DOCKER_HOST"] == f"unix://{home.engine_socket}"
    assert variables["PATH"] == f"{Path(sys.executable).parent}:{home.tools}/bin:/usr/bin:/bin"


def test_exports_of_exports_change_nothing(home):
    once = exports(home, {"PATH": "/bin", "NO_PROXY": "example.com"})
    assert exports(home, once) == once


def test_exports_keep_git_settings_that_were_there(home):
    settings = git_settings(
        home, {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.pager", "GIT_CONFIG_VALUE_0": "cat"}
    )
    assert settings["GIT_CONFIG_COUNT"] == "4"
    assert settings["GIT_CONFIG_KEY_0"] == "core.pager"


def test_git_asks_the_aws_cli_for_this_machines_url_only(home):
    environ = {**os.environ, **git_settings(home, {}), "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1"}

    def helpers(url: str) -> list[str]:
        asked = subprocess.run(
            ["git", "config", "--get-urlmatch", "credential.helper", url],
            env=environ, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return asked.stdout.split("\n")[:-1]

    assert "codecommit credential-helper get" in helpers("http://127.0.0.1:4999/v1/repos/shop")[-1]
    assert helpers("https://github.com/acme/shop") == []


def test_git_gets_user_and_password_from_the_helper(home):
    variables = child_environment(home, os.environ) | {"HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1"}
    asked = subprocess.run(
        ["git", "credential", "fill"],
        input="protocol=http\nhost=127.0.0.1:4999\npath=v1/repos/shop\n\n",
        env=variables | {"GIT_TERMINAL_PROMPT": "0"},
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert "username=AKIATEST" in asked.stdout
    assert "path=v1/repos/shop" in asked.stdout
    assert "password=" in asked.stdout


def test_shell_lines_survive_a_shell(home):
    variables = exports(home, {"PATH": os.environ["PATH"]})
    script = "\n".join([*shell_lines(variables), 'printf "%s|%s" "$AWS_SECRET_ACCESS_KEY" "${AWS_PROFILE-none}"'])
    done = subprocess.run(
        ["sh", "-c", script], env={**os.environ, "AWS_PROFILE": "work"}, capture_output=True, text=True, check=True
    )
    assert done.stdout == "it's secret|none"


def test_child_environment_has_no_other_accounts_session(home):
    environ = child_environment(home, {"AWS_SESSION_TOKEN": "x", "AWS_PROFILE": "work", "EDITOR": "vi"})
    assert "AWS_SESSION_TOKEN" not in environ
    assert "AWS_PROFILE" not in environ
    assert environ["EDITOR"] == "vi"
