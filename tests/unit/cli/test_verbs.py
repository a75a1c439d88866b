"""The verbs that read and answer AWS: what they print and what they ask AWS to do."""

import argparse
import json
from typing import Any

import pytest

from cli.errors import CANNOT_RUN, OK, RELEASE_FAILED, CommandError
from cli.main import create_parser
from cli.verbs import load
from tests.unit.cli.fakes import FakeCodePipeline, FakeDynamoDB, FakeLogs, Screen, detail


def run(screen: Screen, *argv: str) -> int:
    arguments: argparse.Namespace = create_parser().parse_args(argv)
    return load(arguments.verb).run(arguments, screen.world)


def failing() -> FakeCodePipeline:
    fake = FakeCodePipeline()
    fake.add(
        "e-1",
        "Failed",
        [
            detail("Source", "Source", "Succeeded", 0, 1),
            detail("Build", "Build", "Succeeded", 1, 8),
            detail("dev", "Deploy", "Failed", 8, 12, errorDetails={"message": "web: exit code 1\nno database"}),
        ],
    )
    fake.add("e-2", "Succeeded", [detail("dev", "Deploy", "Succeeded", 12, 13)], kind="ROLLBACK")
    return fake


def test_status_shows_the_failure_the_way_back_and_the_retry():
    screen = Screen({"codepipeline": failing()})
    assert run(screen, "status") == OK
    assert screen.text.splitlines() == [
        "",
        "shop: release of abcdef0 Tea  Failed  12.0 s",
        "  ✓ Source                           1.0 s",
        "  ✓ Build                            7.0 s",
        "  ✗ dev / Deploy                     4.0 s  web: exit code 1 no database",
        "  · dev / Verify",
        "  · prod-approval / Approve",
        "  · prod / Deploy",
        "  dev went back to the previous release by itself: Succeeded",
        "  dev / Deploy:",
        "    web: exit code 1",
        "    no database",
        "  Push a correction; or try the same commit again: shipline retry shop, which is",
        "  aws codepipeline start-pipeline-execution --name shop",
    ]


def test_status_follows_a_release_to_its_end():
    screen = Screen({"codepipeline": failing()})
    assert run(screen, "status", "shop", "--follow") == RELEASE_FAILED
    assert "dev / Deploy  Failed after 4.0 s  web: exit code 1 no database" in screen.text
    assert "shipline retry shop" in screen.text


def test_status_as_json_holds_every_action_with_its_seconds():
    screen = Screen({"codepipeline": failing()})
    run(screen, "status", "shop", "--output", "json")
    told = json.loads(screen.text)
    release, back = told["pipelines"]["shop"]
    assert told["machine"] is None
    assert (release["status"], back["rolls_back"]) == ("Failed", True)
    assert [action["seconds"] for action in release["actions"][:3]] == [1, 7, 4]
    assert release["retry"] == "aws codepipeline start-pipeline-execution --name shop"


def test_status_says_what_to_do_where_nothing_is():
    screen = Screen({"codepipeline": FakeCodePipeline(())})
    run(screen, "status")
    assert "shipline up --service PATH" in screen.text


def test_approve_answers_the_waiting_approval_with_its_token():
    fake = FakeCodePipeline()
    fake.tokens["prod-approval"] = "t-1"
    screen = Screen({"codepipeline": fake})
    assert run(screen, "approve", "shop", "--message", "fine") == OK
    assert fake.calls == [
        (
            "put_approval_result",
            {
                "pipelineName": "shop",
                "stageName": "prod-approval",
                "actionName": "Approve",
                "token": "t-1",
                "result": {"status": "Approved", "summary": "fine"},
            },
        )
    ]


@pytest.mark.parametrize("verb", ["approve", "status"])
def test_what_an_approval_is_about_is_shown(verb):
    fake = FakeCodePipeline()
    fake.tokens["prod-approval"] = "t-1"
    waits = detail("prod-approval", "Approve", "InProgress", 12, 12)
    text = "Release shop to prod?\n\n1 configured. changes Deployment web (image)."
    waits["input"] = {"resolvedConfiguration": {"CustomData": text}}
    fake.add("e-1", "InProgress", [detail("Source", "Source", "Succeeded", 0, 1), waits])
    screen = Screen({"codepipeline": fake})
    run(screen, verb, "shop")
    for line in text.splitlines():
        assert line in screen.text


def test_reject_says_so():
    fake = FakeCodePipeline()
    fake.tokens["prod-approval"] = "t-1"
    screen = Screen({"codepipeline": fake})
    run(screen, "reject")
    assert fake.calls[0][1]["result"]["status"] == "Rejected"
    assert screen.text == "shop: prod-approval is rejected\n"


def test_approve_where_nothing_waits_is_bad_input():
    with pytest.raises(CommandError, match="no approval waits") as refused:
        run(Screen({"codepipeline": FakeCodePipeline()}), "approve", "shop")
    assert refused.value.code == CANNOT_RUN


def test_retry_of_a_stage_that_went_back_releases_the_branch_anew():
    fake = failing()
    screen = Screen({"codepipeline": fake})
    run(screen, "retry", "shop")
    assert fake.calls == [("start_pipeline_execution", {"name": "shop"})]
    assert "dev went back by itself" in screen.text


def test_retry_asks_for_the_failed_actions_of_the_failed_stage():
    fake = failing()
    fake.executions.pop(0)  # nothing went back
    told = Screen({"codepipeline": fake})
    run(told, "status", "shop")
    assert "retry-stage-execution --pipeline-name shop --stage-name dev --pipeline-execution-id e-1" in told.text
    screen = Screen({"codepipeline": fake})
    run(screen, "retry", "shop")
    assert fake.calls == [
        (
            "retry_stage_execution",
            {
                "pipelineName": "shop",
                "stageName": "dev",
                "pipelineExecutionId": "e-1",
                "retryMode": "FAILED_ACTIONS",
            },
        )
    ]


def test_retry_of_what_did_not_fail_is_bad_input():
    fake = FakeCodePipeline()
    fake.add("e-1", "Succeeded", [])
    with pytest.raises(CommandError, match="nothing of the newest release failed"):
        run(Screen({"codepipeline": fake}), "retry", "shop")


def test_several_pipelines_have_to_be_named():
    with pytest.raises(CommandError, match=r"several pipelines\n.*blog, shop"):
        run(Screen({"codepipeline": FakeCodePipeline(("shop", "blog"))}), "retry")


def test_unknown_pipeline_is_answered_with_the_known_ones():
    with pytest.raises(CommandError, match=r"no pipeline shoop\n.*there are: shop"):
        run(Screen({"codepipeline": FakeCodePipeline()}), "retry", "shoop")


def record(environment: str, number: int, status: str = "Succeeded", **more: Any) -> dict[str, Any]:
    strings = {
        "environment": environment,
        "status": status,
        "commit": "abcdef0123456789",
        "message": "Tea",
        "author": "Ann",
        "branch": "main",
        "execution": f"e-{number}",
        "started": "2026-03-02T09:00:00Z",
        "finished": "2026-03-02T09:00:05Z",
        "summary": f"release {number}, not scanned",
        "scan": "not scanned",
    }
    return {
        "pk": {"S": f"shop#{environment}"},
        "sk": {"S": f"{number:010}"},
        "number": {"N": str(number)},
        "images": {"M": {"web": {"S": "host/shop/web@sha256:aa"}}},
        **{name: {"S": value} for name, value in strings.items()},
        **more,
    }


def current(environment: str, number: int) -> dict[str, Any]:
    return {"pk": {"S": f"shop#{environment}"}, "sk": {"S": "current"}, "number": {"N": str(number)}}


LEDGER = {
    "shop-releases": [
        record("dev", 1),
        record("dev", 2, "Failed", restored={"N": "1"}),
        current("dev", 1),
        record("prod", 1),
        current("prod", 1),
    ]
}


def test_releases_are_newest_first_with_a_star_at_what_runs():
    screen = Screen({"codepipeline": FakeCodePipeline(), "dynamodb": FakeDynamoDB(LEDGER)})
    assert run(screen, "releases") == OK
    assert screen.text.splitlines() == [
        "NUMBER  ENVIRONMENT  STATUS     COMMIT   AUTHOR  STARTED              SUMMARY",
        "2       dev          Failed     abcdef0  Ann     2026-03-02T09:00:00  release 2, not scanned",
        "1       dev *        Succeeded  abcdef0  Ann     2026-03-02T09:00:00  release 1, not scanned",
        "1       prod *       Succeeded  abcdef0  Ann     2026-03-02T09:00:00  release 1, not scanned",
    ]


def test_hold_of_an_environment_is_no_release():
    held = {"pk": {"S": "shop#dev"}, "sk": {"S": "hold"}, "number": {"N": "2"}, "by": {"S": "ann@desk"}}
    held_too = {"shop-releases": [*LEDGER["shop-releases"], held]}
    screen = Screen({"dynamodb": FakeDynamoDB(held_too), "codepipeline": FakeCodePipeline()})
    run(screen, "releases", "--environment", "dev", "--limit", "1", "--output", "json")
    assert [each["number"] for each in json.loads(screen.text)] == [2]


def test_releases_of_one_environment_as_json():
    screen = Screen({"codepipeline": FakeCodePipeline(), "dynamodb": FakeDynamoDB(LEDGER)})
    run(screen, "releases", "--environment", "dev", "--limit", "1", "--output", "json")
    (release,) = json.loads(screen.text)
    assert (release["number"], release["restored"], release["current"]) == (2, 1, False)
    assert release["images"] == {"web": "host/shop/web@sha256:aa"}
    assert release["sbom"] == {}


def test_releases_as_json_name_their_bills_of_materials():
    kept = record("dev", 1, sbom={"M": {"web": {"S": "sbom/web.cdx.json@sha256:bb"}}})
    screen = Screen({"codepipeline": FakeCodePipeline(), "dynamodb": FakeDynamoDB({"shop-releases": [kept]})})
    run(screen, "releases", "--environment", "dev", "--output", "json")
    assert [each["sbom"] for each in json.loads(screen.text)] == [{"web": "sbom/web.cdx.json@sha256:bb"}]


def test_releases_without_a_ledger_are_bad_input():
    screen = Screen({"codepipeline": FakeCodePipeline(), "dynamodb": FakeDynamoDB({})})
    with pytest.raises(CommandError, match="no ledger shop-releases"):
        run(screen, "releases")


def test_logs_of_the_newest_build():
    logs = FakeLogs({"/aws/codebuild/shop-build": {"newest": ["one\n", "two\n"], "older": ["zero"]}})
    screen = Screen({"codepipeline": FakeCodePipeline(), "logs": logs})
    run(screen, "logs", "build", "--lines", "1")
    assert screen.text.endswith(" two\n")
    assert len(screen.text.splitlines()) == 1


def test_logs_of_a_function_that_never_ran():
    with pytest.raises(CommandError, match="no log group /aws/lambda/nothing"):
        run(Screen({"logs": FakeLogs({})}), "logs", "function", "nothing")


def test_logs_of_an_unknown_component_name_the_known_ones(tmp_path):
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "kubelet.log").write_text("a\nb\n")
    screen = Screen(environ={"SHIPLINE_HOME": str(tmp_path)})
    with pytest.raises(CommandError, match=r"no log of nothing\n.*kubelet"):
        run(screen, "logs", "nothing")
    run(screen, "logs", "kubelet", "--lines", "1")
    assert screen.text == "b\n"
