"""A release before the gate of its bills of materials: what is not as the build said never reaches the cluster."""

import hashlib
import json
from typing import Any

import pytest

from deployer.outcome import Failed, Succeeded
from tests.support.delivery import Place, config_map, digest, release_json

BOM = '{"bomFormat": "CycloneDX"}'
DIGEST = f"sha256:{hashlib.sha256(BOM.encode()).hexdigest()}"
ENTRY = {"image": digest("a"), "file": "sbom/web.cdx.json", "digest": DIGEST}
FILES = {"manifests/a.yaml": config_map("a", v="1"), "sbom/web.cdx.json": BOM}


@pytest.fixture
def dev(place: Any) -> Place:
    made: Place = place()
    made.sbom = True
    return made


def telling(sbom: Any) -> dict[str, str]:
    return {**FILES, "release.json": json.dumps({**json.loads(release_json()), "sbom": sbom})}


def test_a_release_with_its_bills_passes_and_the_ledger_names_them(dev: Place) -> None:
    outcome = dev.release(telling({"web": [ENTRY]}))
    assert isinstance(outcome, Succeeded), outcome
    assert dev.record(f"{outcome.number:010d}")["sbom"] == {"web": {"S": f"sbom/web.cdx.json@{DIGEST}"}}


@pytest.mark.parametrize("sbom", [None, {"web": [{**ENTRY, "digest": digest("b")}]}])
def test_a_release_without_them_changes_nothing(dev: Place, sbom: Any) -> None:
    outcome = dev.release(telling(sbom))
    assert isinstance(outcome, Failed)
    assert outcome.kind == "ConfigurationError"
    assert "Nothing was changed." in outcome.message
    assert dev.get("api/v1/configmaps", "a") is None
