"""A release before the gate of its images' scans: what stops is stopped before the cluster is touched."""

import datetime as dt
import json
from typing import Any

import boto3
import pytest
import requests
from moto.ecr.models import ecr_backends

from deployer.gates.scan import Policy
from deployer.outcome import Continue, Failed, Succeeded
from tests.support.delivery import HOST, Place, config_map, digest

FILES = {"manifests/a.yaml": config_map("a", v="1")}
RESULTS = "http://motoapi.amazonaws.com/moto-api/static/ecr/scan-finding-results"


class Registry:
    """ECR with the one image of the release."""

    def __init__(self) -> None:
        self.ecr = boto3.client("ecr", region_name="us-east-1")
        self.ecr.create_repository(repositoryName="shop/web")
        manifest = {"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json"}
        self.ecr.put_image(repositoryName="shop/web", imageManifest=json.dumps(manifest), imageDigest=digest("a"))

        self.known = ecr_backends[HOST.partition(".")[0]]["us-east-1"].repositories["shop/web"].images[0]

    def scanned(self, status: str = "COMPLETE", **severities: str) -> None:
        """A scan that has found these, by name; moto tells the first one for ever, unless it is made to forget it."""
        self.known.scan_finding_results.clear()
        self.known.last_scan = dt.datetime.now()
        findings = [{"name": name.replace("_", "-"), "severity": word} for name, word in severities.items()]
        result = {
            "registryId": HOST.partition(".")[0],
            "repositoryName": "shop/web",
            "imageId": {"imageDigest": digest("a")},
            "imageScanStatus": {"status": status, "description": "of the test"},
            "imageScanFindings": {"findings": findings},
        }
        requests.post(RESULTS, json={"results": [result], "region": "us-east-1"}, timeout=5)


@pytest.fixture
def registry(place: Any) -> Registry:
    return Registry()


@pytest.fixture
def dev(place: Any) -> Place:
    made: Place = place()
    made.scan = Policy("high")
    return made


def untouched(dev: Place) -> bool:
    return dev.get("api/v1/configmaps", "a") is None


def test_a_scan_below_the_line_passes_and_is_told_in_summary_output_and_ledger(dev: Place, registry: Registry) -> None:
    registry.scanned(CVE_1="LOW", CVE_2="MEDIUM")
    outcome = dev.release(FILES)
    assert isinstance(outcome, Succeeded), outcome
    assert outcome.summary.endswith("1 created; scanned: 1 medium, 1 low")
    assert outcome.outputs["scan"] == "scanned: 1 medium, 1 low"
    assert dev.record(f"{outcome.number:010d}")["scan"] == "scanned: 1 medium, 1 low"
    again = dev.release(FILES)
    assert again.summary.endswith("1 unchanged; scanned: 1 medium, 1 low")


def test_a_finding_stops_the_release_before_the_cluster_is_touched(dev: Place, registry: Registry) -> None:
    registry.scanned(CVE_1="HIGH")
    outcome = dev.release(FILES)
    assert isinstance(outcome, Failed)
    assert "scan: image web: CVE-1 (high). Mend it and push" in outcome.message
    assert "Nothing was changed." in outcome.message
    assert untouched(dev)


def test_an_image_without_a_scan_stops_the_release(dev: Place, registry: Registry) -> None:
    outcome = dev.release(FILES)
    assert isinstance(outcome, Failed)
    assert "image web is not scanned: no scan was made" in outcome.message
    assert untouched(dev)


def test_an_image_that_is_not_in_the_registry_stops_the_release(dev: Place) -> None:
    outcome = dev.release(FILES)
    assert isinstance(outcome, Failed)
    assert untouched(dev)


def test_an_exception_lets_it_pass_until_its_day(dev: Place, registry: Registry) -> None:
    registry.scanned(CVE_1="HIGH")
    dev.scan = Policy("high", exceptions="known.yaml")
    known = "- {id: CVE-1, owner: ann, reason: not called, expires: %s}"
    ended = dev.release({**FILES, "known.yaml": known % "2020-01-31"})
    assert isinstance(ended, Failed)
    assert "CVE-1 (high) whose exception of ann ended on 2020-01-31" in ended.message
    assert untouched(dev)
    passed = dev.release({**FILES, "known.yaml": known % "2999-01-31"})
    assert isinstance(passed, Succeeded)
    assert passed.outputs["scan"] == "scanned: 1 high, 1 waived"


def test_a_scan_at_work_is_waited_for_from_invocation_to_invocation(dev: Place, registry: Registry) -> None:
    registry.scanned("IN_PROGRESS")
    outcome = dev.release(FILES, "e1", attempt="1")
    assert isinstance(outcome, Continue), outcome
    assert outcome.summary == "scan: still at work: web"
    assert untouched(dev)
    registry.scanned("COMPLETE")
    following = dev.release(FILES, "e1", attempt="1", token=outcome.token)
    assert isinstance(following, Succeeded), following
    assert following.outputs["scan"] == "scanned: nothing found"


def test_a_scan_at_work_for_too_long_stops_the_release(dev: Place, registry: Registry) -> None:
    registry.scanned("PENDING")
    dev.scan = Policy("high", within=-1.0)
    outcome = dev.release(FILES)
    assert isinstance(outcome, Failed)
    assert "image web is not scanned: it is still PENDING" in outcome.message
