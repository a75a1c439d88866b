"""Input checked by the model, as AWS's own front does."""

from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from local.wire import violations

MODEL = ServiceModel(Loader().load_service_model("codepipeline", "service-2"), "codepipeline")


def found(operation: str, value: Any) -> list[str]:
    shape = MODEL.operation_model(operation).input_shape
    assert shape is not None
    return violations(shape, value)


@pytest.mark.parametrize(
    ("operation", "value", "words"),
    [
        ("GetPipeline", {}, "Value null at 'name' failed to satisfy constraint: Member must not be null"),
        ("GetPipeline", {"name": 1}, "must be a string"),
        ("GetPipeline", {"name": "a b"}, "regular expression pattern"),
        ("GetPipeline", {"name": "x" * 101}, "length less than or equal to 100"),
        ("GetPipeline", {"name": ""}, "length greater than or equal to 1"),
        ("GetPipeline", {"name": "a", "version": 0}, "greater than or equal to 1"),
        ("GetPipeline", {"name": "a", "version": True}, "must be a number"),
        ("ListPipelines", {"maxResults": 1001}, "less than or equal to 1000"),
        ("StopPipelineExecution", {"abandon": "yes"}, "must be a boolean"),
        ("RetryStageExecution", {"retryMode": "SOME"}, "enum value set: ['ALL_ACTIONS', 'FAILED_ACTIONS']"),
        ("CreatePipeline", {"pipeline": []}, "must be a structure"),
        (
            "CreatePipeline",
            {"pipeline": {"stages": {}}},
            "'pipeline.stages' failed to satisfy constraint: Member must be a list",
        ),
        ("CreatePipeline", {"pipeline": {"stages": [{"name": "a b"}]}}, "'pipeline.stages.1.member.name'"),
        ("PutJobSuccessResult", {"jobId": "x", "outputVariables": {"a b": "c"}}, "outputVariables.a b.key"),
    ],
)
def test_what_the_model_forbids_is_told(operation: str, value: Any, words: str) -> None:
    assert any(words in problem for problem in found(operation, value))


def test_what_the_model_allows_passes_and_unknown_members_are_ignored() -> None:
    assert found("GetPipeline", {"name": "a.b-c_d@e", "version": 3, "more": 1}) == []
