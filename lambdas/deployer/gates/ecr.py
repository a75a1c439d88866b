"""ECR's scans by digest, basic or enhanced (Amazon Inspector): the states are those of its API's ScanStatus."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

from deployer.aws import failed
from deployer.bump.references import Image
from deployer.errors import Unavailable
from deployer.gates.scan import Finding, Scan, State, severity_of
from deployer.values import dataclass

STATES: dict[str, State] = {
    "COMPLETE": "complete",
    "ACTIVE": "complete",  # enhanced: scanned, and scanned again when more becomes known
    "IN_PROGRESS": "pending",
    "PENDING": "pending",
}
NOT_MADE = "no scan was made"


@dataclass(frozen=True)
class EcrScans:
    """`client` is boto3's for ECR."""

    client: Any
    now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)

    def of(self, image: Image, within: float) -> Scan:
        """A status that is not known here says that nothing is known of the image."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            first, *others = self._pages(image)
        except ClientError as error:
            if error.response["Error"].get("Code") == "ScanNotFoundException":
                return Scan("unscanned", reason=NOT_MADE)
            raise failed(error, f"scan of image {image.name}") from error
        except BotoCoreError as error:
            raise Unavailable(str(error), subject=f"scan of image {image.name}") from error
        status = first.get("imageScanStatus") or {}
        word = str(status.get("status", ""))
        state = STATES.get(word, "unscanned")
        if state == "pending" and self._age(image) > within:
            return Scan("unscanned", reason=f"it is still {word} {within:.0f} s after the image was pushed")
        if state != "complete":
            return Scan(state, reason=f"{word}: {status.get('description') or 'no more is said'}")
        pages = [page.get("imageScanFindings") or {} for page in (first, *others)]
        return Scan("complete", tuple(finding for page in pages for finding in _findings(page)))

    def _age(self, image: Image) -> float:
        """Seconds since the image was pushed."""
        where = {"registryId": image.host.partition(".")[0], "repositoryName": image.path}
        (found,) = self.client.describe_images(**where, imageIds=[{"imageDigest": image.digest}])["imageDetails"]
        pushed: dt.datetime = found["imagePushedAt"]
        return (self.now() - pushed).total_seconds()

    def _pages(self, image: Image) -> Iterator[dict[str, Any]]:
        where = {
            "registryId": image.host.partition(".")[0],
            "repositoryName": image.path,
            "imageId": {"imageDigest": image.digest},
        }
        token = ""
        while True:
            page = self.client.describe_image_scan_findings(**where, **({"nextToken": token} if token else {}))
            yield page
            token = page.get("nextToken") or ""
            if not token:
                return


def _findings(page: dict[str, Any]) -> Iterator[Finding]:
    for each in page.get("findings") or ():
        about = {item["key"]: item.get("value", "") for item in each.get("attributes") or ()}
        yield Finding(str(each["name"]), severity_of(str(each.get("severity", ""))), about.get("package_name", ""))
    for each in page.get("enhancedFindings") or ():
        if each.get("status") in ("CLOSED", "SUPPRESSED"):
            continue  # Inspector's own: mended, or suppressed by a rule of the account
        about = each.get("packageVulnerabilityDetails") or {}
        packages = ", ".join(sorted({str(item["name"]) for item in about.get("vulnerablePackages") or ()}))
        name = str(about.get("vulnerabilityId") or each.get("title") or each.get("findingArn"))
        yield Finding(name, severity_of(str(each.get("severity", ""))), packages)
