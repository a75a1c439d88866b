"""What Argo CD's and Flux's objects say of a release, status by status."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from deployer.gitops.place import Place
from deployer.gitops.reconcilers import argocd, flux

OURS = "0f3a" * 10
CASES = yaml.safe_load((Path(__file__).parent / "statuses.yaml").read_text())


def reached(revisions: Sequence[str]) -> bool:
    return OURS in revisions


@pytest.mark.parametrize("case", CASES["argocd"], ids=lambda case: case["case"])
def test_argo_cds_application(case: dict[str, Any]) -> None:
    state = argocd.judge({"spec": case.get("spec", {}), "status": case["status"]}, reached)
    assert (state.word, state.told) == (case["is"], case["told"])


@pytest.mark.parametrize("case", CASES["flux"], ids=lambda case: case["case"])
def test_fluxs_kustomization(case: dict[str, Any]) -> None:
    found = {"metadata": {"generation": 3}, "spec": {"wait": True, **case.get("spec", {})}, "status": case["status"]}
    state = flux.judge(found, reached)
    assert (state.word, state.told) == (case["is"], case["told"])


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({"wait": True}, ""),
        ({"healthChecks": [{"kind": "Deployment"}]}, ""),
        ({}, "it does not watch what it applies: give it `spec.wait: true`, or `healthChecks`"),
        ({"wait": True, "suspend": True}, "it is suspended: flux resume kustomization"),
    ],
)
def test_a_kustomization_that_proves_nothing_is_refused(spec: dict[str, Any], reason: str) -> None:
    assert flux.refusal({"spec": spec}) == reason


def test_the_objects_are_where_the_apis_have_them() -> None:
    place = Place("config", "main", ".", "argocd", "shop-dev", "argo")
    assert argocd.path(place) == "/apis/argoproj.io/v1alpha1/namespaces/argo/applications/shop-dev"
    assert flux.path(place) == "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/argo/kustomizations/shop-dev"
