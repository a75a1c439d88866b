"""The Lambda entry against a real API server: an event in, one answer out, whatever happens."""

import base64
import io
import json
import types

import boto3
import pytest

from deployer import handler
from deployer.budget import UNLIMITED
from deployer.compose import Clients, Composed
from deployer.job import Answers
from deployer.log import Log
from deployer.outcome import Failed
from deployer.redact import Redactor
from tests.unit.deployer.test_job import EVENT, CodePipeline


class Ours(Clients):
    """moto's AWS, but EKS names the test's own API server and CodePipeline remembers what it was told."""

    def of(self, service, region=None):
        if service == "eks":
            return types.SimpleNamespace(describe_cluster=lambda name: {"cluster": self.session.cluster})
        return boto3.client(service, region_name="us-east-1")

    def keys(self):
        from deployer.kube.token import AwsKeys

        return AwsKeys("AK", "CANARY-SECRET", "CANARY-SESSION")


@pytest.fixture
def told(place):
    dev = place()
    ca = base64.b64encode(dev.plane.ca.encode()).decode()
    cluster = {"status": "ACTIVE", "endpoint": dev.plane.url, "certificateAuthority": {"data": ca}}
    redactor, stream, pipeline = Redactor(), io.StringIO(), CodePipeline()
    base = Composed(
        Ours(types.SimpleNamespace(cluster=cluster)), Answers(pipeline, redactor.clean), redactor, Log(redactor, stream)
    )
    target = {
        "service": "shop", "environment": "dev", "namespace": dev.namespace, "ledger": "shop-releases",
        "cluster": {"name": "shop", "region": "us-east-1"}, "deliveries": [{"kind": "manifests", "path": "manifests"}],
        "images": {"web": "123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/web"},
    }  # fmt: skip
    return types.SimpleNamespace(base=base, environ={"SHIPLINE_TARGET": json.dumps(target)}, stream=stream, place=dev)


def test_a_cluster_that_does_not_know_the_role_ends_the_job_with_the_remedy(told):
    outcome = handler.run(EVENT, told.base, UNLIMITED, told.environ)
    assert isinstance(outcome, Failed)
    assert outcome.kind == "PermissionError"
    assert "access entry" in outcome.message


def test_a_target_that_is_none_ends_the_job(told):
    outcome = handler.run(EVENT, told.base, UNLIMITED, {"SHIPLINE_TARGET": "{}"})
    assert isinstance(outcome, Failed)
    assert "cdk deploy" in outcome.message


def test_a_bug_ends_the_job_and_quotes_no_credential(told):
    told.base.clients.session.cluster["certificateAuthority"] = None
    outcome = handler.run(EVENT, told.base, UNLIMITED, told.environ)
    assert isinstance(outcome, Failed)
    assert outcome.message.startswith("The deployer itself failed: TypeError")
    assert "CANARY" not in outcome.message + told.stream.getvalue()
