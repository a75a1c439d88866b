import os
import tarfile

import pytest

from deployer.bump.references import Images
from deployer.errors import Fatal
from deployer.helm.sources import Sources
from deployer.render import Surroundings, Tools
from deployer.render.helm import render
from deployer.target import Source
from tests.support.charts import chart as operator
from tests.support.packed import entry, packed

CHART = {"Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n", "templates/web.yaml": "kind: X\n"}
CRD = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: x.example.com}\n"


def write(folder, files):
    for name, content in files.items():
        path = folder / "charts" / "shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder / "charts" / "shop"


def read(folder, files):
    return Sources.read(folder, write(folder, {**CHART, **files}))


def refused(folder, files):
    with pytest.raises(Fatal) as caught:
        read(folder, files)
    return str(caught.value)


LINK = {"kind": tarfile.SYMTYPE, "link": "/proc/self/environ"}
INNER = packed({"deep/Chart.yaml": "name: deep\nversion: 1.0.0\n"}, entry("deep/env", **LINK))
SHAPES = {
    "a link to a file outside": lambda at: (at / "env").symlink_to("/proc/self/environ"),
    "a relative link that climbs": lambda at: (at / "templates" / "x.yaml").symlink_to("../../../../etc/passwd"),
    "a link to a file inside": lambda at: (at / "copy").symlink_to("Chart.yaml"),
    "a link to a folder": lambda at: (at / "files").symlink_to("/proc/self"),
    "a link to nothing": lambda at: (at / "gone").symlink_to("/nowhere"),
    "a link as values": lambda at: (at / "values.yaml").symlink_to("/proc/self/environ"),
    "a link as lock": lambda at: (at / "Chart.lock").symlink_to("/etc/passwd"),
    "a link beside the chart": lambda at: (at.parent / "other").symlink_to("/"),
    "a hard link": lambda at: os.link(at / "Chart.yaml", at / "hard"),
    "a pipe": lambda at: os.mkfifo(at / "pipe"),
    "a link in a packed dependency": lambda at: pack(at, entry("sub/env", **LINK)),
    "a hard link in a packed dependency": lambda at: pack(at, entry("sub/h", kind=tarfile.LNKTYPE, link="/etc/passwd")),
    "a link in a packed dependency of a packed one": lambda at: pack(at, entry("sub/charts/deep.tgz", INNER)),
}


def pack(chart, *more):
    (chart / "charts").mkdir()
    data = packed({"sub/Chart.yaml": "name: sub\nversion: 1.0.0\n"}, *more)
    (chart / "charts" / "sub-1.0.0.tgz").write_bytes(data)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_link_is_refused_before_helm_starts(tmp_path, shape):
    chart = write(tmp_path, CHART)
    SHAPES[shape](chart)
    source = Source("helm", "charts/shop", "shop")
    no_helm = Tools(helm="/nonexistent/helm")
    with pytest.raises(Fatal, match=r"link|special file|pipe"):
        render(tmp_path, source, Images({}), no_helm, Surroundings("ns", "v1.36.3", ()))


def test_a_library_chart_is_refused_with_a_remedy(tmp_path):
    said = refused(tmp_path, {"Chart.yaml": CHART["Chart.yaml"] + "type: library\n"})
    assert "it is a library chart" in said
    assert "Deliver a chart of type `application`" in said


DEPENDS = CHART["Chart.yaml"] + "dependencies: [{name: sub, version: 1.x, repository: 'https://c.example.com'}]\n"
SUB = "apiVersion: v2\nname: sub\nversion: 1.4.0\n"


def test_a_dependency_is_found_as_a_folder_and_as_an_archive(tmp_path):
    assert "sub are not in its charts/" in refused(tmp_path / "a", {"Chart.yaml": DEPENDS})
    read(tmp_path / "b", {"Chart.yaml": DEPENDS, "charts/sub/Chart.yaml": SUB})
    read(tmp_path / "c", {"Chart.yaml": DEPENDS, "charts/sub-1.4.0.tgz": packed({"sub/Chart.yaml": SUB})})


def test_a_lock_of_other_dependencies_and_a_dependency_of_another_version_are_refused(tmp_path):
    """The lock of this chart is one that helm itself takes."""
    chart = {name.removeprefix("charts/operator/"): text for name, text in operator("operator").items()}
    read(tmp_path / "a", chart)
    other = chart["Chart.yaml"].replace(">=1.0.0", ">=1.1.0")
    assert "its lock is of other dependencies" in refused(tmp_path / "b", {**chart, "Chart.yaml": other})
    newer = chart["charts/agent/Chart.yaml"].replace("1.4.0", "1.4.1")
    said = refused(tmp_path / "c", {**chart, "charts/agent/Chart.yaml": newer})
    assert "its lock says agent 1.4.0, and its charts/ hold 1.4.1" in said
    assert "helm dependency build" in said


def test_crds_are_found_in_dependencies_but_not_among_templates(tmp_path):
    sub = packed({"sub/Chart.yaml": SUB, "sub/crds/b.yaml": CRD.replace("x.", "b.")})
    files = {"crds/a.yaml": CRD.replace("x.", "a."), "templates/crds/t.yaml": CRD, "crds/README.md": "# no"}
    found = read(tmp_path, {**files, "charts/sub-1.4.0.tgz": sub}).definitions()
    assert sorted(item["metadata"]["name"] for item in found) == ["a.example.com", "b.example.com"]


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ('{{ (lookup "v1" "Secret" "x" "y").data }}', True),
        ('{{- $x := lookup\n  "v1" "Secret" "x" "y" }}', True),
        ("# lookup is a word", False),
        ('{{ .Capabilities.APIVersions.Has "apps/v1" }}', False),
        ('{{ .Capabilities.APIVersions.Has "policy/v1beta1" }}', True),
        ('{{ .Capabilities.APIVersions.Has "monitoring.coreos.com/v1" }}', False),
    ],
)
def test_a_cluster_is_asked_only_for_what_flags_cannot_tell(tmp_path, text, asks):
    assert read(tmp_path / "a", {"templates/x.yaml": text}).asks({"apps/v1"}) is asks
    sub = packed({"sub/Chart.yaml": SUB, "sub/templates/x.yaml": text})
    assert read(tmp_path / "b", {"charts/sub-1.4.0.tgz": sub}).asks({"apps/v1"}) is asks
    assert read(tmp_path / "c", {"README.md": text}).asks({"apps/v1"}) is False
    assert read(tmp_path / "c", {}).asks({"apps/v1"}, [text]) is asks
