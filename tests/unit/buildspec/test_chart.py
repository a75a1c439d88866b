"""The service's own charts: what is packed, under which version, and what ECR has then."""

import hashlib
import itertools
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deployer.charts import archive
from tests.support.delivery import layer_tools
from tests.support.signing import HOST, Account, body, signing_account
from tools.shipline_build import chart, oci
from tools.shipline_build.fatal import Fatal
from tools.shipline_build.settings import Image

COMMIT = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"
DESCRIBED = "apiVersion: v2\nname: forum\nversion: 1.2.0 # of the chart\nappVersion: '7'\n"
FILES = {
    "Chart.yaml": DESCRIBED,
    "values.yaml": "colour: blue\n",
    "templates/web.yaml": "kind: ConfigMap\n",
    "templates/.draft": "no\n",
    "notes/a.md": "no\n",
    "ci/deep/values.yaml": "no\n",
    "keep/ci": "yes\n",
    "a.bak": "no\n",
    "files/b.bak": "no\n",
    "files/x1": "no\n",
    "files/x2": "yes\n",
    ".helmignore": "# what people do not need\n/notes\nci/\n*.bak\nfiles/x[^2]\n",
}
KEPT = {"Chart.yaml", "values.yaml", "templates/web.yaml", "keep/ci", "files/x2", ".helmignore"}
NUMBERS = itertools.count()
FORUM = Image("forum", f"{HOST}/shop/charts/forum", "charts/forum", "", {})


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def content(data: bytes) -> dict[str, str]:
    return {name: text.decode() for name, text in archive.files(data, "forum.tgz")}


def test_what_is_packed_is_what_helm_packs(tmp_path: Path) -> None:
    folder = write(tmp_path / "forum", FILES)
    made = chart.pack(FORUM, folder, COMMIT)
    assert set(content(made.archive)) == {f"forum/{name}" for name in KEPT}
    subprocess.run([layer_tools().helm, "package", folder], cwd=tmp_path, check=True, capture_output=True)
    theirs = content((tmp_path / "forum-1.2.0.tgz").read_bytes())
    assert set(theirs) == set(content(made.archive))
    (tmp_path / "ours.tgz").write_bytes(made.archive)
    shown = subprocess.run(
        [layer_tools().helm, "show", "chart", "ours.tgz"], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert "version: 1.2.0+0a1b2c3d4e5f" in shown.stdout


def test_the_version_gets_the_commit_and_nothing_else_changes(tmp_path: Path) -> None:
    made = chart.pack(FORUM, write(tmp_path, FILES), COMMIT)
    assert (made.version, made.tag) == ("1.2.0+0a1b2c3d4e5f", "1.2.0_0a1b2c3d4e5f")
    described = content(made.archive)["forum/Chart.yaml"]
    assert described == DESCRIBED.replace("1.2.0 #", '"1.2.0+0a1b2c3d4e5f" #')
    write(tmp_path, {"Chart.yaml": DESCRIBED.replace("1.2.0 # of the chart", '"1.2.0-rc.1+mine"')})
    assert chart.pack(FORUM, tmp_path, COMMIT).version == "1.2.0-rc.1+mine.0a1b2c3d4e5f"


def test_the_same_commit_makes_the_same_bytes_wherever_and_whenever(tmp_path: Path) -> None:
    first = write(tmp_path / "a", FILES)
    second = write(tmp_path / "b", dict(reversed(FILES.items())))
    (second / "values.yaml").chmod(0o600)
    made = chart.pack(FORUM, first, COMMIT)
    assert made == chart.pack(FORUM, second, COMMIT)
    assert made.manifest != chart.pack(FORUM, second, COMMIT.replace("0a", "0b")).manifest


@pytest.mark.parametrize(
    ("changes", "commit", "told"),
    [
        ({}, "", "COMMIT_ID is not set"),
        ({}, "main", "COMMIT_ID is main"),
        ({"Chart.yaml": "{apiVersion: v2, name: forum, version: 1.2.0}\n"}, COMMIT, "`version` once, on a line"),
        ({"Chart.yaml": f"{DESCRIBED}version: 2.0.0\n"}, COMMIT, "`version` once, on a line of its own"),
        ({".helmignore": "**/x\n"}, COMMIT, "does not know"),
    ],
)
def test_what_cannot_be_packed_is_told(tmp_path: Path, changes: dict[str, str], commit: str, told: str) -> None:
    write(tmp_path, {**FILES, **changes})
    with pytest.raises(Fatal, match=told):
        chart.pack(FORUM, tmp_path, commit)


def test_a_link_is_no_part_of_a_chart(tmp_path: Path) -> None:
    folder = write(tmp_path / "forum", FILES)
    (folder / "files/etc").symlink_to("/etc")
    with pytest.raises(Fatal, match="files/etc is a link"):
        chart.pack(FORUM, folder, COMMIT)


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with signing_account(tmp_path_factory.mktemp("account")) as made:
        yield made


def build(account: Account, key: str, commit: str, files: dict[str, str] | None = None) -> tuple[Any, Path]:
    """release.json of a build that pushes the chart, and the folder that it is in."""
    _, digest = account.image("web", f"beside a chart {next(NUMBERS)}")
    sources = {f"charts/forum/{name}": text for name, text in (files or FILES).items()}
    told = json.dumps({"forum": {"path": "charts/forum", "repository": FORUM.repository}})
    delivery = {"SHIPLINE_DELIVERY": '["charts"]', "SHIPLINE_CHARTS": told}
    folder = account.build(key, {"web": digest}, sources, COMMIT_ID=commit, **delivery)
    return json.loads((folder / "release.json").read_text()), folder


def test_a_chart_is_pushed_once_for_a_commit_and_release_json_names_its_digest(account: Account) -> None:
    said, _ = build(account, "", "a" * 40)
    entry = said["charts"]["forum"]
    assert entry == {**entry, "version": "1.2.0+aaaaaaaaaaaa", "tag": "1.2.0_aaaaaaaaaaaa"}
    manifest = oci.manifest_of(FORUM, entry["tag"])
    assert manifest is not None
    assert entry["digest"] == f"sha256:{hashlib.sha256(manifest.encode()).hexdigest()}"
    layer, config = json.loads(manifest)["layers"][0], json.loads(manifest)["config"]
    assert content(account.store.blobs[layer["digest"]])["forum/values.yaml"] == "colour: blue\n"
    assert json.loads(account.store.blobs[config["digest"]])["version"] == "1.2.0+aaaaaaaaaaaa"
    assert build(account, "", "a" * 40)[0]["charts"] == said["charts"]


def test_a_tag_that_holds_something_else_is_never_released(account: Account) -> None:
    build(account, "", "b" * 40)
    with pytest.raises(Fatal, match=r"1\.2\.0_bbbbbbbbbbbb is sha256:.* it was packed from other files"):
        build(account, "", "b" * 40, {**FILES, "values.yaml": "colour: red\n"})


def test_a_chart_is_signed_and_named_by_the_provenance(account: Account) -> None:
    said, folder = build(account, account.key(), "c" * 40)
    digest = said["charts"]["forum"]["digest"]
    assert len(account.signatures(FORUM, digest)) == 1
    subjects = {each["name"]: each["digest"]["sha256"] for each in body(folder)["subject"]}
    assert subjects[FORUM.repository] == digest.removeprefix("sha256:")


def test_a_chart_that_is_not_in_the_commit_is_told(account: Account) -> None:
    with pytest.raises(Fatal, match=r"charts/forum/Chart\.yaml is not in the commit"):
        build(account, "", "d" * 40, {"values.yaml": ""})
