"""What the API server is told of a namespace."""

from typing import Any

from namespaces.objects import Apply, Clear, of_cluster, of_namespace
from namespaces.request import wanted


def asked(**more: Any) -> Any:
    return wanted(
        {"ClusterName": "shop", "Service": "shop", "Namespaces": [{"Name": "shop-dev", "Environment": "dev", **more}]}
    )


def applied(**more: Any) -> dict[str, Any]:
    (namespace,) = asked(**more).namespaces
    steps = of_namespace("shop", namespace)
    return {step.manifest["kind"]: step for step in steps if isinstance(step, Apply)}


def test_labels_follow_the_template() -> None:
    (namespace,) = asked().namespaces
    first, *rest = of_namespace("shop", namespace)
    assert isinstance(first, Apply)
    assert first.about == "namespace shop-dev"
    assert not [key for key in first.manifest["metadata"]["labels"] if key.startswith("pod-security")]
    assert [type(step) for step in rest] == [Clear, Clear, Clear]


def test_pod_security_is_enforced_and_warned_of_in_its_version() -> None:
    labels = applied(PodSecurity={"Level": "restricted", "Version": "v1.36"})["Namespace"].manifest["metadata"][
        "labels"
    ]
    assert {key: value for key, value in labels.items() if key.startswith("pod-security.kubernetes.io/")} == {
        "pod-security.kubernetes.io/enforce": "restricted",
        "pod-security.kubernetes.io/enforce-version": "v1.36",
        "pod-security.kubernetes.io/warn": "restricted",
        "pod-security.kubernetes.io/warn-version": "v1.36",
    }


def test_a_quota_brings_requests_for_what_it_counts() -> None:
    made = applied(Quota={"cpu": "10", "pods": "50"})
    assert made["ResourceQuota"].manifest["spec"] == {"hard": {"requests.cpu": "10", "pods": "50"}}
    assert made["LimitRange"].manifest["spec"] == {"limits": [{"type": "Container", "defaultRequest": {"cpu": "100m"}}]}
    assert made["ResourceQuota"].manifest["metadata"]["labels"]["shipline.dev/namespace-rule"] == "true"


def test_a_quota_of_pods_alone_needs_no_requests() -> None:
    assert set(applied(Quota={"pods": "50"})) == {"Namespace", "ResourceQuota"}


def test_isolated_pods_reach_their_own_namespace_and_dns() -> None:
    spec = applied(Isolate="true")["NetworkPolicy"].manifest["spec"]
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    assert spec["ingress"] == [{"from": [{"podSelector": {}}]}]
    assert spec["egress"][0] == {"to": [{"podSelector": {}}]}
    assert {port["port"] for port in spec["egress"][1]["ports"]} == {53}


def test_the_cluster_is_told_to_enforce_policies_only_when_asked() -> None:
    assert of_cluster(asked()) == []
    properties = {"ClusterName": "shop", "Service": "shop", "Namespaces": [], "NetworkPolicyController": "true"}
    (step,) = of_cluster(wanted(properties))
    assert step.about == "configmap kube-system/amazon-vpc-cni"


DISKS = {
    "Name": "gp3",
    "Provisioner": "ebs.csi.aws.com",
    "Parameters": {"type": "gp3", "encrypted": "true"},
    "Default": "true",
    "WaitForPod": "true",
    "Grows": "true",
}
FILES = {"Name": "efs", "Provisioner": "efs.csi.aws.com", "Parameters": {"fileSystemId": "fs-1"}}


def test_storage_classes_are_the_clusters() -> None:
    steps = of_cluster(wanted({"ClusterName": "shop", "Service": "shop", "Namespaces": [], "StorageClasses": [DISKS]}))
    (step,) = [step for step in steps if isinstance(step, Apply)]
    assert (step.path, step.about) == ("/apis/storage.k8s.io/v1/storageclasses/gp3", "storageclass gp3")
    assert step.manifest == {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "gp3", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
        "provisioner": "ebs.csi.aws.com",
        "parameters": {"type": "gp3", "encrypted": "true"},
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "WaitForFirstConsumer",
        "allowVolumeExpansion": True,
    }


def test_a_class_is_no_default_and_waits_for_nobody_unless_it_is_said() -> None:
    steps = of_cluster(wanted({"ClusterName": "shop", "Service": "shop", "Namespaces": [], "StorageClasses": [FILES]}))
    (manifest,) = [step.manifest for step in steps if isinstance(step, Apply)]
    assert manifest["metadata"] == {"name": "efs"}
    assert (manifest["volumeBindingMode"], manifest["allowVolumeExpansion"]) == ("Immediate", False)
