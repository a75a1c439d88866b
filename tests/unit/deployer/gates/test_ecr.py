"""What ECR answers about a scan, in both of its forms, and what it does not answer."""

import datetime as dt
import json
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from deployer.bump.references import Image
from deployer.errors import Fatal
from deployer.gates.ecr import INDEXES, EcrScans
from deployer.gates.scan import Finding, Scan, united

IMAGE = Image("web", "123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/web", "v1", "sha256:" + "a" * 64)
ASKED = {
    "registryId": "123456789012",
    "repositoryName": "shop/web",
    "imageId": {"imageDigest": IMAGE.digest},
}


@pytest.fixture
def ecr() -> Any:
    client = boto3.client("ecr", region_name="us-east-1", aws_access_key_id="k", aws_secret_access_key="s")
    with Stubber(client) as stub:
        yield client, stub
        stub.assert_no_pending_responses()


def page(findings: dict[str, Any], status: str = "COMPLETE", **more: Any) -> dict[str, Any]:
    return {"imageScanStatus": {"status": status}, "imageScanFindings": findings, **more}


def basic(name: str, severity: str) -> dict[str, Any]:
    return {"name": name, "severity": severity, "attributes": [{"key": "package_name", "value": "openssl"}]}


def test_findings_of_all_pages_of_a_basic_scan(ecr: Any):
    client, stub = ecr
    first = page({"findings": [basic("CVE-1", "HIGH")]}, nextToken="more")
    stub.add_response("describe_image_scan_findings", first, ASKED)
    second = page({"findings": [basic("CVE-2", "UNDEFINED")]})
    stub.add_response("describe_image_scan_findings", second, {**ASKED, "nextToken": "more"})
    scan = EcrScans(client).of(IMAGE, 600)
    assert scan.state == "complete"
    assert scan.findings == (Finding("CVE-1", "high", "openssl"), Finding("CVE-2", "", "openssl"))


def test_findings_of_an_enhanced_scan_that_are_open(ecr: Any):
    client, stub = ecr
    about = {"vulnerabilityId": "CVE-1", "vulnerablePackages": [{"name": "zlib"}, {"name": "openssl"}]}
    found = [
        {"severity": "CRITICAL", "status": "ACTIVE", "packageVulnerabilityDetails": about},
        {"severity": "HIGH", "status": "CLOSED", "packageVulnerabilityDetails": about},
        {"severity": "HIGH", "status": "SUPPRESSED", "packageVulnerabilityDetails": about},
        {"severity": "UNTRIAGED", "status": "ACTIVE", "title": "something in /bin"},
    ]
    stub.add_response("describe_image_scan_findings", page({"enhancedFindings": found}, "ACTIVE"), ASKED)
    findings = EcrScans(client).of(IMAGE, 600).findings
    assert findings == (Finding("CVE-1", "critical", "openssl, zlib"), Finding("something in /bin", ""))


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("IN_PROGRESS", "pending"),
        ("PENDING", "pending"),
        ("FAILED", "unscanned"),
        ("UNSUPPORTED_IMAGE", "unscanned"),
        ("SCAN_ELIGIBILITY_EXPIRED", "unscanned"),
        ("FINDINGS_UNAVAILABLE", "unscanned"),
        ("A_WORD_OF_TOMORROW", "unscanned"),
    ],
)
def test_a_scan_that_is_not_complete_tells_nothing(ecr: Any, status: str, state: str):
    client, stub = ecr
    stub.add_response("describe_image_scan_findings", page({}, status), ASKED)
    if state == "pending":
        stub.add_response("describe_images", {"imageDetails": [{"imagePushedAt": dt.datetime.now(dt.UTC)}]})
    scan = EcrScans(client).of(IMAGE, 600)
    assert (scan.state, scan.findings) == (state, ())
    assert status in scan.reason


def test_a_scan_that_takes_too_long_tells_nothing(ecr: Any):
    client, stub = ecr
    stub.add_response("describe_image_scan_findings", page({}, "PENDING"), ASKED)
    pushed = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=700)
    stub.add_response("describe_images", {"imageDetails": [{"imagePushedAt": pushed}]})
    scan = EcrScans(client).of(IMAGE, 600)
    assert (scan.state, scan.reason) == ("unscanned", "it is still PENDING 600 s after the image was pushed")


def test_an_image_that_was_never_scanned(ecr: Any):
    client, stub = ecr
    stub.add_client_error("describe_image_scan_findings", "ScanNotFoundException", "no scan", 400)
    assert EcrScans(client).of(IMAGE, 600).state == "unscanned"


def test_a_right_that_is_missing_is_told_with_the_remedy(ecr: Any):
    client, stub = ecr
    stub.add_client_error("describe_image_scan_findings", "AccessDeniedException", "not authorized", 400)
    with pytest.raises(Fatal, match=r"scan of image web: AccessDeniedException: .*cdk deploy"):
        EcrScans(client).of(IMAGE, 600)


INDEX_ASKED = {
    "registryId": "123456789012",
    "repositoryName": "shop/web",
    "imageIds": [{"imageDigest": IMAGE.digest}],
    "acceptedMediaTypes": INDEXES,
}


def member(letter: str, architecture: str, system: str = "linux") -> dict[str, Any]:
    return {"digest": f"sha256:{letter * 64}", "platform": {"os": system, "architecture": architecture}}


def answers(stub: Stubber, *members: dict[str, Any]) -> None:
    images = [{"imageManifest": json.dumps({"manifests": members})}] if members else []
    stub.add_response("batch_get_image", {"images": images}, INDEX_ASKED)


def of_member(stub: Stubber, letter: str, found: dict[str, Any]) -> None:
    stub.add_response(
        "describe_image_scan_findings", found, {**ASKED, "imageId": {"imageDigest": f"sha256:{letter * 64}"}}
    )


def test_an_index_is_as_bad_as_all_of_its_images(ecr: Any):
    client, stub = ecr
    answers(stub, member("b", "amd64"), member("c", "arm64"), member("d", "unknown", "unknown"))
    of_member(stub, "b", page({"findings": [basic("CVE-1", "HIGH")]}))
    of_member(stub, "c", page({"findings": [basic("CVE-1", "HIGH"), basic("CVE-2", "LOW")]}))
    scan = EcrScans(client, indexes=("web",)).of(IMAGE, 600)
    assert scan == Scan("complete", (Finding("CVE-1", "high", "openssl"), Finding("CVE-2", "low", "openssl")))


def test_an_index_with_an_image_that_is_not_scanned_is_not_scanned(ecr: Any):
    client, stub = ecr
    answers(stub, member("b", "amd64"), member("c", "arm64"))
    of_member(stub, "b", page({"findings": []}))
    of_member(stub, "c", page({}, "UNSUPPORTED_IMAGE"))
    scan = EcrScans(client, indexes=("web",)).of(IMAGE, 600)
    assert (scan.state, scan.reason) == ("unscanned", "linux/arm64: UNSUPPORTED_IMAGE: no more is said")


def test_what_should_be_an_index_and_is_none_is_not_scanned(ecr: Any):
    client, stub = ecr
    answers(stub)
    assert EcrScans(client, indexes=("web",)).of(IMAGE, 600).state == "unscanned"


def test_an_index_is_pending_while_one_of_its_images_is():
    done, waits = Scan("complete", (Finding("CVE-1", "high"),)), Scan("pending")
    assert united({"linux/amd64": done, "linux/arm64": waits}).state == "pending"
