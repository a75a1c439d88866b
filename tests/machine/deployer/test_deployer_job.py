"""Whole jobs against a real API server and a bucket: planned, approved, carried out, reported; and bad days of each."""

import dataclasses
import io
import json
import time
import types
import uuid
import zipfile

import boto3
import pytest

from deployer import handler
from deployer.aws import EcrRegistry
from deployer.budget import UNLIMITED, Budget
from deployer.compose import Clients, Composed
from deployer.job import Answers
from deployer.ledger import Held
from deployer.ledger.dynamodb import DynamoLedger
from deployer.log import Log
from deployer.outcome import Continue, Failed, Succeeded
from deployer.redact import Redactor
from tests.support.delivery import HOST, config_map, deployment, digest, release_json, zipped
from tests.unit.deployer.test_job import CodePipeline

BUCKET = "artifacts"
CONFIGS, DEPLOYMENTS, SECRETS = "api/v1/configmaps", "apis/apps/v1/deployments", "api/v1/secrets"
KEYS = {"accessKeyId": "CANARYACCESSKEY", "secretAccessKey": "CANARY-SECRET-KEY", "sessionToken": "CANARY-SESSION"}


@dataclasses.dataclass
class Pipeline(CodePipeline):
    """Names the execution whose job is asked for."""

    execution: str = ""
    attempt: str = ""

    def __post_init__(self):
        super().__init__()

    def get_job_details(self, jobId):  # noqa: N803 (boto3's name)
        context = {"pipelineExecutionId": self.execution, "action": {"actionExecutionId": self.attempt}}
        return {"jobDetails": {"id": jobId, "data": {"pipelineContext": context}}}


@dataclasses.dataclass
class Action:
    """The deployer's actions in the pipeline of one target, each with its job's event, as CodePipeline makes them."""

    place: object
    stream: io.StringIO = dataclasses.field(default_factory=io.StringIO)

    @property
    def s3(self):
        return boto3.client("s3", region_name="us-east-1")

    def built(self, files, key="shop/Release/one", **release):
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=zipped({"release.json": release_json(**release), **files}))
        return key

    def run(self, release, execution, *, read="", token=None, attempt="", budget=UNLIMITED, world=None, **parameters):
        """(outcome, files of the output artifact, what CodePipeline was told)."""
        output = f"shop/Out/{uuid.uuid4().hex[:7]}"
        inputs = [("Release", release), *([("Plan-prod", read)] if read else [])]
        data = {
            "actionConfiguration": {"configuration": {"UserParameters": json.dumps(parameters)}},
            "inputArtifacts": [artifact(*each) for each in inputs],
            "outputArtifacts": [artifact("Report-prod", output)],
            "artifactCredentials": KEYS,
        }
        if token:
            data["continuationToken"] = json.dumps(dataclasses.asdict(token))
        event = {"CodePipeline.job": {"id": "j", "accountId": "123456789012", "data": data}}
        redactor = Redactor()
        client = Pipeline(execution, attempt or uuid.uuid4().hex)
        session = boto3.Session(aws_access_key_id="k", aws_secret_access_key="s", region_name="us-east-1")
        base = Composed(Clients(session), Answers(client, redactor.clean), redactor, Log(redactor, self.stream))
        outcome = handler.run(event, base, budget, {}, world or self.world)
        base.answers.give("j", outcome)
        return types.SimpleNamespace(outcome=outcome, files=self.files(output), key=output, told=client.told)

    def world(self, base, environ):
        return dataclasses.replace(self.place.world(), redactor=base.redactor, log=base.log)

    def plan(self, release, execution, **more):
        return self.run(release, execution, mode="plan", summary="500", **more)

    def deploy(self, release, execution, plan=None, **more):
        if plan:
            variables = plan.outcome.outputs
            more = {"plan": variables["plan"], "planned": variables["execution"], "read": plan.key, **more}
        return self.run(release, execution, **more)

    def files(self, key):
        try:
            body = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        except self.s3.exceptions.NoSuchKey:
            return {}
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            return {name: archive.read(name).decode() for name in archive.namelist()}


def artifact(name, key):
    return {
        "name": name,
        "revision": None,
        "location": {"type": "S3", "s3Location": {"bucketName": BUCKET, "objectKey": key}},
    }


@pytest.fixture
def prod(place):
    found = Action(place(patience=20.0))
    found.s3.create_bucket(Bucket=BUCKET)
    return found


def web(**more):
    return {"manifests/web.yaml": deployment(**more)}


def versions(action):
    """Every object of the namespace that a release might write, by its resourceVersion."""
    admin, namespace = action.place.plane.admin, action.place.namespace
    found = {}
    for kind in (CONFIGS, DEPLOYMENTS, SECRETS):
        version, _, plural = kind.rpartition("/")
        for item in admin.get(f"/{version}/namespaces/{namespace}/{plural}")["items"]:
            found[kind, item["metadata"]["name"]] = item["metadata"]["resourceVersion"]
    found.pop((CONFIGS, "kube-root-ca.crt"), None)
    return found


def test_a_plan_is_read_and_nothing_is_written(prod):
    release = prod.built({**web(), "manifests/c.yaml": config_map("c", a="1")})
    before = versions(prod)
    done = prod.plan(release, "one")
    assert versions(prod) == before == {}
    assert isinstance(done.outcome, Succeeded), done.outcome
    outputs = done.told[0]["outputVariables"]
    assert len(outputs["plan"]) == 64
    assert outputs["execution"] == "one"
    assert outputs["summary"].startswith("2 created. creates")
    assert outputs["report"] == f"s3://{BUCKET}/{done.key}"
    assert set(done.files) == {"report.json", "report.txt", "plan.json", "plan.txt", "plan.diff"}
    assert "+ ConfigMap c: keys a\n" in done.files["plan.txt"]
    told = json.loads(done.files["plan.json"])
    assert (told["plan"]["digest"], told["commit"]) == (outputs["plan"], "c0ffee")


def test_a_plan_says_first_that_the_environment_is_held(prod):
    ledger = DynamoLedger(
        boto3.client("dynamodb", region_name="us-east-1"), "shop-releases", "shop", prod.place.target.environment
    )
    ledger.hold(Held(0, "me@desk", "2026-03-02T09:00:00Z", "the checkout " + 40 * "is slow "))
    done = prod.plan(prod.built(web()), "one")
    said = done.told[0]["outputVariables"]["summary"]
    assert said.startswith("The environment is held since 2026-03-02T09:00:00Z by me@desk: the checkout is slow")
    assert "… " in said
    assert ". First: shipline lift. 1 created." in said
    assert len(said) <= 500


def test_the_plan_that_was_read_is_carried_out_and_reported(prod):
    release = prod.built(web(replicas=2))
    done = prod.deploy(release, "one", prod.plan(release, "one"))
    assert isinstance(done.outcome, Succeeded), done.outcome
    report = json.loads(done.files["report.json"])
    assert (report["result"], report["release"], report["environment"]) == ("Succeeded", 1, prod.place.namespace)
    assert report["plan"]["digest"] == done.told[0]["outputVariables"].get("plan", report["plan"]["digest"])
    assert {each["stage"] for each in report["stages"]} >= {"apply", "wait", "close"}
    assert report["images"]["web"]["digest"] == digest("a")
    assert "+ Deployment web: 2 replicas" in done.files["report.txt"]
    assert done.told[0]["outputVariables"]["report"] == f"s3://{BUCKET}/{done.key}"


def test_a_second_plan_tells_fields_and_an_equal_one_has_the_same_digest(prod):
    first = prod.built(web(replicas=1))
    prod.deploy(first, "one")
    second = prod.built(web(replicas=2), "shop/Release/two")
    plan, again = prod.plan(second, "two"), prod.plan(second, "two")
    assert plan.outcome.outputs["plan"] == again.outcome.outputs["plan"]
    assert "spec.replicas: 1 → 2" in plan.files["plan.txt"]
    assert "-  replicas: 1\n+  replicas: 2\n" in plan.files["plan.diff"]
    assert plan.outcome.outputs["summary"] == "1 configured. changes Deployment web (replicas)."


def test_what_moved_since_the_plan_was_read_is_named_and_nothing_is_changed(prod):
    first = prod.built({**web(), "manifests/c.yaml": config_map("c", a="1")})
    prod.deploy(first, "one")
    second = prod.built({**web(replicas=2), "manifests/c.yaml": config_map("c", a="1")}, "shop/Release/two")
    plan = prod.plan(second, "two")
    path = f"/api/v1/namespaces/{prod.place.namespace}/configmaps/c"
    patch = "application/merge-patch+json"
    prod.place.plane.admin.request("PATCH", path, body={"data": {"a": "by hand"}}, content=patch)
    done = prod.deploy(second, "two", plan)
    assert isinstance(done.outcome, Failed)
    assert "ConfigMap c" in done.outcome.message
    assert "Nothing was changed." in done.outcome.message
    assert prod.place.get(DEPLOYMENTS, "web")["spec"]["replicas"] == 1
    assert f"Report: s3://{BUCKET}/{done.key}" in done.told[0]["failureDetails"]["message"]


def test_a_stage_that_goes_back_is_not_held_to_the_plan_of_then(prod):
    first, second = prod.built(web(replicas=1)), prod.built(web(replicas=2), "shop/Release/two")
    plan = prod.plan(first, "one")
    prod.deploy(first, "one", plan)
    prod.deploy(second, "two", prod.plan(second, "two"))
    back = prod.deploy(first, "a rollback", plan)
    assert isinstance(back.outcome, Succeeded), back.outcome
    assert prod.place.get(DEPLOYMENTS, "web")["spec"]["replicas"] == 1


def test_a_retry_goes_on_with_what_an_earlier_attempt_began_of_the_approved_plan(prod):
    release = prod.built(web(pod="crash"))
    plan = prod.plan(release, "one")
    first = prod.deploy(release, "one", plan)
    assert isinstance(first.outcome, Failed)
    assert prod.plan(release, "one").outcome.outputs["plan"] != plan.outcome.outputs["plan"]
    again = prod.deploy(release, "one", plan)
    assert "crash" in again.outcome.message.lower() or "exit code" in again.outcome.message, again.outcome
    assert "is not what it was when the plan was read" not in again.outcome.message


def test_a_failed_release_says_why_where_the_report_is_and_what_runs_now(prod):
    prod.deploy(prod.built(web()), "one")
    broken = prod.built(web(pod="crash", image="shop/web"), "shop/Release/two")
    done = prod.deploy(broken, "two")
    assert isinstance(done.outcome, Failed)
    message = done.told[0]["failureDetails"]["message"]
    assert message.endswith(f"Report: s3://{BUCKET}/{done.key}")
    assert "is back at release 1, and healthy" in message
    report = json.loads(done.files["report.json"])
    assert report["result"] == "Failed"
    assert {"failed", "restored"} <= {each["event"] for each in report["events"]}
    assert {"restore", "settle"} <= {each["stage"] for each in report["stages"]}
    assert "is back at release 1" in done.files["report.txt"]


def test_a_release_over_several_invocations_has_one_report(prod):
    release = prod.built(web(pod="6"))
    done = prod.run(release, "long", attempt="a", budget=seconds(2.5))
    parts = 1
    while isinstance(done.outcome, Continue):
        assert done.files == {}
        done = prod.run(release, "long", attempt="a", token=done.outcome.token, budget=seconds(2.5))
        parts += 1
    assert isinstance(done.outcome, Succeeded), done.outcome
    assert parts > 1
    report = json.loads(done.files["report.json"])
    assert report["plan"]["counts"] == {"created": 1}
    assert [each["stage"] for each in report["stages"]].count("wait") >= 1
    assert {"apply", "close"} <= {each["stage"] for each in report["stages"]}
    assert report["seconds"] > 4
    assert prod.place.get(SECRETS, "shipline-shop.report") is None


def seconds(count):
    until = time.monotonic() + count
    return Budget(lambda: until - time.monotonic(), 0.0)


def test_an_artifact_that_was_replaced_between_invocations_is_refused(prod):
    prod.deploy(prod.built(web()), "one")
    release = prod.built(web(pod="60"), "shop/Release/two")
    begun = prod.run(release, "two", attempt="a", budget=seconds(3))
    assert isinstance(begun.outcome, Continue)
    prod.built(web(replicas=9), "shop/Release/two")
    done = prod.run(release, "two", attempt="a", token=begun.outcome.token)
    assert isinstance(done.outcome, Failed)
    assert "the input artifact: it is not the one that this release was begun from" in done.outcome.message
    assert "is back at release 1, and healthy" in done.outcome.message
    assert prod.place.get(DEPLOYMENTS, "web")["spec"]["replicas"] == 1


def test_an_artifact_that_was_replaced_before_a_retry_is_refused(prod):
    release = prod.built(web(pod="crash"))
    assert isinstance(prod.deploy(release, "one").outcome, Failed)
    prod.built(web(replicas=9))
    done = prod.deploy(release, "one")
    assert "was replaced meanwhile" in done.outcome.message
    assert prod.place.get(DEPLOYMENTS, "web")["spec"]["replicas"] == 1


def test_an_artifact_that_is_written_anew_with_the_same_bytes_goes_on(prod):
    prod.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    release = prod.built(web(pod="5"))
    done = prod.run(release, "long", attempt="a", budget=seconds(2.5))
    assert isinstance(done.outcome, Continue)
    body = prod.s3.get_object(Bucket=BUCKET, Key=release)["Body"].read()
    prod.s3.put_object(Bucket=BUCKET, Key=release, Body=body)
    done = prod.run(release, "long", attempt="a", token=done.outcome.token)
    assert isinstance(done.outcome, Succeeded), done.outcome


def test_a_tag_that_moves_between_every_two_steps_moves_no_deployment(prod):
    ecr, moved = boto3.client("ecr", region_name="us-east-1"), []
    ecr.create_repository(repositoryName="shop/web")

    def push(content, tag="src-1"):
        kind = "application/vnd.oci.image.manifest.v1+json"
        # The layers: moto makes the digest of nothing else, and one of a hundred by chance where there are none.
        text = json.dumps({"schemaVersion": 2, "mediaType": kind, "layers": [{"digest": content}]})
        pushed = ecr.put_image(repositoryName="shop/web", imageTag=tag, imageManifest=text)
        return pushed["image"]["imageId"]["imageDigest"]

    def world(base, environ):
        made = prod.world(base, environ)
        log = made.log.also(lambda line: moved.append(push(f"another {len(moved)}")))
        return dataclasses.replace(made, log=log, registry=EcrRegistry(ecr))

    tested = push("tested", "kept")  # moto drops images without a tag, which ECR does not
    assert push("tested") == tested
    images = {"web": {"repository": f"{HOST}/shop/web", "tag": "src-1", "digest": tested}}
    made = json.dumps({"schema": 1, "service": "shop", "commit": "c0ffee", "images": images})
    release = prod.built({"release.json": made, **web()})
    plan = prod.plan(release, "one", world=world)
    done = prod.deploy(release, "one", plan, world=world)
    assert isinstance(done.outcome, Succeeded), done.outcome
    assert len(set(moved)) > 5
    assert tested not in moved
    (container,) = prod.place.get(DEPLOYMENTS, "web")["spec"]["template"]["spec"]["containers"]
    assert container["image"] == f"{HOST}/shop/web@{tested}"
    assert done.outcome.outputs["digest_web"] == tested
    assert json.loads(done.files["report.json"])["images"]["web"]["digest"] == tested


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"service": "another"}, "a release of 'another'"),
        ({"images": {"stranger": "a"}}, "image 'stranger' is not one of the target's"),
    ],
)
def test_an_artifact_that_names_another_service_or_image_is_refused_by_plan_and_deployment(prod, words, said):
    release = prod.built(web(), **words)
    for done in (prod.plan(release, "one"), prod.deploy(release, "one")):
        assert isinstance(done.outcome, Failed)
        assert said in done.outcome.message
    assert prod.place.get(DEPLOYMENTS, "web") is None


def test_an_artifact_that_names_another_namespace_is_refused_by_plan_and_deployment(prod):
    manifest = json.loads(config_map("c", a="1"))
    manifest["metadata"]["namespace"] = "kube-system"
    release = prod.built({"manifests/c.yaml": json.dumps(manifest)})
    for done in (prod.plan(release, "one"), prod.deploy(release, "one")):
        assert "it is for namespace 'kube-system'" in done.outcome.message


def test_no_credential_of_the_job_and_no_secret_is_in_anything_that_is_written(prod):
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"p": "CANARY-IN-SECRET"}}
    crash = deployment(pod="crash", env=[{"name": "X", "value": "CANARY-IN-SECRET"}])
    for execution, files in (("one", web()), ("two", {"manifests/web.yaml": crash})):
        release = prod.built({**files, "manifests/s.yaml": json.dumps(secret)}, f"shop/Release/{execution}")
        secret["stringData"]["p"] = "CANARY-ANOTHER-ONE"
        for done in (prod.plan(release, execution), prod.deploy(release, execution)):
            said = json.dumps([done.told, done.files, repr(done.outcome)])
            assert "CANARY" not in said
            assert done.files
    assert "CANARY" not in prod.stream.getvalue()
    for line in prod.stream.getvalue().splitlines():
        assert json.loads(line)["event"]


def test_a_bug_is_reported_and_quotes_no_credential(prod):
    def broken(base, environ):
        raise TypeError(f"a bug that quotes {KEYS['secretAccessKey']}")

    done = prod.run(prod.built(web()), "one", world=broken)
    assert done.outcome.message.startswith("The deployer itself failed: TypeError")
    assert json.loads(done.files["report.json"])["result"] == "Failed"
    assert "CANARY" not in json.dumps([done.told, done.files]) + prod.stream.getvalue()


def test_a_mode_that_is_none_is_refused(prod):
    done = prod.run(prod.built(web()), "one", mode="destroy")
    assert "there is no mode 'destroy'" in done.outcome.message
    assert prod.place.get(DEPLOYMENTS, "web") is None


def test_an_artifact_that_is_gone_is_told(prod):
    release = prod.built(web())

    def without_a_place(base, environ):
        prod.s3.delete_object(Bucket=BUCKET, Key=release)
        return prod.world(base, environ)

    done = prod.run(release, "one", world=without_a_place)
    assert isinstance(done.outcome, Failed)  # the release's own artifact is gone: that is what is told
    assert "the input artifact" in done.outcome.message
