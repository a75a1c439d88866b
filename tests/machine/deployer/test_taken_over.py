"""What other tools left in a namespace, and what the first release makes of it: with the real kubectl."""

import json
import os
import subprocess

import pytest

from deployer.outcome import Failed, Succeeded
from deployer.target import Source
from tests.support.charts import CHARTS, chart, helm
from tests.support.delivery import HOST, config_map, deployment, digest, layer_tools
from tests.support.desk import FAILED

CONFIGS, DEPLOYMENTS = "api/v1/configmaps", "apis/apps/v1/deployments"
APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
OLD = [{"name": "OLD", "value": "1"}]


def kubectl(dev, *words, given=""):
    argv = [layer_tools().kubectl, "--namespace", dev.namespace, *words]
    environ = {**os.environ, "KUBECONFIG": str(dev.plane.kubeconfig)}
    done = subprocess.run(argv, input=given, env=environ, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def managers(dev, name):
    """Who owns what somebody set: the controllers' own notes are theirs."""
    entries = dev.get(DEPLOYMENTS, name)["metadata"]["managedFields"]
    found = {(each["manager"], each["operation"]) for each in entries if not each.get("subresource")}
    return found - {("kube-controller-manager", "Update")}


def container(dev, name="web"):
    (found,) = dev.get(DEPLOYMENTS, name)["spec"]["template"]["spec"]["containers"]
    return found


def release(dev, **extra):
    return dev.release({"manifests/web.yaml": deployment(**extra)})


def succeed(dev, **extra):
    outcome = release(dev, **extra)
    assert isinstance(outcome, Succeeded), outcome
    return outcome


def test_a_workload_that_kubectl_applied_goes_on_as_the_releases_with_every_field(place):
    dev = place()
    kubectl(dev, "apply", "-f", "-", given=deployment(image=f"{HOST}/shop/web:1", env=OLD))
    kubectl(dev, "apply", "-f", "-", given=config_map("beside", a="1"))
    before = dev.get(DEPLOYMENTS, "web")["metadata"]["uid"]
    succeed(dev)
    live = dev.get(DEPLOYMENTS, "web")
    assert live["metadata"]["uid"] == before
    assert container(dev)["image"] == f"{HOST}/shop/web@{digest('a')}"
    assert "env" not in container(dev)
    assert APPLIED not in live["metadata"]["annotations"]
    assert managers(dev, "web") == {("shipline", "Apply")}
    assert dev.get(CONFIGS, "beside")["data"] == {"a": "1"}  # what no release brought is no release's to delete


def test_an_image_that_kubectl_set_is_told_and_taken_over_when_the_target_says_so(place):
    dev = place()
    kubectl(dev, "apply", "-f", "-", given=deployment(image=f"{HOST}/shop/web:1"))
    kubectl(dev, "set", "image", "deployment/web", f"app={HOST}/shop/web:2")
    outcome = release(dev)
    assert isinstance(outcome, Failed)
    assert '.image (conflict with "kubectl-set"' in outcome.message
    assert container(dev)["image"] == f"{HOST}/shop/web:2"
    dev.force_conflicts = True
    succeed(dev)
    dev.force_conflicts = False
    assert container(dev)["image"] == f"{HOST}/shop/web@{digest('a')}"
    succeed(dev, env=OLD)  # the next one needs no force


def test_replicas_that_kubectl_scaled_are_told_unless_the_manifest_leaves_them_out(place):
    dev = place()
    kubectl(dev, "apply", "-f", "-", given=deployment())
    kubectl(dev, "scale", "deployment/web", "--replicas", "3")
    outcome = release(dev, replicas=2)
    assert isinstance(outcome, Failed)
    assert '.spec.replicas (conflict with "kubectl"' in outcome.message
    silent = json.loads(deployment())
    del silent["spec"]["replicas"]
    assert isinstance(dev.release({"manifests/web.yaml": json.dumps(silent)}), Succeeded)
    assert dev.get(DEPLOYMENTS, "web")["spec"]["replicas"] == 3


def test_what_people_patched_is_told(place):
    dev = place()
    kubectl(dev, "apply", "-f", "-", given=config_map("settings", a="1"))
    kubectl(dev, "patch", "configmap/settings", "--type", "merge", "--patch", '{"data": {"a": "2"}}')
    outcome = dev.release({"manifests/settings.yaml": config_map("settings", a="3")})
    assert isinstance(outcome, Failed)
    assert '.data.a (conflict with "kubectl-patch"' in outcome.message


def test_what_argo_cd_applied_is_told_and_its_own_fields_stay_when_it_is_forced(place):
    dev = place()
    theirs = deployment(image=f"{HOST}/shop/web:1", env=OLD)
    kubectl(dev, "apply", "--field-manager", "argocd-controller", "-f", "-", given=theirs)
    outcome = release(dev)
    assert isinstance(outcome, Failed)
    assert '.image (conflict with "argocd-controller"' in outcome.message
    dev.force_conflicts = True
    succeed(dev)
    assert container(dev)["image"] == f"{HOST}/shop/web@{digest('a')}"
    assert container(dev)["env"] == OLD


def test_what_server_side_apply_of_argo_cd_made_is_told_and_its_own_fields_stay_as_well(place):
    dev = place(force_conflicts=True)
    theirs = deployment(image=f"{HOST}/shop/web:1", env=OLD)
    kubectl(dev, "apply", "--server-side", "--field-manager", "argocd-controller", "-f", "-", given=theirs)
    succeed(dev)
    assert container(dev)["image"] == f"{HOST}/shop/web@{digest('a')}"
    assert container(dev)["env"] == OLD


def test_what_argo_cd_applied_goes_on_entirely_once_its_fields_were_handed_over(place):
    """kubectl moves the fields of whoever wrote the annotation of what was applied last."""
    dev = place()
    theirs = deployment(image=f"{HOST}/shop/web:1", env=OLD)
    kubectl(dev, "apply", "--field-manager", "argocd-controller", "-f", "-", given=theirs)
    kubectl(dev, "apply", "--server-side", "--force-conflicts", "--field-manager", "shipline", "-f", "-", given=theirs)
    succeed(dev)
    assert container(dev)["image"] == f"{HOST}/shop/web@{digest('a')}"
    assert "env" not in container(dev)
    assert managers(dev, "web") == {("shipline", "Apply")}


def test_kubectl_applies_the_old_manifest_again_and_the_next_release_names_it(place):
    """The way back: and two that apply the same objects do not go unnoticed."""
    dev = place()
    kubectl(dev, "apply", "-f", "-", given=deployment(image=f"{HOST}/shop/web:1"))
    succeed(dev)
    kubectl(dev, "apply", "-f", "-", given=deployment(image=f"{HOST}/shop/web:1"))
    assert container(dev)["image"] == f"{HOST}/shop/web:1"
    outcome = release(dev)
    assert isinstance(outcome, Failed)
    assert '.image (conflict with "kubectl-client-side-apply"' in outcome.message


@pytest.mark.parametrize("manager", ["kubectl-client-side-apply", "argocd-controller"])
def test_a_chart_whose_objects_came_without_helm_is_installed_over_them(place, manager):
    """As `helm template | kubectl apply` and Argo CD bring them, whose fields are handed over: no Helm release yet."""
    dev = place(deliveries=(Source("helm", "charts/shop", "shop", ("charts/shop/values-dev.yaml",)),))
    rendered = helm(dev, "helm4", "template", "shop", str(CHARTS / "shop"), "--set=image.tag=1,color=red")
    kubectl(dev, "apply", "--field-manager", manager, "-f", "-", given=rendered)
    if manager == "argocd-controller":
        kubectl(
            dev, "apply", "--server-side", "--force-conflicts", "--field-manager", "helm", "-f", "-", given=rendered
        )
    uid = dev.get(DEPLOYMENTS, "shop")["metadata"]["uid"]
    outcome = dev.release(chart("shop", replicas=2))
    assert isinstance(outcome, Succeeded), outcome
    live = dev.get(DEPLOYMENTS, "shop")
    assert (live["metadata"]["uid"], live["spec"]["replicas"]) == (uid, 2)
    assert "color" not in dev.get(CONFIGS, "settings")["data"]
    assert managers(dev, "shop") == {("helm", "Apply")}
    (listed,) = json.loads(helm(dev, "helm4", "list", "-o", "json"))
    assert (listed["name"], listed["revision"], listed["status"]) == ("shop", "1", "deployed")


def test_what_a_first_release_would_take_over_is_read_at_a_desk_before_it_happens(desk):
    desk.write({"manifests/web.yaml": deployment()})
    new = ("-f", "manifests", "--image", f"web={HOST}/shop/web@{digest('a')}")
    kubectl(desk, "apply", "-f", "-", given=deployment(image=f"{HOST}/shop/web:1"))
    assert "image: web:1 → web (sha256:aaaaaaaaaaaa)" in desk.run("diff", *new)
    kubectl(desk, "set", "image", "deployment/web", f"app={HOST}/shop/web:2")
    assert '.image (conflict with "kubectl-set"' in desk.run("diff", *new, code=FAILED)
    assert "1 configured" in desk.run("diff", *new, "--force-conflicts")
    assert (
        desk.plane.admin.get(f"/apis/apps/v1/namespaces/{desk.namespace}/deployments/web")["metadata"]["generation"]
        == 2
    )
