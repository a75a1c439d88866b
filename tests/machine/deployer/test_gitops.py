"""Releases as commits, with git and a cluster that are real: CodeCommit's API over a bare repository, git over HTTP, an
API server with RBAC. The reconciler is a stand-in: it clones, applies by kubectl, and writes an Application's status as
Argo CD would; of images that the test calls bad it says Degraded. Argo CD itself is not run.
"""

import dataclasses
import io
import ssl
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deployer.budget import UNLIMITED
from deployer.gitops.deliver import deliver
from deployer.gitops.place import Place
from deployer.gitops.repository import CodeCommit
from deployer.gitops.site import Site, Watcher
from deployer.kube.client import MERGE, Endpoint, Kube
from deployer.kube.errors import Forbidden
from deployer.ledger.dynamodb import DynamoLedger
from deployer.log import Log
from deployer.outcome import Failed, Outcome, Succeeded
from deployer.redact import Redactor
from deployer.release import NAME
from deployer.target import Target
from deployer.world import Request
from local.context import Credentials
from namespaces.eks import ApiServer
from namespaces.kubernetes import carry_out
from namespaces.readers import of_reader
from namespaces.request import Reader
from tests.support.controlplane import TOKEN, ControlPlane
from tests.support.delivery import HOST, AnyImage, deployment, layer_tools, release_json
from tests.support.engine_rig import Rig, engine_rig
from tests.unit.git.test_push import Checkout, environment

SPEED = 20  # of the deployer's clock: what takes it a minute takes three seconds
PLACE = Place("config", "main", "envs/dev", "argocd", "shop-dev", "argocd")
READER = Reader("shipline:shop-dev", "dev", "argocd", "argoproj.io", "applications", "shop-dev")
APPLICATION = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications"
KUSTOMIZATION = f"resources: [web.yaml]\nimages:\n  - name: {HOST}/shop/web\n    newTag: never-built\n"
CRD = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "applications.argoproj.io", "annotations": {"api-approved.kubernetes.io": "unapproved"}},
    "spec": {
        "group": "argoproj.io",
        "scope": "Namespaced",
        "names": {"kind": "Application", "plural": "applications", "singular": "application"},
        "versions": [
            {
                "name": "v1alpha1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
            }
        ],
    },
}


class StandIn(threading.Thread):
    """What a reconciler does, as far as a deployer sees it."""

    def __init__(self, plane: ControlPlane, checkout: Checkout, kubectl: str) -> None:
        super().__init__(daemon=True)
        self.plane, self.checkout, self.kubectl = plane, checkout, kubectl
        self.bad: set[str] = set()
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.wait(0.3):
            self.checkout.git("pull", "-q", self.checkout.url, "main")
            revision = self.checkout.git("rev-parse", "HEAD").stdout.strip()
            folder = self.checkout.folder / PLACE.path
            apply = [
                self.kubectl,
                "--kubeconfig",
                str(self.plane.kubeconfig),
                "apply",
                "-n",
                "shop-dev",
                "-k",
                str(folder),
            ]
            subprocess.run(apply, check=True, capture_output=True, timeout=60)
            text = (folder / "kustomization.yaml").read_text()
            health = "Degraded" if any(digest in text for digest in self.bad) else "Healthy"
            sync = {"status": "Synced", "revision": revision}
            status = {"status": {"sync": sync, "health": {"status": health}}}
            self.plane.admin.request("PATCH", f"{APPLICATION}/shop-dev", body=status, content=MERGE)


@dataclasses.dataclass
class Dev:
    site: Site

    def release(self, letter: str) -> Outcome:
        def fetch(folder: Path) -> None:
            (folder / NAME).write_text(release_json(images={"web": letter}))

        request = Request(uuid.uuid4().hex, uuid.uuid4().hex, uuid.uuid4().hex, fetch)
        return deliver(self.site, request, UNLIMITED, lambda release: None)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with engine_rig(tmp_path / "rig") as rig:
        yield rig


@pytest.fixture
def checkout(rig: Rig, tmp_path: Path) -> Checkout:
    """The configuration repository with its first commit, pushed by git."""
    made = rig.client("codecommit").create_repository(repositoryName="config")["repositoryMetadata"]
    owner = Credentials(rig.home.addresses.access_key, rig.home.addresses.secret_key, "")
    work = Checkout(tmp_path / "work", made["cloneUrlHttp"], environment(rig, owner))
    work.folder.mkdir()
    work.git("init", "-q", "-b", "main")
    (work.folder / PLACE.path).mkdir(parents=True)
    work.commit(f"{PLACE.path}/web.yaml", deployment(image=f"{HOST}/shop/web").encode())
    work.commit(f"{PLACE.path}/kustomization.yaml", KUSTOMIZATION.encode())
    work.git("push", "-q", work.url, "main")
    return work


@pytest.fixture
def cluster(plane: ControlPlane) -> ControlPlane:
    """With Argo CD's kind, and an Application that nobody has reconciled yet."""
    admin = plane.admin
    admin.request("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", body=CRD)
    for name in ("argocd", "shop-dev"):
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        admin.request("POST", "/api/v1/namespaces", body=namespace)
    for name in ("shop-dev", "another"):
        body = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": name}}
        _patiently(lambda body=body: admin.request("POST", APPLICATION, body=body))  # type: ignore[misc]
    return plane


def _patiently(work: Any) -> None:
    """A kind is served a moment after its definition is there."""
    until = time.monotonic() + 20
    while True:
        try:
            work()
            return
        except Exception:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


@pytest.fixture
def dev(rig: Rig, cluster: ControlPlane, tmp_path: Path) -> Iterator[Dev]:
    tls = ssl.create_default_context(cadata=cluster.ca)
    tls.load_cert_chain(*cluster.certificate(tmp_path, f"/O={READER.group}/CN=deployer"))
    kube = Kube(Endpoint(cluster.url, cluster.ca, "the deployer"), lambda renew=False: "", tls=tls)
    target = Target(
        "shop", "dev", "shop-dev", "shop", "us-east-1", "shop-releases", {"web": f"{HOST}/shop/web"}, (), gitops=PLACE
    )
    dynamodb = rig.client("dynamodb")
    dynamodb.create_table(
        TableName="shop-releases",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
    redactor = Redactor()
    yield Dev(
        Site(
            target,
            PLACE,
            Watcher(kube, PLACE),
            CodeCommit(rig.client("codecommit"), PLACE),
            DynamoLedger(dynamodb, "shop-releases", "shop", "dev"),
            AnyImage(),
            None,
            None,
            redactor,
            Log(redactor, io.StringIO()),
            clock=lambda: time.monotonic() * SPEED,
            sleep=lambda seconds: time.sleep(seconds / SPEED),
        )
    )
    kube.close()


def live(plane: ControlPlane) -> str:
    found = plane.admin.get("/apis/apps/v1/namespaces/shop-dev/deployments/web")
    return str(found["spec"]["template"]["spec"]["containers"][0]["image"])


def test_a_release_goes_through_git_into_the_cluster_and_a_bad_one_goes_back(
    dev: Dev, cluster: ControlPlane, checkout: Checkout
) -> None:
    before = dev.site.repository.head()
    refused = dev.release("a")
    assert isinstance(refused, Failed)
    assert 'cannot get resource "applications" in API group "argoproj.io"' in refused.message
    assert "Deploy the cluster stack again" in refused.message
    assert dev.site.repository.head() == before

    carry_out(ApiServer(cluster.url, cluster.ca, TOKEN), of_reader("shop", READER))
    _patiently(lambda: dev.site.cluster.refuse())
    with pytest.raises(Forbidden):
        dev.site.cluster.kube.get(f"{APPLICATION}/another")
    with pytest.raises(Forbidden):
        dev.site.cluster.kube.get("/api/v1/namespaces/shop-dev/pods")

    reconciler = StandIn(cluster, checkout, layer_tools().kubectl)
    reconciler.bad.add("b" * 64)
    reconciler.start()
    try:
        outcome = dev.release("a")
        assert isinstance(outcome, Succeeded), outcome
        assert live(cluster) == f"{HOST}/shop/web@sha256:{'a' * 64}"
        checkout_of_another = Checkout(checkout.folder.parent / "other", checkout.url, checkout.environ)
        checkout_of_another.folder.mkdir()
        checkout_of_another.git("clone", "-q", checkout.url, ".")
        checkout_of_another.commit("README", b"by hand\n")
        checkout_of_another.git("push", "-q", checkout.url, "main")
        failed = dev.release("b")
        assert isinstance(failed, Failed)
        assert f"dev is back at release {outcome.number} by commit" in failed.message
        assert live(cluster) == f"{HOST}/shop/web@sha256:{'a' * 64}"
    finally:
        reconciler.ended.set()
        reconciler.join()
    log = checkout.git("log", "--format=%an: %s", "main").stdout.splitlines()
    assert log[:3] == [
        f"Shipline: Release {outcome.number + 1} of shop failed in dev: back to release {outcome.number}",
        f"Shipline: Release {outcome.number + 1} of shop to dev",
        "A: Add README",
    ]
