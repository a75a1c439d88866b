"""What `pipeline` is made of, for use from Python: see docs/constructs.md."""

from pipeline.constructs.eks_deploy import EksDeployAction, Helm, Inside, Kubectl
from pipeline.constructs.rules import (
    AlarmRule,
    CommandsRule,
    DeploymentWindowRule,
    LambdaRule,
    Operator,
    Rule,
    VariableRule,
    failing,
    rolling_back,
    skipping,
)

__all__ = [
    "AlarmRule",
    "CommandsRule",
    "DeploymentWindowRule",
    "EksDeployAction",
    "Helm",
    "Inside",
    "Kubectl",
    "LambdaRule",
    "Operator",
    "Rule",
    "VariableRule",
    "failing",
    "rolling_back",
    "skipping",
]
