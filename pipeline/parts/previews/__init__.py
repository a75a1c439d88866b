"""Previews of pull requests, in the delivery stack: who may do what.

images     repositories of their own, whose images expire
projects   builds and asks for the deployment: runs the branch's code; and another that asks for the end: runs none
deployer   the function that deploys into namespaces of previews, and into nothing else
keeper     the function that makes and deletes these namespaces, by numbers; and the clock that calls it
"""

from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from pipeline.config.previews.check import RESERVED
from pipeline.config.previews.model import Previews as Wanted
from pipeline.config.service import ConnectedSource, PullRequests, Service
from pipeline.parts.previews.deployer import PreviewDeployer
from pipeline.parts.previews.images import PreviewImages
from pipeline.parts.previews.keeper import Keeper
from pipeline.parts.previews.projects import build_previews, close_previews
from pipeline.parts.secrets import generated_secrets
from pipeline.parts.shared import Shared

__all__ = ["Previews"]


class Previews(Construct):
    def __init__(
        self,
        scope: Construct,
        service: Service,
        asked: tuple[ConnectedSource, PullRequests, Wanted],
        shared: Shared,
        tools: assets.Asset,
    ) -> None:
        super().__init__(scope, "Previews")
        source, pull_requests, wanted = asked
        images = PreviewImages(self, "Images", service, wanted)
        keeper = Keeper(self, "Keeper", service, wanted, shared, images)
        secrets = generated_secrets(self, service.name, RESERVED, service.secrets)
        deployer = PreviewDeployer(self, "Deployer", service, wanted, shared, images, keeper, secrets)
        build_previews(self, service, asked, images, tools, deployer.function)
        close_previews(self, service, source, pull_requests, tools, keeper.function)
