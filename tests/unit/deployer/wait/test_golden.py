"""Every kind in every state that its rule tells apart: golden/*.yaml, in the shapes of the API's own documents."""

from pathlib import Path

import pytest
import yaml

from deployer.wait.health import FOREVER
from deployer.wait.judge import RULES, judge

CASES = {
    case["shows"]: case
    for file in sorted(Path(__file__).parent.glob("golden/*.yaml"))
    for case in yaml.safe_load_all(file.read_text())
}


@pytest.mark.parametrize("shows", CASES)
def test_rule_says_what_the_golden_status_shows(shows: str) -> None:
    case = CASES[shows]
    health = judge(case["object"])
    assert health.state == case["state"]
    assert case["says"] in health.message if "says" in case else not health.message
    assert health.grace == case.get("grace", FOREVER)


def test_every_rule_has_a_golden_status() -> None:
    shown = {(case["object"]["apiVersion"].rpartition("/")[0], case["object"]["kind"]) for case in CASES.values()}
    assert set(RULES) - shown <= {("", "ReplicationController"), *ROUTES}


# The same rule as of kinds that are shown.
ROUTES = {("gateway.networking.k8s.io", kind) for kind in ("TCPRoute", "UDPRoute")}


def ready_thing(**status: object) -> dict[str, object]:
    return {"apiVersion": "x.example/v1", "kind": "Thing", "metadata": {"name": "t", "generation": 2}, "status": status}


def test_custom_resource_that_we_wrote_and_that_names_no_generation_is_believed_after_a_moment() -> None:
    conditions = [{"type": "Ready", "status": "True"}]
    health = judge(ready_thing(conditions=conditions), generation=2)
    assert (health.state, health.grace) == ("progressing", 2.0)
    assert judge(ready_thing(conditions=conditions)).state == "ready"
    assert judge(ready_thing(observedGeneration=2, conditions=conditions), generation=2).state == "ready"
    assert judge(ready_thing(observedGeneration=3, conditions=conditions), generation=2).state == "ready"


def test_object_older_than_what_we_wrote_is_never_ready() -> None:
    item = ready_thing(observedGeneration=2)
    assert judge(item, generation=3).message == "its controller has not seen it yet"
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "j", "generation": 1},
        "spec": {"suspend": True},
    }
    assert (judge(job, generation=1).state, judge(job, generation=2).state) == ("ready", "progressing")
