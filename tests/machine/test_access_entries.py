"""Stock tools against the cluster: EKS tokens, access entries, and what is left when an entry goes."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import RunningMachine

CLUSTER, NAMESPACE, ROLE = "access-probe", "access-probe-dev", "access-probe"
POLICY = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy"


@pytest.fixture(scope="module")
def cluster(machine: RunningMachine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningMachine]:
    """A cluster of EKS's API, a namespace, and a role that the account may take."""
    iam, eks = machine.client("iam"), machine.client("eks")
    for name, principal in (
        ("access-probe-eks", {"Service": "eks.amazonaws.com"}),
        (ROLE, {"AWS": machine.home.account}),
    ):
        trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)
    subnets = [each["SubnetId"] for each in machine.client("ec2").describe_subnets()["Subnets"]]
    eks.create_cluster(
        name=CLUSTER,
        roleArn=arn(machine, "access-probe-eks"),
        resourcesVpcConfig={"subnetIds": subnets[:2]},
        accessConfig={"authenticationMode": "API"},
    )
    folder = tmp_path_factory.mktemp("kubeconfig")
    machine.run("kubectl", "create", "namespace", NAMESPACE)
    try:
        yield RunningMachine(machine.home, machine.environ | {"PROBE": str(folder)})
    finally:
        machine.run("kubectl", "delete", "namespace", NAMESPACE)
        eks.delete_cluster(name=CLUSTER)
        for name in ("access-probe-eks", ROLE):
            iam.delete_role(RoleName=name)


@pytest.fixture
def entry(cluster: RunningMachine) -> Iterator[dict[str, str]]:
    """An access entry of the role, which may edit one namespace."""
    eks = cluster.client("eks")
    target = {"clusterName": CLUSTER, "principalArn": arn(cluster, ROLE)}
    eks.create_access_entry(**target)
    scope = {"type": "namespace", "namespaces": [NAMESPACE]}
    eks.associate_access_policy(**target, policyArn=POLICY, accessScope=scope)
    try:
        yield target
    finally:
        if target["principalArn"] in eks.list_access_entries(clusterName=CLUSTER)["accessEntries"]:
            eks.delete_access_entry(**target)


def arn(machine: RunningMachine, role: str) -> str:
    return f"arn:aws:iam::{machine.home.account}:role/{role}"


def kubeconfig(cluster: RunningMachine, *more: str) -> str:
    path = Path(cluster.environ["PROBE"]) / f"config{len(more)}"
    cluster.run("aws", "eks", "update-kubeconfig", "--name", CLUSTER, "--kubeconfig", str(path), *more)
    return str(path)


def as_role(cluster: RunningMachine, *argv: str) -> Any:
    path = kubeconfig(cluster, "--role-arn", arn(cluster, ROLE))
    return cluster.run("kubectl", "--kubeconfig", path, *argv, check=False)


def bindings(cluster: RunningMachine) -> list[str]:
    listed = cluster.run("kubectl", "-n", NAMESPACE, "get", "rolebindings", "-l", "shipline.access-entry", "-o", "name")
    return listed.stdout.split()


def test_who_made_the_cluster_administers_it_with_stock_tools(cluster: RunningMachine) -> None:
    path = kubeconfig(cluster)
    seen = cluster.run("kubectl", "--kubeconfig", path, "auth", "can-i", "*", "*", "--all-namespaces")
    assert seen.stdout.strip() == "yes"
    user = json.loads(cluster.run("kubectl", "--kubeconfig", path, "auth", "whoami", "-o", "json").stdout)
    assert user["status"]["userInfo"]["username"] == f"arn:aws:iam::{cluster.home.account}:root"


@pytest.mark.usefixtures("entry")
def test_an_entry_opens_its_namespace_and_nothing_else(cluster: RunningMachine) -> None:
    made = as_role(cluster, "-n", NAMESPACE, "create", "configmap", "probe", "--from-literal=a=b")
    assert made.returncode == 0, made.stderr
    for argv in (["-n", "default", "get", "pods"], ["get", "nodes"], ["create", "namespace", "other"]):
        refused = as_role(cluster, *argv)
        assert refused.returncode != 0
        assert f'User "arn:aws:sts::{cluster.home.account}:assumed-role/{ROLE}/' in refused.stderr


def test_a_role_without_an_entry_may_do_nothing_and_is_named(cluster: RunningMachine) -> None:
    refused = as_role(cluster, "-n", NAMESPACE, "get", "pods")
    assert refused.returncode != 0
    assert "Forbidden" in refused.stderr
    assert f"assumed-role/{ROLE}/" in refused.stderr


def test_with_the_entry_gone_a_token_that_was_good_is_forbidden(
    cluster: RunningMachine, entry: dict[str, str], tmp_path: Path
) -> None:
    token = cluster.run("aws", "eks", "get-token", "--cluster-name", CLUSTER, "--role-arn", arn(cluster, ROLE)).stdout
    flags = [f"--server={cluster.home.kube_url}", f"--certificate-authority={cluster.home.kube_ca}"]
    flags += [f"--token={json.loads(token)['status']['token']}", "--kubeconfig", str(tmp_path / "none")]
    (tmp_path / "none").write_text("")
    look = ["kubectl", *flags, "-n", NAMESPACE, "get", "pods"]
    cluster.run(*look)
    cluster.client("eks").delete_access_entry(**entry)
    deadline = time.monotonic() + 10
    while bindings(cluster) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert bindings(cluster) == []
    refused = cluster.run(*look, check=False)
    assert "Forbidden" in refused.stderr


@pytest.mark.usefixtures("entry")
def test_bindings_of_others_are_left_alone(cluster: RunningMachine) -> None:
    cluster.run("kubectl", "-n", NAMESPACE, "create", "rolebinding", "mine", "--clusterrole=view", "--user=ann")
    assert as_role(cluster, "-n", NAMESPACE, "get", "pods").returncode == 0
    time.sleep(1.5)
    cluster.run("kubectl", "-n", NAMESPACE, "get", "rolebinding", "mine")
    cluster.run("kubectl", "-n", NAMESPACE, "delete", "rolebinding", "mine")
