"""The composition: where the service is → its definition → the stacks → cdk.out.

Exit code 2 and a plain message when the definition is wrong; what CDK itself says is CDK's.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from aws_cdk import App, Environment

from pipeline.assets.deployer import AssetError
from pipeline.assets.install import InstallError
from pipeline.config import InvalidDefinition, Service, load
from pipeline.stacks import ClusterStack, DeliveryStack


def main(folder: Path, environ: Mapping[str, str] = os.environ) -> int:
    """Synthesize the service in `folder`, or the one that `-c service=PATH` names."""
    app = App(analytics_reporting=False)
    named = app.node.try_get_context("service")
    where = Path(named) if named else folder
    try:
        service = load(where)
    except InvalidDefinition as error:
        found = len(error.problems)
        print(f"{error}\n{found} mistake{'s' if found > 1 else ''} in {where / error.file}", file=sys.stderr)
        return 2
    try:
        compose(app, service, environment(environ))
    except (AssetError, InstallError) as error:
        print(error, file=sys.stderr)
        return 2
    app.synth()
    return 0


def compose(app: App, service: Service, env: Environment) -> tuple[ClusterStack, DeliveryStack]:
    """The two stacks, in the order in which they are deployed."""
    cluster = ClusterStack(app, f"{service.name}-cluster", service, env=env)
    delivery = DeliveryStack(app, f"{service.name}-delivery", service, env=env)
    delivery.add_stack_dependency(cluster, "its roles get access to the cluster's namespaces")
    return cluster, delivery


def environment(environ: Mapping[str, str]) -> Environment:
    """The CDK CLI says which account and region it is logged in to; without one the templates fit any."""
    return Environment(account=environ.get("CDK_DEFAULT_ACCOUNT"), region=environ.get("CDK_DEFAULT_REGION"))
