"""Which pipelines are taken, and which are refused as AWS refuses them."""

from collections.abc import Callable
from typing import Any

import pytest

from local.codepipeline.declaration import parse
from local.codepipeline.model import OnFailure
from local.wire import Fault

Document = dict[str, Any]
ACTION = "InvalidActionDeclarationException"
STAGE = "InvalidStageDeclarationException"
STRUCTURE = "InvalidStructureException"


def test_a_declaration_becomes_a_pipeline(declaration: Callable[..., Document]) -> None:
    pipeline = parse(declaration(), 3)
    assert (pipeline.name, pipeline.version, pipeline.mode) == ("shop", 3, "SUPERSEDED")
    assert [[action.name for action in group] for group in pipeline.stage("dev").groups] == [["Deploy"], ["Verify"]]
    assert pipeline.stage("dev").on_failure == OnFailure("ROLLBACK")
    assert pipeline.store("us-east-1").bucket == "artifacts"
    assert pipeline.document["version"] == 3


def test_a_store_per_region_is_chosen_by_region(declaration: Callable[..., Document]) -> None:
    document = declaration(artifactStores={"eu-west-1": {"type": "S3", "location": "eu"}})
    del document["artifactStore"]
    assert parse(document, 1).store("eu-west-1").bucket == "eu"


def stage(document: Document, number: int) -> Document:
    return dict.__getitem__(document, "stages")[number]


def change(path: str, value: Any) -> Callable[[Document], None]:
    """`stages.1.actions.0.name` = value"""

    def apply(document: Document) -> None:
        *way, last = path.split(".")
        here: Any = document
        for step in way:
            here = here[int(step)] if step.isdigit() else here[step]
        here[last] = value

    return apply


def source_config(provider: str, **configuration: str) -> Callable[[Document], None]:
    def apply(document: Document) -> None:
        action = document["stages"][0]["actions"][0]
        action["actionTypeId"]["provider"] = provider
        action["configuration"] = configuration

    return apply


TRIGGER = {"providerType": "CodeStarSourceConnection", "gitConfiguration": {"sourceActionName": "Source"}}


def rule(provider: str, **more: Any) -> Document:
    kind = {"category": "Rule", "owner": "AWS", "provider": provider, "version": "1"}
    return {"name": "rule", "ruleTypeId": kind, **more}


def asked(*rules: Document, result: str = "FAIL") -> Document:
    return {"conditions": [{"result": result, "rules": list(rules)}]}


ALARM = rule("CloudWatchAlarm", configuration={"AlarmName": "shop-5xx"})
RETRY = {"result": "RETRY", "retryConfiguration": {"retryMode": "ALL_ACTIONS"}}


@pytest.mark.parametrize(
    ("make", "code", "words"),
    [
        (lambda d: d["stages"].__delitem__(slice(1, None)), STRUCTURE, "at least 2 stages"),
        (lambda d: d["stages"].append(d["stages"][4]), STAGE, "prod has been used more than once"),
        (change("stages.1.actions", []), STAGE, "at least one action"),
        (lambda d: stage(d, 2)["actions"].append(stage(d, 2)["actions"][0]), ACTION, "Deploy has been used"),
        (lambda d: d["stages"].reverse(), STRUCTURE, "start with a stage that only contains source actions"),
        (lambda d: stage(d, 1)["actions"].extend(stage(d, 0)["actions"]), STRUCTURE, "in the first stage"),
        (change("stages.1.actions.0.inputArtifacts", []), ACTION, "outside of the range 1 to 5"),
        (change("stages.1.actions.0.configuration", {}), ACTION, "missing required configuration 'ProjectName'"),
        (change("stages.1.actions.0.actionTypeId.provider", "Nobody"), ACTION, "Provider: 'Nobody'"),
        (change("stages.1.actions.0.inputArtifacts", [{"name": "Release"}]), ACTION, "not the output of any action"),
        (change("stages.1.actions.0.outputArtifacts", [{"name": "Source"}]), ACTION, "must be unique"),
        (change("stages.1.actions.0.namespace", "Source"), ACTION, "Namespace Source has been used"),
        (change("stages.1.actions.0.namespace", "codepipeline"), ACTION, "reserved"),
        (change("stages.1.actions.0.timeoutInMinutes", 5), ACTION, "only be set for manual approval"),
        (change("stages.1.blockers", [{"name": "x", "type": "Schedule"}]), "InvalidBlockerDeclarationException", ""),
        (change("stages.0.onFailure", {"result": "ROLLBACK"}), STAGE, "source stage cannot be rolled back"),
        (change("stages.1.onFailure", {"result": "SKIP"}), STAGE, "SKIP"),
        (
            change("stages.1.onFailure", {"result": "ROLLBACK", "retryConfiguration": {"retryMode": "ALL_ACTIONS"}}),
            STAGE,
            "RETRY",
        ),
        (change("stages.1.beforeEntry", {"conditions": [{}]}), STAGE, "has no rule"),
        (change("stages.1.beforeEntry", asked(ALARM, result="ROLLBACK")), STAGE, "cannot have the result ROLLBACK"),
        (change("stages.1.beforeEntry", asked(ALARM, result="SKIP")), STAGE, "cannot have the result SKIP"),
        (change("stages.1.onSuccess", asked(ALARM, result="SKIP")), STAGE, "cannot have the result SKIP"),
        (change("stages.1.onSuccess", asked(ALARM, ALARM)), STAGE, "has been used more than once"),
        (change("stages.1.onSuccess", asked({**ALARM, "configuration": {}})), STAGE, "configuration 'AlarmName'"),
        (change("stages.1.onSuccess", asked(rule("Nothing"))), STAGE, "Nothing, which is not available"),
        (change("stages.1.onSuccess", asked(rule("Commands"))), STAGE, "has no commands"),
        (change("stages.1.beforeEntry", asked({**ALARM, "inputArtifacts": [{"name": "Release"}]})), STAGE, "Release"),
        (
            change("stages.1.onFailure", asked(ALARM, result="ROLLBACK") | RETRY),
            STAGE,
            "cannot be used together with onFailure conditions",
        ),
        (change("executionMode", "PARALLEL"), STRUCTURE, "not available on this machine"),
        (change("pipelineType", "V1"), STRUCTURE, "V2"),
        (change("artifactStores", {"us-east-1": {"location": "x"}}), STRUCTURE, "only one of them"),
        (change("variables", [{"name": "a"}, {"name": "a"}]), STRUCTURE, "Variable name a"),
        (change("triggers", [TRIGGER]), STRUCTURE, "CodeStarSourceConnection"),
    ],
)
def test_a_wrong_declaration_is_refused(
    declaration: Callable[..., Document], make: Callable[[Document], None], code: str, words: str
) -> None:
    document = declaration()
    make(document)
    with pytest.raises(Fault) as refused:
        parse(document, 1)
    assert refused.value.code == code
    assert words in refused.value.message


def test_a_trigger_belongs_to_one_connection(declaration: Callable[..., Document]) -> None:
    document = declaration(triggers=[TRIGGER])
    connection = {"ConnectionArn": "arn", "FullRepositoryId": "a/b", "BranchName": "main"}
    source_config("CodeStarSourceConnection", **connection)(document)
    parse(document, 1)
    document["triggers"].append(TRIGGER)
    with pytest.raises(Fault, match="more than one trigger"):
        parse(document, 1)


def test_several_inputs_of_a_build_need_a_primary_one(
    declaration: Callable[..., Document], make_action: Callable[..., Document]
) -> None:
    document = declaration()
    document["stages"][2]["actions"][1] = make_action(
        "Verify", "Test/CodeBuild", inputs=["Source", "Release"], runOrder=2
    )
    with pytest.raises(Fault, match="PrimarySource"):
        parse(document, 1)
    document["stages"][2]["actions"][1]["configuration"]["PrimarySource"] = "Release"
    parse(document, 1)
