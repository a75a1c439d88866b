"""The stack of a target: its namespace, and the role that the deployer takes where that is elsewhere."""

from typing import Any

from aws_cdk import Stack
from constructs import Construct

from pipeline.config.service import Service, Target
from pipeline.parts.reach import reach_of
from pipeline.parts.target import TargetPlace


class TargetStack(Stack):
    """In the target's own account and region; `home` is the pipeline's account."""

    def __init__(
        self, scope: Construct, construct_id: str, service: Service, part: Target, home: str, **kwargs: Any
    ) -> None:
        super().__init__(
            scope, construct_id, description=f"What {service.name} needs to be released to {part.label}", **kwargs
        )
        TargetPlace(self, "Target", service.name, part, reach_of(service.name, part), home)
