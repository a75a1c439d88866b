"""What an approval shows of the plan, and how the deployment is held to it: names and texts, no constructs.

Environments have lower-case names with dashes, so a namespace with an underscore and an artifact with a capital are
nobody else's.
"""

from collections.abc import Mapping

CUSTOM_DATA = 1_000  # characters that CodePipeline shows of an approval
LOCATION = 120  # characters of an artifact's place: s3://, a bucket's name and a key of CodePipeline's making


def namespace(environment: str) -> str:
    """Of the plan's variables: `plan` (its digest), `execution`, `summary` and `report` (where all of it lies)."""
    return f"{environment}_plan"


def artifact(environment: str) -> str:
    return f"Plan-{environment}"


def parameters(environment: str) -> dict[str, str]:
    """What the deployment is told of the plan, and of the execution that it was made in: a stage that is rolled back
    gets both from the execution that it goes back to, and carries out another plan than that one's."""
    return {"plan": variable(environment, "plan"), "planned": variable(environment, "execution")}


def text(environment: str, message: str) -> str:
    return _text(message, variable(environment, "summary"), variable(environment, "report"))


def text_of_all(keys: Mapping[str, str], message: str, below: str) -> str:
    """The plans of all targets, each by its name; `keys` are those of the environment's parts."""
    plans = "\n".join(f"{name}: {variable(key, 'summary')}" for name, key in keys.items())
    return f"{message}\n\n{plans}\n\n{below}"


def room(message: str) -> int:
    """Characters that are left for the plan's summary."""
    return CUSTOM_DATA - LOCATION - len(_text(message, "", ""))


def variable(environment: str, name: str) -> str:
    return f"#{{{namespace(environment)}.{name}}}"


def _text(message: str, summary: str, report: str) -> str:
    return f"{message}\n\n{summary}\n\nAll of it: aws s3 cp {report} plan.zip && unzip -p plan.zip plan.txt"
