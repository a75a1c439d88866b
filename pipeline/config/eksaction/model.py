"""The word that stands for CodePipeline's EKS action where `deployer` says who deploys."""

from typing import Literal

EksAction = Literal["eks-action"]


def functions_or_action(value: object) -> str:
    """The tag of `deployer`: a word, or a mapping of the functions' keys."""
    return "<action>" if isinstance(value, str) else "<functions>"
