"""What a build says of where its images come from, and what the gate makes of it: base images, a zip as the source."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deployer.bump.references import Image
from deployer.gates.provenance import Envelope, disagreements
from deployer.release import Release
from deployer.target import Sign
from tools.shipline_build import provenance
from tools.shipline_build.settings import Signing

HOST = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
DIGEST, BASE = f"sha256:{'ab' * 32}", f"sha256:{'0a' * 32}"
BUILD = "arn:aws:codebuild:us-east-1:123456789012:build/shop-build:1"
BUILDER = "arn:aws:codebuild:us-east-1:123456789012:project/shop-build"
GIT, ZIP = "git+https://github.com/acme/shop", "s3://acme-uploads/shop/source.zip"


def said(folder: Path, source: str) -> Any:
    settings: Any = SimpleNamespace(
        service="shop",
        release=folder,
        commit={"commit": "c0ffee", "branch": "main"},
        bases={"BASE_IMAGE": f"{HOST}/company/python@{BASE}"},
    )
    images = {"web": {"repository": f"{HOST}/shop/web", "digest": DIGEST}}
    return provenance.statement(settings, Signing("key", source, "e-1", BUILD, 1.0), images, 2.0)


def wrong(folder: Path, statement: Any, source: str, commit: str = "c0ffee") -> list[str]:
    image = Image("web", f"{HOST}/shop/web", "v1", DIGEST)
    release = Release("shop", commit, "main", "words", "Ada", {"web": image})
    envelope = Envelope(json.dumps(statement).encode(), ())
    return disagreements(envelope, release, Sign("key", source, BUILDER), folder)


@pytest.mark.parametrize(("source", "kind"), [(GIT, "gitCommit"), (ZIP, "s3VersionId")])
def test_the_sources_come_first_and_then_the_base_images(tmp_path: Path, source: str, kind: str) -> None:
    statement = said(tmp_path, source)
    assert statement["predicate"]["buildDefinition"]["resolvedDependencies"] == [
        {"uri": source, "digest": {kind: "c0ffee"}},
        {"uri": f"oci://{HOST}/company/python", "digest": {"sha256": BASE.partition(":")[2]}},
    ]
    assert wrong(tmp_path, statement, source) == []


def test_another_version_or_source_is_told(tmp_path: Path) -> None:
    statement = said(tmp_path, ZIP)
    assert wrong(tmp_path, statement, ZIP, commit="decaf") == ["its commit is 'c0ffee', not 'decaf'"]
    assert f"its source is '{ZIP}', not '{GIT}'" in wrong(tmp_path, statement, GIT)


def test_a_source_with_two_digests_is_no_provenance(tmp_path: Path) -> None:
    statement = said(tmp_path, ZIP)
    statement["predicate"]["buildDefinition"]["resolvedDependencies"][0]["digest"]["gitCommit"] = "decaf"
    (told,) = wrong(tmp_path, statement, ZIP)
    assert told.startswith("it is not a provenance")
