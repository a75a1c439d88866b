"""Kustomize overlays, rendered by the layer's kubectl."""

import pytest

from deployer.outcome import Failed, Succeeded
from deployer.target import Source
from tests.support.delivery import HOST, deployment, digest

BASE = {
    "manifests/base/kustomization.yaml": "resources: [web.yaml]\n",
    "manifests/base/web.yaml": deployment(),
}
OVERLAY = "manifests/overlays/dev"
DELIVERIES = (Source("kustomize", OVERLAY),)


def overlay(text):
    return {**BASE, f"{OVERLAY}/kustomization.yaml": text}


@pytest.mark.parametrize(
    "images",
    [
        "",
        "images:\n  - name: shop/web\n    newTag: latest\n",
        "images:\n  - name: shop/web\n    newName: elsewhere/shop/web\n    newTag: '1'\n",
        f"images: [{{name: shop/web, newName: {HOST}/shop/web, digest: 'sha256:{'0' * 64}'}}]\n",
        "images: [{name: shop/web}]\n",
    ],
    ids=["none", "tag", "renamed", "digest", "bare"],
)
def test_an_overlay_is_delivered_by_digest_whatever_its_images_say(place, images):
    dev = place(deliveries=DELIVERIES)
    text = f"resources: [../../base]\nnamespace: {dev.namespace}\nreplicas: [{{name: web, count: 2}}]\n"
    text += "configMapGenerator:\n  - name: settings\n    literals: [COLOR=blue]\n" + images
    outcome = dev.release(overlay(text))
    assert isinstance(outcome, Succeeded), outcome
    live = dev.get("apis/apps/v1/deployments", "web")
    assert live["spec"]["template"]["spec"]["containers"][0]["image"] == f"{HOST}/shop/web@{digest('a')}"
    assert live["spec"]["replicas"] == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("resources: [https://127.0.0.1:1/base]\n", "remote base"),
        ("resources:\n  - github.com/acme/base?ref=v1\n", "remote base"),
        ("resources: [../../../../../etc]\n", "outside the artifact"),
        ("resources: [../../base]\nhelmCharts: [{name: x, repo: https://x}]\n", "helmCharts"),
        ("resources: [../../base]\ntransformers: [x.yaml]\n", "transformers"),
        ("resources: [nowhere.yaml]\n", "nowhere.yaml"),
    ],
)
def test_what_would_fetch_execute_or_climb_is_refused(place, text, said):
    dev = place(deliveries=DELIVERIES)
    outcome = dev.release(overlay(text))
    assert isinstance(outcome, Failed)
    assert said in outcome.message
    assert "/tmp" not in outcome.message
