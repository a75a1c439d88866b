"""What no cluster serves any more is found in manifests, kustomizations and charts, with its file and line."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.config import InvalidDefinition, load

Write = Callable[[str], Path]
GOOD = "name: shop\nsource: codecommit\nenvironments: [dev]\n"
BUDGET = "# of old\napiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: web}\n"
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n"


def told(folder: Path) -> str:
    with pytest.raises(InvalidDefinition) as caught:
        load(folder)
    return str(caught.value)


def put(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_manifest_is_found_with_its_line(service: Write) -> None:
    folder = put(service(GOOD + "deploy: [{manifests: plain}]\n"), {"plain/web.yaml": f"{SERVICE}---\n{BUDGET}"})
    assert (
        "deploy[0]: plain/web.yaml:6: policy/v1beta1 PodDisruptionBudget is served by no Kubernetes since 1.25"
        in told(folder)
    )
    assert "use policy/v1" in told(folder)


def test_only_what_a_kustomization_reaches_counts(service: Write) -> None:
    folder = put(service(GOOD + "deploy: [{kustomize: k/dev}]\n"), {
        "k/dev/kustomization.yaml": "resources: [../base]\n", "k/base/kustomization.yaml": "resources: [web.yaml]\n",
        "k/base/web.yaml": SERVICE, "k/base/unused.yaml": BUDGET,
    })  # fmt: skip
    load(folder)
    (folder / "k/base/web.yaml").write_text(BUDGET)
    assert "k/base/web.yaml:2" in told(folder)


def test_chart_that_asks_the_cluster_chooses_by_itself(service: Write) -> None:
    template = "{{- if true }}\n" + BUDGET + "{{- end }}\n"
    folder = put(service(GOOD + "deploy: [{chart: charts/web}]\n"), {"charts/web/templates/pdb.yaml": template})
    assert "charts/web/templates/pdb.yaml:3" in told(folder)
    asks = template.replace("true", '.Capabilities.APIVersions.Has "policy/v1beta1"')
    put(folder, {"charts/web/templates/pdb.yaml": asks})
    load(folder)


def test_app_mesh_has_ended(service: Write) -> None:
    mesh = "apiVersion: appmesh.k8s.aws/v1beta2\nkind: VirtualNode\nmetadata: {name: web}\n"
    said = told(put(service(GOOD + "deploy: [{manifests: plain}]\n"), {"plain/mesh.yaml": mesh}))
    assert "plain/mesh.yaml:1: VirtualNode is an object of AWS App Mesh, which ended on 2026-09-30" in said
    assert "VPC Lattice" in said


@pytest.mark.parametrize(
    "text", ["", "kind: Service\n", "apiVersion: batch/v1\nkind: CronJob\n", "- a\n", "apiVersion: a\n---\nkind: b\n"]
)
def test_anything_else_is_left_to_the_deployer(service: Write, text: str) -> None:
    load(put(service(GOOD + "deploy: [{manifests: plain}]\n"), {"plain/a.yaml": text}))
