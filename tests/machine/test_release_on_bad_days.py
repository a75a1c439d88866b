"""What happens on a bad day: something dies in the middle, a right is missing, a rollout is slow."""

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.machine.conftest import Release
from tests.machine.delivery import Delivery, wait_for

pytestmark = pytest.mark.timeout(420)

SLOW = """
patches:
  - target: {kind: Deployment, name: web}
    patch: |-
      - {op: add, path: /spec/template/spec/containers/0/readinessProbe/initialDelaySeconds, value: SECONDS}
"""


def test_a_machine_killed_in_the_middle_of_a_release_comes_back_and_the_retry_is_named(shop: Delivery, first: Release):
    execution = shop.execution_of(shop.push("Killed on its way", {"app/web/web.py": lambda text: text + "\n# kill\n"}))
    wait_for(lambda: in_progress(shop, "dev") or None, 60, "the deploy to dev", shop.describe)
    shop.machine.kill()
    assert processes_with(str(shop.machine.home.root)) == []
    shop.machine.up()
    assert shop.status(execution) == "Failed"
    assert "machine" in shop.error(execution, "dev")
    status = shop.machine.run("shipline", "status", cwd=shop.clone).stdout
    assert "aws codepipeline retry-stage-execution --pipeline-name shop --stage-name dev" in status
    shop.pipeline.retry_stage_execution(
        pipelineName="shop", stageName="dev", pipelineExecutionId=execution, retryMode="FAILED_ACTIONS"
    )
    assert shop.finish(execution) == "Succeeded", shop.describe()
    digest = shop.release_json(execution)["images"]["web"]["digest"]
    assert shop.running_digests("prod")["shop/web"] == {digest}


def test_a_restart_keeps_git_registry_history_and_cluster(shop: Delivery, first: Release):
    before = memory_of(shop)
    shop.machine.run("shipline", "down")
    shop.machine.up()
    assert memory_of(shop) == before
    running = shop.ledger("prod")[0]["images"]["web"].partition("@")[2]
    wait_for(lambda: shop.running_digests("prod").get("shop/web") == {running} or None, 60, "prod's pods to be back")


def test_a_deployer_killed_in_the_middle_is_mended(shop: Delivery, first: Release):
    execution = shop.execution_of(
        shop.push("The deployer dies", {"app/web/web.py": lambda text: text + "\n# deployer dies\n"})
    )
    wait_for(lambda: in_progress(shop, "dev") or None, 60, "the deploy to dev", shop.describe)
    victims = wait_for(lambda: deployers(shop, "dev") or None, 20, "the deployer's process", shop.describe)
    for victim in victims:
        os.kill(victim, signal.SIGKILL)
    status = shop.finish(execution)
    if status == "Failed":  # AWS retries what died; when that is used up, the next push must go through
        _, execution, status = shop.release("And again")
    assert status == "Succeeded", shop.describe()
    digest = shop.release_json(execution)["images"]["web"]["digest"]
    assert shop.running_digests("prod")["shop/web"] == {digest}


def test_a_slow_rollout_outlives_its_function_by_continuing(shop: Delivery, first: Release):
    overlay = "manifests/overlays/dev/kustomization.yaml"
    good = (shop.clone / overlay).read_text()
    functions = shop.machine.client("lambda")
    timeout = functions.get_function_configuration(FunctionName="shop-deploy-dev")["Timeout"]
    functions.update_function_configuration(FunctionName="shop-deploy-dev", Timeout=25)
    try:
        began = int(time.time() * 1000)
        slow = good + SLOW.replace("SECONDS", "60")
        _, _, status = shop.release("Slow to be ready", {overlay: slow})
        assert status == "Succeeded", shop.describe()
        assert len(invocations(shop, "shop-deploy-dev", began)) >= 3
    finally:
        functions.update_function_configuration(FunctionName="shop-deploy-dev", Timeout=timeout)
    assert shop.release("Quick again", {overlay: good})[2] == "Succeeded"


def test_a_deployer_without_its_access_entry_is_refused_and_says_why(shop: Delivery, first: Release):
    eks = shop.machine.client("eks")
    role = shop.machine.client("lambda").get_function_configuration(FunctionName="shop-deploy-dev")["Role"]
    entry = {"clusterName": "shop", "principalArn": role}
    policies = eks.list_associated_access_policies(**entry)["associatedAccessPolicies"]
    eks.delete_access_entry(**entry)
    try:
        _, execution, status = shop.release("Without an entry", {"app/web/web.py": lambda text: text + "\n# 403\n"})
        assert status == "Failed"
        error = shop.error(execution, "dev")
        assert "403" in error, error
        assert "access entry" in error, error
    finally:
        eks.create_access_entry(**entry)
        for policy in policies:
            scope = policy["accessScope"]
            eks.associate_access_policy(**entry, policyArn=policy["policyArn"], accessScope=scope)
    assert shop.release("With its entry")[2] == "Succeeded"


def test_every_statement_of_the_deployers_role_is_needed(shop: Delivery, first: Release):
    """Taken away one by one: each run fails at that very right, by AWS's own words, and says so."""
    iam = shop.machine.client("iam")
    role = shop.machine.client("lambda").get_function_configuration(FunctionName="shop-deploy-dev")["Role"]
    name = role.rpartition("/")[2]
    (policy,) = iam.list_role_policies(RoleName=name)["PolicyNames"]
    document = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
    unnoticed = []
    for number, statement in enumerate(document["Statement"]):
        if "logs:PutLogEvents" in statement["Action"]:
            continue  # a function that may not log runs all the same, as on AWS
        rest = [each for index, each in enumerate(document["Statement"]) if index != number]
        iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(document | {"Statement": rest}))
        try:
            if not missed(shop, statement):
                unnoticed.append(statement)
        finally:
            iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(document))
    assert unnoticed == []
    assert shop.release("All rights are back")[2] == "Succeeded"


def missed(shop: Delivery, statement: dict[str, Any]) -> bool:
    """Whether a release without the statement fails in dev and names one of its actions."""
    actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
    began = int(time.time() * 1000)
    execution = shop.execution_of(
        shop.push(f"Without {actions[0]}", {"app/web/web.py": lambda text: f"{text}\n# {time.time()}\n"})
    )

    def told() -> bool | None:
        ended = shop.status(execution) in {"Succeeded", "Failed"}  # first: what it says is complete only after that
        logs = "\n".join(messages(shop, "shop-deploy-dev", began))
        words = logs + "\n" + (shop.error(execution, "dev") if shop.action_executions(execution, "dev") else "")
        if any(f"not authorized to perform: {action}" in words for action in actions):
            return True
        return False if ended else None

    noticed = bool(wait_for(told, 90, f"a failure for want of {actions}", shop.describe))
    if shop.status(execution) == "InProgress":  # its job cannot be closed by a function that may not close jobs
        shop.pipeline.stop_pipeline_execution(pipelineName="shop", pipelineExecutionId=execution, abandon=True)
        wait_for(lambda: shop.status(execution) != "InProgress" or None, 30, "the stop", shop.describe)
    return noticed


def messages(shop: Delivery, function: str, since: int) -> list[str]:
    logs = shop.machine.client("logs")
    answer = logs.filter_log_events(logGroupName=f"/aws/lambda/{function}", startTime=since)
    return [event["message"] for event in answer["events"]]


def invocations(shop: Delivery, function: str, since: int) -> list[str]:
    return [message for message in messages(shop, function, since) if message.startswith("START RequestId")]


def in_progress(shop: Delivery, stage: str) -> bool:
    return any(
        each["name"] == stage and action.get("latestExecution", {}).get("status") == "InProgress"
        for each, action in shop.actions_in_state()
    )


def memory_of(shop: Delivery) -> dict[str, Any]:
    """What a restart must not lose."""
    return {
        "executions": [(each["pipelineExecutionId"], each["status"]) for each in shop.executions()],
        "refs": shop.git("ls-remote", "origin"),
        "images": sorted(
            image["imageDigest"]
            for image in shop.machine.client("ecr").describe_images(repositoryName="shop/web")["imageDetails"]
        ),
        "releases": [shop.ledger(environment) for environment in ("dev", "staging", "prod")],
        "objects": shop.kubectl("get", "deployments,services,configmaps,secrets", "-A", "-o", "name"),
        "stacks": [
            (stack["StackName"], stack["StackStatus"])
            for stack in shop.machine.client("cloudformation").describe_stacks()["Stacks"]
        ],
    }


def deployers(shop: Delivery, environment: str) -> list[int]:
    """Processes that run the environment's deployer: Lambda's own environment names it."""
    wanted = f"AWS_LAMBDA_FUNCTION_NAME=shop-deploy-{environment}".encode()
    return [pid for pid in pids() if wanted in read(pid, "environ").split(b"\0")]


def processes_with(text: str) -> list[str]:
    """Command lines, of any process but our own, that hold the text."""
    found = {pid: read(pid, "cmdline").replace(b"\0", b" ").decode(errors="replace") for pid in pids()}
    return [line for pid, line in found.items() if text in line and pid != os.getpid()]


def pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return b""
