"""A release really happens: the story of one service, by stock tools, in the order in which its team lives it."""

import json
import time

import pytest

from tests.machine.conftest import Release
from tests.machine.delivery import Delivery, wait_for

ENVIRONMENTS = ("dev", "staging", "prod")
CRASH = 'ENTRYPOINT ["python3", "-c", "import sys; sys.exit(\'no database at db:5432\')"]\n'

pytestmark = pytest.mark.timeout(420)


def crashing(dockerfile: str) -> str:
    return dockerfile.partition("ENTRYPOINT")[0] + CRASH


def test_the_first_push_reaches_prod_by_one_digest(shop: Delivery, first: Release):
    release = shop.release_json(first.execution)
    assert (release["commit"], release["author"]) == (first.commit, shop.git("log", "-1", "--format=%an", first.commit))
    digests = {image["repository"].partition("/")[2]: {image["digest"]} for image in release["images"].values()}
    assert set(digests) == {"shop/web", "shop/api"}
    for environment in ENVIRONMENTS:
        assert shop.running_digests(environment) == digests


def test_what_runs_answers_over_http_in_prod(shop: Delivery, first: Release):
    answer = json.loads(shop.kubectl("get", "--raw", "/api/v1/namespaces/shop-prod/services/web:http/proxy/"))
    assert answer["environment"] == "prod"
    assert answer["api"]["environment"] == "prod"


def test_unit_test_report_is_published(shop: Delivery, first: Release):
    build = shop.action(first.execution, "Build", "Build")["output"]["executionResult"]["externalExecutionId"]
    codebuild = shop.machine.client("codebuild")
    reports = codebuild.batch_get_builds(ids=[build])["builds"][0]["reportArns"]
    summary = codebuild.batch_get_reports(reportArns=reports)["reports"][0]["testSummary"]
    assert summary["total"] > 0
    assert summary["statusCounts"]["SUCCEEDED"] == summary["total"]


def test_ledger_shows_the_release_in_every_environment(shop: Delivery, first: Release):
    for environment in ENVIRONMENTS:
        newest = shop.ledger(environment)[0]
        assert (newest["status"], newest["commit"], newest["scan"]) == ("Succeeded", first.commit, "not scanned")
        assert newest["execution"] == first.execution
        assert newest["author"] == shop.git("log", "-1", "--format=%an", first.commit)


def test_helm_shows_the_chart_as_a_release(shop: Delivery, first: Release):
    listed = json.loads(shop.machine.run("helm", "list", "-n", "shop-prod", "-o", "json").stdout)
    assert [(each["name"], each["status"]) for each in listed] == [("api", "deployed")]
    history = json.loads(shop.machine.run("helm", "history", "api", "-n", "shop-prod", "-o", "json").stdout)
    assert history[-1]["status"] == "deployed"
    assert "kind: Deployment" in shop.machine.run("helm", "get", "manifest", "api", "-n", "shop-prod").stdout
    assert "STATUS: deployed" in shop.machine.run("helm", "status", "api", "-n", "shop-prod").stdout


def test_the_approval_showed_the_plan_and_each_deployment_left_a_report(shop: Delivery, first: Release):
    plan = shop.action(first.execution, "prod-approval", "Plan")["output"]
    shown = shop.action(first.execution, "prod-approval", "Approve")["input"]["resolvedConfiguration"]["CustomData"]
    assert plan["outputVariables"]["summary"] in shown
    assert "Deployment web" in plan["outputVariables"]["summary"]
    files = shop.files_of(first.execution, "prod-approval", "Plan")
    assert "+ Deployment web: " in files["plan.txt"].decode()
    assert plan["outputVariables"]["plan"] == json.loads(files["plan.json"])["plan"]["digest"]
    for environment in ENVIRONMENTS:
        report = json.loads(shop.files_of(first.execution, environment, "Deploy")["report.json"])
        assert (report["result"], report["environment"], report["commit"]) == ("Succeeded", environment, first.commit)
        assert {"apply", "wait"} <= {each["stage"] for each in report["stages"]}
    assert report["plan"]["digest"] == plan["outputVariables"]["plan"]


def test_without_the_rule_a_push_starts_nothing(shop: Delivery, first: Release):
    events = shop.machine.client("events")
    (rule,) = [rule["Name"] for rule in events.list_rules()["Rules"] if ':shop"' in rule.get("EventPattern", "")]
    events.disable_rule(Name=rule)
    try:
        before = len(shop.executions())
        shop.push("Nobody hears this")
        time.sleep(2)
        assert len(shop.executions()) == before
    finally:
        events.enable_rule(Name=rule)


def test_a_change_builds_only_what_changed_and_goes_everywhere(shop: Delivery, first: Release):
    before = shop.release_json(first.execution)["images"]
    edits = {"app/web/web.py": lambda text: text.replace('VERSION = "1.0.0"', 'VERSION = "1.1.0"')}
    _, execution, status = shop.release("A new front page", edits)
    assert status == "Succeeded", shop.describe()
    after = shop.release_json(execution)["images"]
    assert (after["web"]["built"], after["api"]["built"]) == (True, False)
    assert after["api"]["digest"] == before["api"]["digest"]
    assert after["web"]["digest"] != before["web"]["digest"]
    for environment in ENVIRONMENTS:
        assert shop.running_digests(environment)["shop/web"] == {after["web"]["digest"]}
    summary = shop.action(execution, "prod-approval", "Plan")["output"]["outputVariables"]["summary"]
    assert "changes Deployment web" in summary
    assert after["web"]["digest"][:19] in summary


def test_a_crash_stops_in_dev_which_goes_back_and_the_fix_needs_no_hand(shop: Delivery, first: Release):
    good = {environment: shop.running_digests(environment) for environment in ENVIRONMENTS}
    dockerfile = (shop.clone / "app/web/Dockerfile").read_text()
    _, execution, status = shop.release("Break the front page", {"app/web/Dockerfile": crashing})
    assert status == "Failed"
    error = shop.error(execution, "dev")
    assert "CrashLoopBackOff" in error or "exit code 1" in error, error
    assert "no database at db:5432" in error
    assert not shop.action_executions(execution, "staging")
    wait_for(lambda: shop.running_digests("dev") == good["dev"] or None, 30, "dev to run what it ran before")
    for environment in ("staging", "prod"):
        assert shop.running_digests(environment) == good[environment]
    wait_for(lambda: idle(shop) or None, 60, "the automatic rollback of the stage to end", shop.describe)

    _, execution, status = shop.release("Mend the front page", {"app/web/Dockerfile": dockerfile})
    assert status == "Succeeded", shop.describe()
    digest = shop.release_json(execution)["images"]["web"]["digest"]
    for environment in ENVIRONMENTS:
        assert shop.running_digests(environment)["shop/web"] == {digest}


@pytest.mark.parametrize(
    ("path", "broken", "stage", "told"),
    [
        ("app/web/Dockerfile", "FROM scratch\nRUN no-such-command\n", "Build", "does not build (app/web/Dockerfile)"),
        ("app/web/tests/test_web.py", "def test_sum():\n    assert 1 + 1 == 3\n", "Build", "pytest"),
        ("manifests/base/service.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: web\n", "dev", "service.yaml"),
        (
            "manifests/base/service.yaml",
            "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: eighty}]}\n",
            "dev",
            "eighty",
        ),
        ("charts/api/templates/service.yaml", "{{ .Values.nothing.here }}\n", "dev", "service.yaml"),
    ],
    ids=["dockerfile", "tests", "manifest-syntax", "manifest-schema", "chart"],
)
def test_a_broken_push_says_what_is_broken_and_changes_nothing(
    shop: Delivery, first: Release, path: str, broken: str, stage: str, told: str
):
    running = {environment: shop.running_digests(environment) for environment in ENVIRONMENTS}
    good = (shop.clone / path).read_text()
    _, execution, status = shop.release(f"Break {path}", {path: broken})
    shop.push(f"Mend {path}", {path: good})
    assert status == "Failed"
    error = shop.error(execution, stage, "Build" if stage == "Build" else "Deploy")
    assert told in error, error
    for environment in ENVIRONMENTS:
        assert shop.running_digests(environment) == running[environment]
    mended = shop.execution_of(shop.git("rev-parse", "HEAD"))
    assert shop.finish(mended) == "Succeeded", shop.describe()


def test_two_pushes_ten_seconds_apart_end_at_the_newer(shop: Delivery, first: Release):
    older = shop.push("Older", {"app/web/web.py": lambda text: text + "\n# older\n"})
    time.sleep(10)
    newer = shop.push("Newer", {"app/web/web.py": lambda text: text + "\n# newer\n"})
    older_execution, newer_execution = shop.execution_of(older), shop.execution_of(newer)
    assert shop.finish(newer_execution) == "Succeeded", shop.describe()
    assert shop.finish(older_execution) in {"Succeeded", "Superseded"}
    digest = shop.release_json(newer_execution)["images"]["web"]["digest"]
    for environment in ENVIRONMENTS:
        assert shop.running_digests(environment)["shop/web"] == {digest}


def test_a_waiting_release_is_superseded_by_a_newer_one(shop: Delivery, first: Release):
    holding = shop.execution_of(shop.push("Waits for its approval"))
    wait_for(lambda: at_approval(shop, holding) or None, 60, "the approval", shop.describe)
    waiting = shop.execution_of(shop.push("Waits behind it"))
    wait_for(lambda: inbound(shop, "prod-approval") == waiting or None, 60, "an inbound execution", shop.describe)
    newest = shop.execution_of(shop.push("Is newer"))
    assert shop.finish(waiting, approve=False) == "Superseded"
    assert shop.finish(holding) == "Succeeded"
    assert shop.finish(newest) == "Succeeded"


def test_a_rejected_approval_keeps_prod_as_it_is(shop: Delivery, first: Release):
    prod = shop.running_digests("prod")
    execution = shop.execution_of(
        shop.push("Not for customers", {"app/web/web.py": lambda text: text + "\n# not for customers\n"})
    )
    wait_for(lambda: at_approval(shop, execution) or None, 60, "the approval", shop.describe)
    shop.approve(execution, "Rejected")
    assert shop.finish(execution, approve=False) == "Failed"
    assert shop.running_digests("prod") == prod


def idle(shop: Delivery) -> bool:
    return all(summary["status"] not in {"InProgress", "Stopping"} for summary in shop.executions())


def at_approval(shop: Delivery, execution: str) -> bool:
    return any(
        stage["name"] == "prod-approval"
        and stage["execution"] == execution
        and action["actionName"] == "Approve"
        and action.get("latestExecution", {}).get("status") == "InProgress"
        for stage, action in shop.actions_in_state()
    )


def inbound(shop: Delivery, stage: str) -> str | None:
    for state in shop.pipeline.get_pipeline_state(name=shop.name)["stageStates"]:
        if state["stageName"] == stage:
            return state.get("inboundExecution", {}).get("pipelineExecutionId")
    return None
