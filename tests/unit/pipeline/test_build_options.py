"""What a definition chooses of the build: what its tests have to cover, which secrets it gets, where it runs."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from pipeline.config import explain, load

GOOD = "name: store\nsource: codecommit\nenvironments: [dev, staging, prod]\n"
Synthesize = Callable[..., Any]
Service = Callable[[str], Path]


def project(made: Any) -> dict[str, Any]:
    (found,) = [each for each in made.of_type("AWS::CodeBuild::Project").values() if each["Name"] == "store-build"]
    return dict(found)


def variables(made: Any) -> dict[str, Any]:
    return {each["Name"]: each["Value"] for each in project(made)["Environment"]["EnvironmentVariables"]}


def test_coverage_is_asked_for_and_reported(synthesize_again: Synthesize, service: Service) -> None:
    text = "test: {command: pytest, coverage: {lines: 80, branches: 70, report: out/coverage.xml}}\n"
    folder = service(GOOD + text)
    made = synthesize_again(folder, nag=True)
    asked = json.loads(variables(made)["SHIPLINE_COVERAGE"])
    assert asked == {"lines": 80, "branches": 70, "report": "out/coverage.xml"}
    buildspec = yaml.safe_load(project(made)["Source"]["BuildSpec"])
    assert buildspec["reports"]["coverage"] == {
        "files": ["coverage.xml"], "base-directory": ".shipline/coverage", "file-format": "COBERTURAXML",
    }  # fmt: skip
    assert buildspec["reports"]["unit"]["file-format"] == "JUNITXML"
    told = "tests: pytest; they have to run 80 % of the lines and 70 % of the branches (out/coverage.xml)"
    assert told in explain(load(folder))


def test_a_buildspec_of_the_services_own_stays_as_it_is(synthesize_again: Synthesize, service: Service) -> None:
    folder = service(GOOD + "test: {command: pytest, coverage: {lines: 80}}\nbuild: {buildspec: b.yaml}\n")
    (folder / "b.yaml").write_text("version: 0.2\n")
    assert project(synthesize_again(folder))["Source"]["BuildSpec"] == "b.yaml"


def test_who_asks_for_nothing_gets_what_was_there_before(anywhere: Any, toolkit_buildspec: str) -> None:
    (found,) = [each for each in anywhere.of_type("AWS::CodeBuild::Project").values() if each["Name"] == "tiny-build"]
    assert found["Source"]["BuildSpec"] == toolkit_buildspec
    assert {each["Name"] for each in found["Environment"]["EnvironmentVariables"]} == {
        "SHIPLINE_SERVICE", "SHIPLINE_IMAGES", "SHIPLINE_TEST", "SHIPLINE_REPORTS", "SHIPLINE_TOOLS",
        "SHIPLINE_DELIVERY", "SHIPLINE_SOURCE_REPOSITORY",
    }  # fmt: skip
    assert found.keys() & {"VpcConfig", "QueuedTimeoutInMinutes"} == set()
