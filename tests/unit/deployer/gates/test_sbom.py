"""A release whose bills of materials are not those of its images does not get past the deployer."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deployer.errors import Fatal
from deployer.gates.sbom import with_sboms
from deployer.release import read_release

REPOSITORY = "123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/web"
INDEX, AMD64, ARM64 = (f"sha256:{letter * 64}" for letter in "abc")
BOM = b'{"bomFormat": "CycloneDX"}'
DIGEST = f"sha256:{hashlib.sha256(BOM).hexdigest()}"
ENTRY = {"image": INDEX, "file": "sbom/web.cdx.json", "digest": DIGEST}
PLATFORMS = {"linux/amd64": AMD64, "linux/arm64": ARM64}
Check = Callable[..., Any]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """What becomes of a release of one image whose `sbom` is the one given."""

    def run(sbom: Any, **image: Any) -> Any:
        (tmp_path / "sbom").mkdir(exist_ok=True)
        (tmp_path / "sbom/web.cdx.json").write_bytes(BOM)
        web = {"repository": REPOSITORY, "tag": "src-1", "digest": INDEX, **image}
        document = {"schema": 1, "service": "shop", "images": {"web": web}, "sbom": sbom}
        (tmp_path / "release.json").write_text(json.dumps(document))
        return with_sboms(read_release(tmp_path, "shop", {"web": REPOSITORY}), tmp_path)

    return run


def test_the_release_names_the_document_of_each_image(check: Check) -> None:
    assert check({"web": [ENTRY]}).sbom == {"web": f"sbom/web.cdx.json@{DIGEST}"}


def test_an_index_has_one_of_each_platform(check: Check) -> None:
    both = [{**ENTRY, "image": AMD64}, {**ENTRY, "image": ARM64}]
    assert check({"web": both}, platforms=PLATFORMS).sbom["web"].count("@") == 2
    with pytest.raises(Fatal, match=f"no SBOM of the image 'web' as it is released: {ARM64}"):
        check({"web": both[:1]}, platforms=PLATFORMS)


def test_platforms_of_another_form_are_refused(check: Check) -> None:
    with pytest.raises(Fatal, match="does not say which images 'web' has for its platforms"):
        check({"web": [ENTRY]}, platforms=[AMD64])


@pytest.mark.parametrize(
    ("sbom", "told"),
    [
        (None, "names no SBOM, while pipeline.yaml asks for one of each image"),
        ({}, "names no SBOM of the image 'web'"),
        ({"web": []}, f"as it is released: {INDEX}"),
        ({"web": ["sbom/web.cdx.json"]}, "names no SBOM of the image 'web'"),
        ({"web": [{**ENTRY, "image": AMD64}]}, f"as it is released: {INDEX}"),
        ({"web": [{**ENTRY, "digest": INDEX}]}, f"says that sbom/web.cdx.json is {INDEX}, but it is {DIGEST}"),
        ({"web": [{**ENTRY, "digest": None}]}, "is of no digest, but it is"),
        ({"web": [{**ENTRY, "file": "sbom/api.cdx.json"}]}, "not in the artifact"),
        ({"web": [{**ENTRY, "file": ""}]}, "SBOM that is none: ''"),
        ({"web": [{**ENTRY, "file": "sbom"}]}, "SBOM that is none: 'sbom'"),
        ({"web": [{**ENTRY, "file": "../release.json"}]}, "must stay inside the artifact"),
    ],
)
def test_a_document_that_is_missing_or_another_one_is_refused(check: Check, sbom: Any, told: str) -> None:
    with pytest.raises(Fatal, match=told) as refused:
        check(sbom)
    assert refused.value.kind == "ConfigurationError"
