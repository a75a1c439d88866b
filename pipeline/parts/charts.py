"""One ECR repository per chart that the build pushes."""

from aws_cdk import aws_kms as kms
from constructs import Construct

from pipeline.config.registry.plan import RegistryPlan
from pipeline.config.service import Service
from pipeline.parts.repositories import Repositories


class ChartRepositories(Repositories):
    """`SERVICE/charts/CHART` each, encrypted as the images are. Deployers mark no charts: the newest thousand stay."""

    def __init__(self, scope: Construct, construct_id: str, service: Service, images: Repositories) -> None:
        self._key_of_images = images.key
        signed = service.signing is not None
        names = sorted(service.pushed)
        super().__init__(scope, construct_id, f"{service.name}/charts", names, RegistryPlan(), signed=signed)

    def _encryption_key(self, service: str) -> kms.IKey | None:
        return self._key_of_images
