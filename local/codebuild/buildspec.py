"""What a buildspec says, as frozen values. `parse` reads the text: unknown keys and wrong kinds are errors.

Text → YAML nodes → Buildspec. It runs nothing and reads no file.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

import yaml

from local.codebuild.nodes import BuildspecError, Node, fields, flag, sequence, text, texts, variables

PhaseName = Literal["install", "pre_build", "build", "post_build"]
PHASES: tuple[PhaseName, ...] = ("install", "pre_build", "build", "post_build")

REPORT_FORMATS = {
    "CUCUMBERJSON": "TEST",
    "JUNITXML": "TEST",
    "NUNITXML": "TEST",
    "NUNIT3XML": "TEST",
    "TESTNGXML": "TEST",
    "VISUALSTUDIOTRX": "TEST",
    "CLOVERXML": "CODE_COVERAGE",
    "COBERTURAXML": "CODE_COVERAGE",
    "JACOCOXML": "CODE_COVERAGE",
    "SIMPLECOV": "CODE_COVERAGE",
}
MOST_REPORTS = 5
T = TypeVar("T")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Phase:
    commands: tuple[str, ...] = ()
    finally_: tuple[str, ...] = ()
    on_failure: Literal["", "ABORT", "CONTINUE"] = ""
    runtime_versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Artifacts:
    files: tuple[str, ...]
    name: str = ""
    base_directory: str = ""
    discard_paths: bool = False
    exclude_paths: tuple[str, ...] = ()
    enable_symlinks: bool = False
    s3_prefix: str = ""


@dataclass(frozen=True)
class Report:
    """`name` is a group's name, its ARN, or a `$VARIABLE`."""

    name: str
    files: tuple[str, ...]
    base_directory: str = ""
    discard_paths: bool = False
    file_format: str = "JUNITXML"


@dataclass(frozen=True)
class Environment:
    shell: Literal["sh", "bash"] = "sh"
    variables: Mapping[str, str] = field(default_factory=dict)
    parameter_store: Mapping[str, str] = field(default_factory=dict)
    secrets_manager: Mapping[str, str] = field(default_factory=dict)
    exported: tuple[str, ...] = ()


@dataclass(frozen=True)
class Buildspec:
    version: Literal["0.1", "0.2"]
    environment: Environment = Environment()
    phases: Mapping[PhaseName, Phase] = field(default_factory=dict)
    artifacts: Artifacts | None = None
    secondary_artifacts: Mapping[str, Artifacts] = field(default_factory=dict)
    reports: tuple[Report, ...] = ()

    def phase(self, name: PhaseName) -> Phase:
        return self.phases.get(name, Phase())


def parse(source: str) -> Buildspec:
    """YAML or JSON text; BuildspecError says what is wrong, and at which line."""
    top = fields(_root(source), "buildspec", TOP_KEYS)
    if "version" not in top:
        raise BuildspecError("The buildspec has no version: it starts with version: 0.2")
    version = text(top["version"], "version")
    if version not in ("0.1", "0.2"):
        raise BuildspecError(f"Invalid buildspec version: {version}. Expecting: 0.1, 0.2", top["version"])
    _run_as_root(top)
    artifacts, secondary = _artifacts(top.get("artifacts"))
    return Buildspec(
        version="0.1" if version == "0.1" else "0.2",
        environment=_environment(top.get("env")),
        phases=_phases(top.get("phases")),
        artifacts=artifacts,
        secondary_artifacts=secondary,
        reports=_reports(top.get("reports")),
    )


TOP_KEYS = ("version", "run-as", "env", "proxy", "batch", "phases", "reports", "artifacts", "cache")


def _root(source: str) -> Node:
    try:
        node = yaml.compose(source, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = f" at line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise BuildspecError(f"{error.problem or error.context}{line}") from None
    except yaml.YAMLError as error:
        raise BuildspecError(str(error)) from None
    if node is None:
        raise BuildspecError("The buildspec is empty")
    return node


def _run_as_root(keys: Mapping[str, Node]) -> None:
    user = text(keys["run-as"], "run-as") if "run-as" in keys else "root"
    if user != "root":
        raise BuildspecError(
            f"run-as {user} is not on this machine: builds run as the machine's own user", keys["run-as"]
        )


def _environment(node: Node | None) -> Environment:
    if node is None:
        return Environment()
    keys = fields(
        node,
        "env",
        ("shell", "variables", "parameter-store", "secrets-manager", "exported-variables", "git-credential-helper"),
    )
    exported = texts(keys.get("exported-variables"), "exported-variables")
    for name in exported:
        if not VARIABLE.fullmatch(name):
            raise BuildspecError(f"Invalid name of an exported variable: {name}", keys["exported-variables"])
    if "git-credential-helper" in keys:
        flag(keys["git-credential-helper"], "git-credential-helper")
    return Environment(
        shell=_shell(keys.get("shell")),
        variables=variables(keys.get("variables"), "variables"),
        parameter_store=variables(keys.get("parameter-store"), "parameter-store"),
        secrets_manager=variables(keys.get("secrets-manager"), "secrets-manager"),
        exported=exported,
    )


SHELLS: dict[str, Literal["sh", "bash"]] = {"sh": "sh", "/bin/sh": "sh", "bash": "bash", "/bin/bash": "bash"}


def _shell(node: Node | None) -> Literal["sh", "bash"]:
    if node is None:
        return "sh"
    name = text(node, "shell")
    if name not in SHELLS:
        raise BuildspecError(f"Invalid shell: {name}. Expecting: {', '.join(SHELLS)}", node)
    return SHELLS[name]


def _phases(node: Node | None) -> dict[PhaseName, Phase]:
    if node is None:
        raise BuildspecError("The buildspec has no phases")
    found = fields(node, "phases", PHASES, kind="buildspec phase name")
    return {name: _phase(name, found[name]) for name in PHASES if name in found}


def _phase(name: PhaseName, node: Node) -> Phase:
    allowed = ("run-as", "on-failure", "commands", "finally", "steps")
    keys = fields(node, name, (*allowed, "runtime-versions") if name == "install" else allowed)
    _run_as_root(keys)
    if "steps" in keys:
        raise BuildspecError("steps are not on this machine: give commands", keys["steps"])
    if not keys.keys() & {"commands", "finally", "runtime-versions"}:
        raise BuildspecError(f"Phase {name} has no commands", node)
    return Phase(
        commands=_commands(keys.get("commands"), "Commands"),
        finally_=_commands(keys.get("finally"), "Finally"),
        on_failure=_on_failure(keys.get("on-failure")),
        runtime_versions=variables(keys.get("runtime-versions"), "runtime-versions"),
    )


def _commands(node: Node | None, what: str) -> tuple[str, ...]:
    """A command that YAML read as a mapping (`echo a: b`) is the commonest mistake: say it as CodeBuild does."""
    if node is None:
        return ()
    for number, item in enumerate(sequence(node, what.lower())):
        if isinstance(item, yaml.MappingNode):
            raise BuildspecError(
                f"Expected {what}[{number}] to be of string type: found subkeys instead; quote a command "
                "that holds ': '",
                item,
            )
    return texts(node, what.lower())


ON_FAILURE: dict[str, Literal["ABORT", "CONTINUE"]] = {"ABORT": "ABORT", "CONTINUE": "CONTINUE"}


def _on_failure(node: Node | None) -> Literal["", "ABORT", "CONTINUE"]:
    if node is None:
        return ""
    word = text(node, "on-failure")
    if word.upper().startswith("RETRY"):
        raise BuildspecError("on-failure: RETRY is not on this machine", node)
    if word.upper() not in ON_FAILURE:
        raise BuildspecError(f"Invalid on-failure: {word}. Expecting: ABORT, CONTINUE", node)
    return ON_FAILURE[word.upper()]


ARTIFACT_KEYS = (
    "files",
    "name",
    "base-directory",
    "discard-paths",
    "exclude-paths",
    "enable-symlinks",
    "s3-prefix",
)


def _artifacts(node: Node | None) -> tuple[Artifacts | None, dict[str, Artifacts]]:
    if node is None:
        return None, {}
    keys = fields(node, "artifacts", (*ARTIFACT_KEYS, "secondary-artifacts"))
    secondary: dict[str, Artifacts] = {}
    if "secondary-artifacts" in keys:
        for name, each in fields(keys["secondary-artifacts"], "secondary-artifacts").items():
            secondary[name] = _artifact(fields(each, f"secondary-artifacts {name}", ARTIFACT_KEYS), each)
    if set(keys) == {"secondary-artifacts"}:
        return None, secondary
    return _artifact(keys, node), secondary


def _artifact(keys: Mapping[str, Node], node: Node) -> Artifacts:
    if "files" not in keys:
        raise BuildspecError("artifacts need files", node)
    return Artifacts(
        files=texts(keys["files"], "files"),
        name=_optional(keys, "name"),
        base_directory=_optional(keys, "base-directory"),
        discard_paths=_flag(keys, "discard-paths"),
        exclude_paths=texts(keys.get("exclude-paths"), "exclude-paths"),
        enable_symlinks=_flag(keys, "enable-symlinks"),
        s3_prefix=_optional(keys, "s3-prefix"),
    )


def _reports(node: Node | None) -> tuple[Report, ...]:
    if node is None:
        return ()
    found = fields(node, "reports")
    if len(found) > MOST_REPORTS:
        raise BuildspecError(f"A buildspec has at most {MOST_REPORTS} report groups", node)
    return tuple(_report(name, each) for name, each in found.items())


def _report(name: str, node: Node) -> Report:
    keys = fields(node, f"report {name}", ("files", "base-directory", "discard-paths", "file-format"))
    if "files" not in keys:
        raise BuildspecError(f"report {name} needs files", node)
    file_format = _optional(keys, "file-format").upper() or "JUNITXML"
    if file_format not in REPORT_FORMATS:
        raise BuildspecError(
            f"Invalid file-format: {file_format}. Expecting: {', '.join(sorted(REPORT_FORMATS))}", keys["file-format"]
        )
    return Report(
        name=name,
        files=texts(keys["files"], "files"),
        base_directory=_optional(keys, "base-directory"),
        discard_paths=_flag(keys, "discard-paths"),
        file_format=file_format,
    )


def _optional(keys: Mapping[str, Node], name: str) -> str:
    return _given(keys, name, text, "")


def _flag(keys: Mapping[str, Node], name: str) -> bool:
    return _given(keys, name, flag, False)


def _given(keys: Mapping[str, Node], name: str, read: Callable[[Node, str], T], default: T) -> T:
    return read(keys[name], name) if name in keys else default
