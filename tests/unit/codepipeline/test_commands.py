"""The action Commands: what its declaration hands to a build, and what comes of the build."""

import json
from types import SimpleNamespace
from typing import Any, cast

import pytest

from local.codepipeline.action_types import COMMANDS, EXPORTED, FILES
from local.codepipeline.declaration import parse
from local.codepipeline.providers import commands
from local.codepipeline.runner import Done, Outcome, Refused, Work
from local.codepipeline.state import Location
from local.context import Compute
from local.wire import Fault

ACTION: dict[str, Any] = {
    "name": "lint",
    "actionTypeId": {"category": "Compute", "owner": "AWS", "provider": "Commands", "version": "1"},
    "commands": ["make lint"],
    "outputVariables": ["VERSION"],
    "environmentVariables": [{"name": "COMMIT_ID", "value": "#{Source.CommitId}", "type": "PLAINTEXT"}],
    "inputArtifacts": [{"name": "Source"}],
    "outputArtifacts": [{"name": "lint_files", "files": ["dist/*"]}],
}


def declared(declaration: Any, **changes: Any) -> dict[str, str]:
    document = declaration()
    source = document["stages"][0]["actions"][0]["outputArtifacts"][0]["name"]
    action = {**ACTION, "inputArtifacts": [{"name": source}], **changes}
    document["stages"].insert(1, {"name": "Steps", "actions": [action]})
    return dict(parse(document, 1).stage("Steps").action("lint").configuration)


def test_what_it_declares_beside_its_configuration_is_kept(declaration: Any) -> None:
    found = {key: json.loads(value) for key, value in declared(declaration).items()}
    assert (found[COMMANDS], found[EXPORTED], found[FILES]) == (["make lint"], ["VERSION"], ["dist/*"])
    assert found["EnvironmentVariables"] == ACTION["environmentVariables"]


def test_without_commands_it_is_refused(declaration: Any) -> None:
    with pytest.raises(Fault, match="Commands"):
        declared(declaration, commands=[])


def work(wanted: bool = True) -> Work:
    run = SimpleNamespace(
        stage="Build", action="lint", role_arn="arn:aws:iam::123456789012:role/lint", execution="e", id="r", attempt=1,
        resolved={COMMANDS: '["make lint"]', EXPORTED: '["VERSION"]'},
        inputs={"Source": Location("bucket", "shop/Source/a.zip")}, outputs={},
    )  # fmt: skip
    made = SimpleNamespace(
        run=run, pipeline=SimpleNamespace(name="shop"), progress=lambda told: None, wanted=lambda: wanted,
        credentials=lambda: "hands", ref=("e", "r", 1),
    )  # fmt: skip
    return cast(Work, made)


def outcome(last: dict[str, Any]) -> tuple[Outcome, list[dict[str, Any]]]:
    asked: list[dict[str, Any]] = []

    def start(wanted: dict[str, Any], hands: Any) -> dict[str, Any]:
        assert hands == "hands"
        asked.append(wanted)
        return {"id": "b:1", "buildStatus": "IN_PROGRESS"}

    done = commands.provider(Compute(start, lambda given: {"id": given, **last}), 0)(work())
    return done, asked


def test_it_ends_as_its_build_ends() -> None:
    exported = [{"name": "VERSION", "value": "7"}]
    done, (asked,) = outcome({"buildStatus": "SUCCEEDED", "exportedEnvironmentVariables": exported})
    assert done == Done({"VERSION": "7"})
    assert (asked["commands"], asked["files"], asked["logGroup"]) == (["make lint"], ["**/*"], "/aws/codepipeline/shop")
    assert asked["inputs"] == {"Source": "arn:aws:s3:::bucket/shop/Source/a.zip"}
    failed, _ = outcome({"buildStatus": "FAILED"})
    assert failed == Refused("JobFailed", "Build terminated with state: FAILED.")
