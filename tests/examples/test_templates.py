"""What cfn-lint, cdk-nag and checkov say of the examples' templates, and whether the examples show every key."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from local.settings import CHECKOUT, Home
from pipeline.config import PipelineConfig
from pipeline.config.text import parse

BIN = Path(sys.executable).parent
EXAMPLES = CHECKOUT / "docs" / "examples"
# Findings that stay, by check and type of resource, each with the reason. One that is found no more fails the test.
ACCEPTED: dict[tuple[str, str], str] = {
    (
        "CKV_AWS_111",
        "AWS::IAM::Policy",
    ): "a function's network interfaces have no name yet; its own code is denied them",
    (
        "CKV_AWS_115",
        "AWS::Lambda::Function",
    ): "reserved concurrency takes from the account; CodePipeline starts one at a time",
    (
        "CKV_AWS_116",
        "AWS::Lambda::Function",
    ): "a deployer answers CodePipeline, a resource's function CloudFormation: no event is lost",
    ("CKV_AWS_117", "AWS::Lambda::Function"): "they speak to AWS's APIs and to the cluster's public endpoint alone",
    ("CKV_AWS_119", "AWS::DynamoDB::Table"): "encrypted with AWS's own key: the ledger holds names and digests",
    ("CKV_AWS_136", "AWS::ECR::Repository"): "encrypted with AWS's own key: who may pull, the repository's policy says",
    (
        "CKV_AWS_27",
        "AWS::SQS::Queue",
    ): "encrypted with SQS's own key: EventBridge's warnings name machines, and last minutes",
    ("CKV_AWS_149", "AWS::SecretsManager::Secret"): "encrypted with the account's key for Secrets Manager",
    ("CKV_AWS_51", "AWS::ECR::Repository"): "builds' tags never move; those of marks, signatures and kept layers may",
    ("CKV_AWS_158", "AWS::Logs::LogGroup"): "encrypted with AWS's own key: logs are redacted before they are written",
    ("CKV_AWS_173", "AWS::Lambda::Function"): "encrypted with AWS's own key: the variables hold no secret",
    ("CKV_AWS_18", "AWS::S3::Bucket"): "the bucket that the access logs go to",
    ("CKV_AWS_21", "AWS::S3::Bucket"): "artifacts are written once, under the execution's name, and expire",
}


def test_cfn_lint_has_neither_errors_nor_warnings(assembly: Path) -> None:
    templates = [str(path) for path in assembly.glob("*.template.json")]
    done = subprocess.run([BIN / "cfn-lint", *templates], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_cdk_nag_has_no_finding_without_a_reason(assembly: Path) -> None:
    report = json.loads((assembly / "validation-report.json").read_text())
    assert [item["violations"] for item in report["pluginReports"] if item["violations"]] == []


def test_checkov_finds_what_is_accepted_and_nothing_else(assembly: Path) -> None:
    found = findings(assembly)
    assert {key: where for key, where in found.items() if key not in ACCEPTED} == {}
    assert ACCEPTED.keys() - found.keys() == set()


def test_every_key_has_an_example(folders: list[Path]) -> None:
    written: set[tuple[str, str]] = set()
    for folder in folders:
        document = parse((folder / "pipeline.yaml").read_bytes())
        written |= set(keys(PipelineConfig.model_validate(document.data)))
    known = {(kind.__name__, key) for kind in mappings(BaseModel) for key in own(kind)}
    assert known - written == set()


def test_the_list_of_the_examples_names_each(folders: list[Path]) -> None:
    page = (EXAMPLES / "README.md").read_text()
    names = [folder.relative_to(EXAMPLES).as_posix() for folder in folders]
    assert [name for name in names if f"]({name}/pipeline.yaml)" not in page] == []


def findings(assembly: Path) -> dict[tuple[str, str], list[str]]:
    """Check and type of resource → where checkov found it."""
    home = Home.open(os.environ)
    templates = [option for path in sorted(assembly.glob("*.template.json")) for option in ("--file", str(path))]
    argv = [home.tools / "bin" / "checkov", "--framework", "cloudformation", "--output", "json", "--skip-download"]
    done = subprocess.run([*argv, *templates], capture_output=True, text=True)
    report = json.loads(done.stdout)
    assert report["summary"]["passed"] > 0
    assert report["summary"]["parsing_errors"] == 0
    found: dict[tuple[str, str], list[str]] = {}
    for each in report["results"]["failed_checks"]:
        kind, _, name = each["resource"].rpartition(".")
        found.setdefault((each["check_id"], kind), []).append(f"{Path(each['file_path']).name}: {name}")
    return found


def mappings(kind: type) -> Iterator[type]:
    """The mappings that a pipeline.yaml is made of."""
    for each in kind.__subclasses__():
        if each.__module__.startswith("pipeline.config."):
            yield each
        yield from mappings(each)


def own(kind: type) -> set[str]:
    """The keys that a mapping has and none that it derives from."""
    return set(kind.__annotations__) - {"model_config"} if "__annotations__" in vars(kind) else set()


def keys(written: BaseModel) -> Iterator[tuple[str, str]]:
    """The keys that were written, each with the mapping that brings it."""
    for field in written.model_fields_set:
        yield from ((kind.__name__, field) for kind in type(written).__mro__ if field in own(kind))
        yield from keys_in(getattr(written, field))


def keys_in(value: Any) -> Iterator[tuple[str, str]]:
    match value:
        case BaseModel():
            yield from keys(value)
        case dict():
            for item in value.values():
                yield from keys_in(item)
        case tuple():
            for item in value:
                yield from keys_in(item)
