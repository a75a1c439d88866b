import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.codebuild.buildspec import Buildspec, parse
from local.codebuild.nodes import BuildspecError
from local.settings import CHECKOUT

WHOLE = """\
version: 0.2
run-as: root
env:
  shell: bash
  variables: {VERSION: 1.10, FLAG: yes, EMPTY: ""}
  parameter-store: {TOKEN: /shop/token}
  secrets-manager: {PASSWORD: "shop/db:password"}
  exported-variables: [VERSION]
  git-credential-helper: no
proxy: {upload-artifacts: no, logs: no}
phases:
  install:
    runtime-versions: {python: 3.11}
    commands: [echo install]
  build:
    on-failure: ABORT
    commands:
      - echo one
      - |
        echo two
        echo three
    finally: [echo done]
reports:
  unit: {files: ["*.xml"], base-directory: reports, file-format: JunitXml, discard-paths: yes}
artifacts:
  files: ["**/*"]
  name: out
  exclude-paths: ["*.tmp"]
  secondary-artifacts:
    docs: {files: [docs/**/*], discard-paths: yes}
cache: {paths: [/root/.cache]}
"""


def test_every_part_of_the_grammar_is_read() -> None:
    spec = parse(WHOLE)
    assert spec.environment.shell == "bash"
    assert spec.environment.variables == {"VERSION": "1.10", "FLAG": "yes", "EMPTY": ""}
    assert spec.environment.secrets_manager == {"PASSWORD": "shop/db:password"}
    assert spec.phase("install").runtime_versions == {"python": "3.11"}
    assert spec.phase("build").commands == ("echo one", "echo two\necho three\n")
    assert spec.phase("build").finally_ == ("echo done",)
    assert spec.phase("build").on_failure == "ABORT"
    assert spec.phase("post_build").commands == ()
    assert spec.reports[0].file_format == "JUNITXML"
    assert spec.reports[0].discard_paths
    assert spec.artifacts is not None
    assert spec.artifacts.exclude_paths == ("*.tmp",)
    assert spec.secondary_artifacts["docs"].discard_paths


def test_json_is_read_as_cdk_writes_it() -> None:
    document = {"version": "0.2", "phases": {"build": {"commands": ["make", "make test"]}}}
    assert parse(json.dumps(document)).phase("build").commands == ("make", "make test")


def test_the_toolkits_own_buildspecs_are_valid() -> None:
    for name in ("build.yaml", "verify.yaml"):
        assert parse((CHECKOUT / "buildspec" / name).read_text()).reports


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The buildspec is empty"),
        ("version: 0.3\nphases: {}", "Invalid buildspec version: 0.3. Expecting: 0.1, 0.2 at line 1"),
        ("phases: {}", "The buildspec has no version"),
        ("version: 0.2", "The buildspec has no phases"),
        (
            "version: 0.2\nphases:\n  test:\n    commands: [a]\n",
            "Unknown/Invalid buildspec phase name: test, in phases. "
            "Expecting: build,install,post_build,pre_build at line 3",
        ),
        ("version: 0.2\nphase: {}", "Unknown/Invalid buildspec key: phase"),
        ("version: 0.2\nphases:\n  build:\n    command: [a]", "Unknown/Invalid buildspec key: command, in build"),
        (
            "version: 0.2\nphases:\n  build:\n    commands:\n      - echo a\n      - echo b: c\n",
            "Expected Commands[1] to be of string type: found subkeys instead; "
            "quote a command that holds ': ' at line 6",
        ),
        ("version: 0.2\nphases:\n  build:\n    commands: echo a", "Expected commands to be a list at line 4"),
        ("version: 0.2\nphases: {build: {commands: [a], on-failure: STOP}}", "Invalid on-failure: STOP"),
        ("version: 0.2\nphases: {build: {commands: [a], on-failure: RETRY-3}}", "RETRY is not on this machine"),
        ("version: 0.2\nphases: {build: {run-as: nobody, commands: [a]}}", "run-as nobody is not on this machine"),
        ("version: 0.2\nphases: {build: {}}", "Phase build has no commands"),
        ("version: 0.2\nenv: {shell: fish}\nphases: {}", "Invalid shell: fish"),
        ("version: 0.2\nenv: {exported-variables: [a-b]}\nphases: {}", "Invalid name of an exported variable: a-b"),
        ("version: 0.2\nphases: {}\nartifacts: {name: x}", "artifacts need files"),
        ("version: 0.2\nphases: {}\nreports: {u: {files: [a], file-format: TAP}}", "Invalid file-format: TAP"),
        ("version: 0.2\nphases: {}\nphases: {}", "The key phases is there twice in buildspec at line 3"),
        ("version: 0.2\nphases: [build", "expected ',' or ']', but got '<stream end>' at line 2"),
        ("version: 0.2\n\tphases:", "found character '\\t' that cannot start any token at line 2"),
        ("- version", "Expected buildspec to be a mapping at line 1"),
    ],
)
def test_a_mistake_is_told_with_its_line(text: str, message: str) -> None:
    with pytest.raises(BuildspecError) as error:
        parse(text)
    assert message in str(error.value)


@given(st.text(max_size=200))
def test_any_text_is_a_buildspec_or_an_error_of_one_kind(text: str) -> None:
    try:
        assert isinstance(parse(text), Buildspec)
    except BuildspecError as error:
        assert str(error)  # noqa: PT017
