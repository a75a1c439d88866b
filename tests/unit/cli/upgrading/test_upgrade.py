"""`shipline upgrade`: the steps between two versions of Kubernetes, from a definition and what EKS says."""

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from cli.errors import OK, CommandError
from cli.main import create_parser
from cli.upgrading.live import AddonNow, Live
from cli.upgrading.plan import Upgrade, make
from cli.verbs import load as verb
from pipeline.config import load
from pipeline.config.cluster.plan import ClusterPlan
from tests.unit.cli.fakes import Pages, Screen

HEAD = "name: shop\nsource: codecommit\nenvironments: [{name: dev, pod_security: baseline}]\n"
VERSIONS = {  # of Kubernetes → of the add-on, the newest first, and which is the default
    "1.35": {"coredns": {"v1.14.2-eksbuild.4": True}, "old": {"v2.0.0-eksbuild.1": False, "v1.0.0-eksbuild.1": True}},
    "1.36": {"coredns": {"v1.14.9-eksbuild.1": True, "v1.14.2-eksbuild.4": False}, "old": {"v2.0.0-eksbuild.1": True}},
}


class Eks:
    """A cluster as EKS's API tells of it."""

    def __init__(self, version: str = "1.35", groups: dict[str, str] | None = None, broken: Any = None) -> None:
        self.version, self.broken = version, broken
        self.groups = {"general": "1.35"} if groups is None else groups
        self.addons = {"coredns": "v1.14.2-eksbuild.4", "old": "v1.0.0-eksbuild.1"}

    def describe_cluster(self, name: str) -> dict[str, Any]:
        if self.broken:
            raise self.broken
        return {"cluster": {"name": name, "version": self.version}}

    def get_paginator(self, operation: str) -> Pages:
        names = {"list_addons": ("addons", self.addons), "list_nodegroups": ("nodegroups", self.groups)}
        key, found = names[operation]
        return Pages(*({key: [name]} for name in found))

    def describe_addon(self, clusterName: str, addonName: str) -> dict[str, Any]:  # noqa: N803
        return {"addon": {"addonVersion": self.addons[addonName]}}

    def describe_nodegroup(self, clusterName: str, nodegroupName: str) -> dict[str, Any]:  # noqa: N803
        return {"nodegroup": {"version": self.groups[nodegroupName]}}

    def describe_addon_versions(self, addonName: str, kubernetesVersion: str) -> dict[str, Any]:  # noqa: N803
        found = VERSIONS[kubernetesVersion][addonName]
        versions = [
            {"addonVersion": name, "compatibilities": [{"defaultVersion": default}]} for name, default in found.items()
        ]
        return {"addons": [{"addonVersions": versions}]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("app/web/Dockerfile", "manifests/web.yaml"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    (tmp_path / "pipeline.yaml").write_text(
        HEAD + 'cluster: {version: "1.35", addons: {coredns: v1.14.2-eksbuild.4}}\n'
    )
    return tmp_path


def run(eks: Any, *argv: str) -> Screen:
    screen = Screen({"eks": eks})
    arguments = create_parser("upgrade").parse_args(["upgrade", *argv])
    assert verb("upgrade").run(arguments, screen.world) == OK
    return screen


def planned(folder: Path, live: Live, to: str) -> Upgrade:
    service = load(folder)
    assert isinstance(service.cluster, ClusterPlan)
    return make(service, service.cluster, live, to)


def test_steps_come_in_the_order_that_the_versions_allow(folder: Path) -> None:
    told = run(Eks(), str(folder), "--to", "1.36").text
    heads = [line.partition(". ")[2] for line in told.splitlines() if line[0].isdigit()]
    assert heads == [
        "look for what the new version lacks",
        "add-ons that the new version would not take",
        "control plane to 1.36",
        "release, and wait",
        "add-ons",
        "kube-proxy, vpc-cni",
        "node group general, 1.35 to 1.36",
    ]
    assert "old: v1.0.0-eksbuild.1 → v2.0.0-eksbuild.1" in told
    assert "coredns: v1.14.2-eksbuild.4 → v1.14.9-eksbuild.1" in told
    assert "addons: {coredns: v1.14.9-eksbuild.1} in pipeline.yaml" in told
    assert "aws eks update-addon --cluster-name shop --resolve-conflicts OVERWRITE --addon-name old" in told
    assert "1.35: standard support until 2027-03-27" in told
    assert "Namespaces with `pod_security`" in told


def test_every_step_says_whether_it_can_be_undone(folder: Path) -> None:
    told = json.loads(run(Eks(), str(folder), "--to", "1.36", "--output", "json").text)
    assert told["asked"] is True
    assert all(step["undo"] for step in told["steps"])
    (control_plane,) = [step for step in told["steps"] if step["title"].startswith("control plane")]
    assert control_plane["undo"].startswith("for 7 days")
    assert control_plane["commands"] == ['version: "1.36" in pipeline.yaml', "shipline plan", "cdk deploy shop-cluster"]


def test_the_control_plane_goes_one_minor_version_at_a_time(folder: Path) -> None:
    found = planned(folder, Live("1.33", groups={"a": "1.33"}), "1.36")
    moves = [step for step in found.steps if step.title.startswith("control plane")]
    assert [step.title for step in moves] == ["control plane to 1.34", "control plane to 1.35", "control plane to 1.36"]
    assert moves[0].commands == ("aws eks update-cluster-version --name shop --kubernetes-version 1.34",)
    assert any("release nothing at this version" in line for line in moves[0].told)
    assert not any("release nothing" in line for line in moves[1].told)


def test_nodes_that_would_be_too_old_come_first(folder: Path) -> None:
    found = planned(folder, Live("1.35", groups={"a": "1.32", "b": "1.33"}), "1.36")
    titles = [step.title for step in found.steps]
    assert titles.index("node group a, 1.32 to 1.35") < titles.index("control plane to 1.36")
    assert titles.index("node group b, 1.33 to 1.36") > titles.index("control plane to 1.36")
    assert "node group a, 1.35 to 1.36" not in titles


def test_what_kubernetes_drops_on_the_way_is_named(folder: Path) -> None:
    found = planned(folder, Live("1.31"), "1.36")
    assert "1.32 has no flowcontrol.apiserver.k8s.io/v1beta3." in found.steps[0].told


def test_what_stayed_behind_is_left_when_the_control_plane_is_there(folder: Path) -> None:
    text = run(Eks("1.36", {"general": "1.35", "new": "1.36"}), str(folder), "--to", "1.36").text
    heads = [line.partition(". ")[2] for line in text.splitlines() if line[0].isdigit()]
    assert [head for head in heads if head.startswith("node group")] == ["node group general, 1.35 to 1.36"]
    assert not [head for head in heads if head.startswith("control plane")]


def test_a_cluster_with_nothing_behind_says_until_when_it_is_supported(folder: Path) -> None:
    eks = Eks("1.35", {"general": "1.35"})
    eks.addons = {}
    assert "in standard support until 2027-03-27; newer: 1.36 (--to)" in run(eks, str(folder)).text


def test_addons_of_the_definition_stand_for_those_that_eks_was_not_asked_of(folder: Path) -> None:
    gone = EndpointConnectionError(endpoint_url="https://eks.example")
    text = run(Eks(broken=gone), str(folder), "--to", "1.36").text
    assert text.startswith("EKS was not asked (")
    assert "coredns: v1.14.2-eksbuild.4 → what EKS has for it" in text
    assert "node group NODEGROUP, 1.35 to 1.36" in text


def test_a_cluster_that_is_not_there_yet_is_planned_from_the_definition(folder: Path) -> None:
    missing = ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "No cluster found"}}, "Describe")
    assert "EKS was not asked (No cluster found)" in run(Eks(broken=missing), str(folder), "--to", "1.36").text


def test_auto_mode_replaces_its_machines_by_itself(folder: Path) -> None:
    (folder / "pipeline.yaml").write_text(HEAD + 'cluster: {version: "1.35", compute: auto}\n')
    titles = [step.title for step in planned(folder, Live("1.35"), "1.36").steps]
    assert titles[-1] == "machines of Auto Mode"
    assert not [title for title in titles if "node group" in title or "kube-proxy" in title]


def test_an_addon_that_fits_nothing_of_both_comes_after(folder: Path) -> None:
    live = Live("1.35", {"x": AddonNow("v1.0.0-eksbuild.1", fits=False, both=None, default="v3.0.0-eksbuild.1")})
    titles = [step.title for step in planned(folder, live, "1.36").steps]
    assert "add-ons that the new version would not take" not in titles
    assert titles.index("add-ons") > titles.index("control plane to 1.36")


@pytest.mark.parametrize(
    ("cluster", "argv", "said"),
    [
        ("{existing: main}", (), "not this service's to upgrade"),
        ('{version: "1.35"}', ("--to", "1.99"), "take one of 1.35, 1.36"),
        ('{version: "1.35"}', ("--to", "1.35"), "the cluster has 1.36 already"),
    ],
)
def test_what_cannot_be_planned_is_said(folder: Path, cluster: str, argv: tuple[str, ...], said: str) -> None:
    (folder / "pipeline.yaml").write_text(HEAD.replace(", pod_security: baseline", "") + f"cluster: {cluster}\n")
    with pytest.raises(CommandError, match=said):
        run(Eks("1.36"), str(folder), *argv)
