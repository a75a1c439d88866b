"""ECR's scans by digest, basic or enhanced (Amazon Inspector): the states are those of its API's ScanStatus.

ECR scans images, and not an index of them: what is known of an index is what is known of all images that it holds.
"""

import datetime as dt
import json
from collections.abc import Callable, Collection, Iterator
from typing import Any

from deployer.aws import failed
from deployer.bump.references import Image
from deployer.errors import Unavailable
from deployer.gates.scan import Finding, Scan, State, severity_of, united
from deployer.values import dataclass, replace

STATES: dict[str, State] = {
    "COMPLETE": "complete",
    "ACTIVE": "complete",  # enhanced: scanned, and scanned again when more becomes known
    "IN_PROGRESS": "pending",
    "PENDING": "pending",
}
NOT_MADE = "no scan was made"
INDEXES = [
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.index.v1+json",
]


@dataclass(frozen=True)
class EcrScans:
    """`client` is boto3's for ECR; `indexes` names the images that are built for several platforms."""

    client: Any
    now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)
    indexes: Collection[str] = ()

    def of(self, image: Image, within: float) -> Scan:
        """What is known of an image, or of all that an index holds."""
        if image.name not in self.indexes:
            return self._of(image, within)
        members = self._members(image)
        if not members:
            return Scan("unscanned", reason="it is no index of images")
        return united({name: self._of(replace(image, digest=digest), within) for name, digest in members.items()})

    def _members(self, index: Image) -> dict[str, str]:
        """The images of an index: digests by platform; none where it is no index."""
        from botocore.exceptions import BotoCoreError, ClientError

        where = {"registryId": index.host.partition(".")[0], "repositoryName": index.path}
        asked = {"imageIds": [{"imageDigest": index.digest}], "acceptedMediaTypes": INDEXES}
        try:
            images = self.client.batch_get_image(**where, **asked)["images"]
        except ClientError as error:
            raise failed(error, f"index {index.name}") from error
        except BotoCoreError as error:
            raise Unavailable(str(error), subject=f"index {index.name}") from error
        manifests = json.loads(images[0]["imageManifest"]).get("manifests") or () if images else ()
        return {_platform(each): str(each["digest"]) for each in manifests if _runs(each)}

    def _of(self, image: Image, within: float) -> Scan:
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


def _platform(member: dict[str, Any]) -> str:
    platform = member.get("platform") or {}
    words = (platform.get("os"), platform.get("architecture"), platform.get("variant"))
    return "/".join(word for word in words if word) or str(member["digest"])


def _runs(member: dict[str, Any]) -> bool:
    """What is for no platform is a statement about another image of the index."""
    return bool((member.get("platform") or {}).get("os") != "unknown")


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
