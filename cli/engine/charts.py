"""Charts that are packed in a registry, as a desk may read them: ECR's with AWS credentials, others openly."""

import re
from collections.abc import Callable
from typing import Any

from deployer.aws import ecr_basic
from deployer.charts.reference import SCHEME, parse
from deployer.charts.registry import Registries
from deployer.target import Target

ECR = re.compile(r"[0-9]{12}\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?")


def registries(target: Target, client: Callable[[str, str], Any]) -> Registries:
    """The registry of the images, and those whose charts were named; `client` makes boto3's, of a region."""
    named = {parse(source.path).host for source in target.deliveries if source.path.startswith(SCHEME)}

    def basic(host: str) -> str:
        ecr = ECR.fullmatch(host)
        return ecr_basic(client("ecr", ecr["region"]))(host) if ecr else ""

    return Registries(target.registries | named, basic)
