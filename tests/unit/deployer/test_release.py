import json

import pytest

from deployer.bump.references import Image
from deployer.errors import Fatal
from deployer.release import read_release

REPOSITORY = "123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/web"
IMAGE = {"repository": REPOSITORY, "tag": "src-1", "digest": "sha256:" + "a" * 64, "built": True}
RELEASE = {
    "schema": 1,
    "service": "shop",
    "commit": "c0ffee",
    "authored": "2026-01-01T00:00:00Z",
    "images": {"web": IMAGE},
}


def read(tmp_path, data):
    (tmp_path / "release.json").write_text(data if isinstance(data, str) else json.dumps(data))
    return read_release(tmp_path, "shop", {"web": REPOSITORY})


def test_a_release_is_read(tmp_path):
    release = read(tmp_path, RELEASE)
    assert (release.commit, release.authored) == ("c0ffee", "2026-01-01T00:00:00Z")
    assert release.images["web"].pinned == f"{REPOSITORY}@sha256:{'a' * 64}"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema": 2}, "schema 1"),
        ({"service": "other"}, "other"),
        ({"images": {"api": IMAGE}}, "not one of the target's"),
        ({"images": {"web": IMAGE | {"repository": "evil.example/shop/web"}}}, "target's repository"),
        ({"images": {"web": IMAGE | {"digest": "latest"}}}, "no digest"),
        ({"images": {"web": IMAGE | {"tag": "a b"}}}, "tag"),
        ({"images": []}, "mapping"),
    ],
)
def test_what_is_not_this_targets_release_is_refused(tmp_path, change, said):
    with pytest.raises(Fatal, match=said):
        read(tmp_path, RELEASE | change)


def test_an_artifact_without_a_release_says_who_writes_it(tmp_path):
    with pytest.raises(Fatal) as caught:
        read_release(tmp_path, "shop", {})
    assert "buildspec" in caught.value.remedy


DIGEST = IMAGE["digest"]
CHART = f"{REPOSITORY.removesuffix('web')}charts/forum"


def with_charts(tmp_path, charts):
    said = {"schema": 1, "service": "shop", "commit": "c", "images": {}, "charts": charts}
    (tmp_path / "release.json").write_text(json.dumps(said))
    return read_release(tmp_path, "shop", {}, {"forum": CHART})


def test_a_pushed_chart_is_read_by_version_and_digest(tmp_path):
    entry = {"repository": CHART, "version": "1.2.0+abc", "tag": "1.2.0_abc", "digest": DIGEST}
    found = with_charts(tmp_path, {"forum": entry, "other": {}})
    assert found.charts == {"forum": Image("forum", CHART, "1.2.0_abc", DIGEST)}
    assert read_release(tmp_path, "shop", {}).charts == {}  # of a target that takes none


@pytest.mark.parametrize(
    ("charts", "told"),
    [
        ({}, "names no chart forum, which is to come from its repository"),
        ([], "names no chart forum"),
        ("forum", "names no chart forum"),
        ({"forum": "x"}, "chart 'forum' must be a mapping"),
        ({"forum": {"repository": REPOSITORY, "tag": "1", "digest": DIGEST}}, "while the target's repository"),
        ({"forum": {"repository": CHART, "tag": "1", "digest": "latest"}}, "chart 'forum' has no digest"),
        ({"forum": {"repository": CHART, "tag": "", "digest": DIGEST}}, "chart 'forum' has no tag"),
        ({"forum": {"repository": CHART, "tag": "1:2", "digest": DIGEST}}, "has a tag that is none"),
    ],
)
def test_a_chart_that_is_not_as_the_target_wants_it_is_refused(tmp_path, charts, told):
    with pytest.raises(Fatal, match=told):
        with_charts(tmp_path, charts)
