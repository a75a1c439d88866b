"""`AWS::CDK::Metadata`: what CDK tells AWS of the constructs in use. It makes nothing."""

from local.aws.clients import Aws
from local.aws.cloudformation.resource import Deployed, Desired, made


class Metadata:
    def __init__(self, aws: Aws) -> None:
        """Needs nothing of AWS."""

    def create(self, desired: Desired) -> Deployed:
        return made(desired, desired.name)

    def update(self, deployed: Deployed, desired: Desired) -> Deployed:
        return made(desired, deployed.physical_resource_id)

    def delete(self, deployed: Deployed) -> None:
        """There was nothing."""
