import pytest

from deployer.charts.reference import Reference, parse
from deployer.errors import Fatal

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        (f"oci://r.example.com/charts/shop@{DIGEST}", Reference("r.example.com", "charts/shop", "", DIGEST)),
        (f"oci://r:5000/shop:1.2.3@{DIGEST}", Reference("r:5000", "shop", "1.2.3", DIGEST)),
        (f"oci://r/shop:1.2.3_build.1@{DIGEST}", Reference("r", "shop", "1.2.3+build.1", DIGEST)),
    ],
)
def test_a_reference_by_digest_is_taken_apart(text, reference):
    assert parse(text) == reference
    assert reference.name == "shop"


def test_a_tag_alone_is_refused_with_the_remedy():
    with pytest.raises(Fatal, match=r"a tag can be moved\. Write oci://r/shop:1\.2\.3@sha256:…"):
        parse("oci://r/shop:1.2.3")


@pytest.mark.parametrize(
    "text",
    [f"https://r/shop@{DIGEST}", f"oci://r@{DIGEST}", f"oci://r/../x@{DIGEST}", f"oci://r/Shop@{DIGEST}", "oci://",
     f"oci://r/shop@{DIGEST}\n", "oci://r/shop@sha256:abc", f"oci://u:p@r/shop@{DIGEST}"],
)  # fmt: skip
def test_what_is_no_reference_is_refused(text):
    with pytest.raises(Fatal):
        parse(text)
