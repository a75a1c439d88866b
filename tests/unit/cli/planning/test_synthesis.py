"""A service's folder → its stacks, by the CDK app in a process of its own."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.errors import CANNOT_RUN, CommandError
from cli.planning.synthesis import assembled, synthesized
from tests.unit.cli.fakes import Screen
from tests.unit.cli.planning.conftest import BEFORE
from tests.unit.pipeline.conftest import ACCOUNT, REGION, write_service


def test_the_command_synthesizes_what_the_app_does(tmp_path: Path, before: Any) -> None:
    screen = Screen(environ=dict(os.environ))
    screen.world.python = Path(sys.executable)
    folder = write_service(tmp_path, BEFORE, ("dev", "eu-west", "prod"))
    assert synthesized(screen.world, folder, ACCOUNT, REGION) == before


def test_what_the_app_says_is_the_error(tmp_path: Path) -> None:
    screen = Screen(environ=dict(os.environ))
    (tmp_path / "pipeline.yaml").write_text("name: tiny\nsource: nowhere\n")
    with pytest.raises(CommandError, match=r"pipeline\.yaml:2:") as refused:
        synthesized(screen.world, tmp_path, ACCOUNT, REGION)
    assert refused.value.code == CANNOT_RUN


def write_assembly(folder: Path, artifacts: dict[str, Any], **more: Any) -> Path:
    (folder / "manifest.json").write_text(json.dumps({"version": "1", "artifacts": artifacts, **more}))
    (folder / "t.json").write_text("{}")
    return folder


def test_stacks_stand_behind_those_that_they_need(tmp_path: Path) -> None:
    stack = {"type": "aws:cloudformation:stack", "properties": {"templateFile": "t.json"}}
    assets = {"type": "cdk:asset-manifest"}
    artifacts = {
        "b": {**stack, "dependencies": ["b.assets", "a"]},
        "b.assets": assets,
        "a": {**stack, "properties": {"templateFile": "t.json", "stackName": "first"}},
    }
    assert [each.name for each in assembled(write_assembly(tmp_path, artifacts))] == ["first", "b"]


def test_a_folder_without_an_assembly_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no cloud assembly"):
        assembled(tmp_path)


def test_stacks_that_wait_for_look_ups_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="looked up"):
        assembled(write_assembly(tmp_path, {}, missing=[{"key": "vpc-provider"}]))
