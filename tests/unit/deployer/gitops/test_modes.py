"""Whole jobs of an environment that is delivered by commits: planned, approved, carried out, reported."""

import io
import json
import uuid
import zipfile
from collections.abc import Mapping
from typing import Any

import boto3
import pytest

from deployer import handler
from deployer.budget import UNLIMITED
from deployer.compose import Clients, Composed
from deployer.gitops.site import Site
from deployer.job import Answers
from deployer.log import Log
from deployer.outcome import Failed, Outcome, Succeeded
from deployer.reach import reach
from deployer.redact import Redactor
from deployer.target import read_target
from pipeline.config import load
from pipeline.config.target import shape
from tests.support.delivery import release_json, zipped
from tests.unit.deployer.gitops.conftest import PLACE, Environment
from tests.unit.deployer.test_job import CodePipeline
from tests.unit.pipeline.conftest import write_service

KEYS = {"accessKeyId": "k", "secretAccessKey": "s", "sessionToken": "t"}


class Jobs:
    """A pipeline's jobs for one environment, with their artifacts in S3 (moto)."""

    def __init__(self, dev: Environment) -> None:
        self.dev = dev
        self.session = boto3.Session(aws_access_key_id="k", aws_secret_access_key="s", region_name="us-east-1")
        self.s3 = self.session.client("s3")
        self.s3.create_bucket(Bucket="artifacts")
        body = zipped({"release.json": release_json()})
        self.s3.put_object(Bucket="artifacts", Key="release", Body=body)

    def run(self, **parameters: str) -> tuple[Outcome, dict[str, bytes]]:
        """The outcome of execution `pe`, and the files of the output artifact."""
        output = f"out-{uuid.uuid4().hex[:6]}"
        data = {
            "actionConfiguration": {"configuration": {"UserParameters": json.dumps(parameters)}},
            "inputArtifacts": [place("Release", "release")],
            "outputArtifacts": [place("Report", output)],
            "artifactCredentials": KEYS,
        }
        redactor = Redactor()
        answers = Answers(CodePipeline(), redactor.clean)
        base = Composed(Clients(self.session), answers, redactor, Log(redactor, self.dev.stream))
        event = {"CodePipeline.job": {"id": "j", "data": data}}
        outcome = handler.run(event, base, UNLIMITED, {}, lambda base, environ: self._site(base))
        body = self.s3.get_object(Bucket="artifacts", Key=output)["Body"].read()
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            return outcome, {name: archive.read(name) for name in archive.namelist()}

    def _site(self, base: Composed) -> Site:
        from deployer.values import replace

        site: Site = replace(self.dev.site, log=base.log)
        return site


def place(name: str, key: str) -> Mapping[str, Any]:
    return {"name": name, "location": {"s3Location": {"bucketName": "artifacts", "objectKey": key}}}


@pytest.fixture
def jobs(dev: Environment) -> Jobs:
    return Jobs(dev)


def test_what_was_read_is_what_is_committed(jobs: Jobs) -> None:
    planned, files = jobs.run(mode="plan", summary="400")
    assert isinstance(planned, Succeeded), planned
    assert planned.outputs["summary"].startswith(
        "Commit to config, envs/dev/kustomization.yaml: - newTag: v1 + digest: "
    )
    assert files["plan.diff"].decode().splitlines()[:2] == [
        "--- a/envs/dev/kustomization.yaml",
        "+++ b/envs/dev/kustomization.yaml",
    ]
    assert json.loads(files["plan.json"])["plan"]["digest"] == planned.outputs["plan"]
    assert not jobs.dev.pins("a")  # a plan commits nothing
    outcome, files = jobs.run(plan=planned.outputs["plan"], planned="pe")
    assert isinstance(outcome, Succeeded), outcome
    assert jobs.dev.pins("a")
    report = json.loads(files["report.json"])
    assert (report["result"], report["commit"], report["environment"]) == ("Succeeded", "c0ffee", "dev")
    nothing, _ = jobs.run(mode="plan")
    assert isinstance(nothing, Succeeded)
    assert nothing.outputs["summary"] == "Nothing to commit to config"


def test_another_change_than_the_one_that_was_read_is_refused(jobs: Jobs) -> None:
    outcome, _ = jobs.run(plan="0" * 64, planned="pe")
    assert isinstance(outcome, Failed)
    assert "is not what it was when the plan was read" in outcome.message
    again, _ = jobs.run(plan="0" * 64, planned="an earlier execution")  # going back has no plan of its own
    assert isinstance(again, Succeeded)


def test_a_mode_that_is_none_is_told(jobs: Jobs) -> None:
    outcome, _ = jobs.run(mode="dance")
    assert isinstance(outcome, Failed)
    assert "there is no mode 'dance'" in outcome.message


def test_the_function_understands_what_the_template_tells_it(tmp_path: Any) -> None:
    text = "name: shop\nsource: codecommit\nenvironments: [dev]\ngitops: {codecommit: config, by: argocd}\n"
    service = load(write_service(tmp_path, text))
    told = json.dumps(shape(service, service.environments[0], "us-east-1", "shop-releases", {}, {}))
    target = read_target(told)
    assert (target.gitops, target.deliveries) == (PLACE, ())
    environ = {"SHIPLINE_TARGET": told, "AWS_SECRET_ACCESS_KEY": "s", "AWS_ACCESS_KEY_ID": "k"}
    assert reach(environ) is None  # it would ask for an inventory that nobody may read there
    with pytest.raises(Exception, match="SHIPLINE_TARGET is not a target"):
        read_target(told.replace('"by": "argocd"', '"by": "cron"'))
