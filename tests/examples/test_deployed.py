"""The examples on the local AWS: the assembly that was judged, deployed by the real CDK CLI, and destroyed."""

from pathlib import Path

import pytest

from local.settings import CHECKOUT
from pipeline.config import load
from pipeline.config.cluster.plan import ClusterPlan
from tests.conftest import RunningMachine

pytestmark = pytest.mark.timeout(480)

# Examples that this machine refuses, by what docs/differences.md says of it.
NOT_HERE = {
    "gates": "an environment with a `window`\n  cannot be deployed here",
    "existing-network": "a cluster in a VPC that is there already (`network: {vpc: …}`) needs that VPC here, too",
}
SIDE_BY_SIDE = "3"


@pytest.fixture(scope="module")
def platform(machine: RunningMachine) -> RunningMachine:
    """A machine with a cluster and a namespace that the example of an existing cluster finds there."""
    account = f"aws://{machine.home.account}/{machine.home.region}"
    machine.run("cdk", "bootstrap", account, cwd=machine.home.root)
    subnets = [each["SubnetId"] for each in machine.client("ec2").describe_subnets()["Subnets"][:2]]
    machine.client("eks").create_cluster(
        name="platform",
        roleArn=f"arn:aws:iam::{machine.home.account}:role/platform",
        resourcesVpcConfig={"subnetIds": subnets, "endpointPublicAccess": True},
        accessConfig={"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False},
    )
    machine.run("kubectl", "create", "namespace", "monitoring")
    return machine


def test_what_cannot_run_here_is_on_the_list_of_differences(folders: list[Path]) -> None:
    said = (CHECKOUT / "docs" / "differences.md").read_text()
    assert NOT_HERE.keys() <= {folder.name for folder in folders}
    assert [why for why in NOT_HERE.values() if why not in said] == []


def test_they_are_deployed_and_destroyed(platform: RunningMachine, folders: list[Path], assembly: Path) -> None:
    services = [load(folder) for folder in folders if folder.name not in NOT_HERE]
    stacks = [f"{service.name}-{stack}" for service in services for stack in ("cluster", "delivery")]
    cdk(platform, assembly, "deploy", "--require-approval", "never", "--concurrency", SIDE_BY_SIDE, *stacks)
    cloud = platform.client("cloudformation")
    states = {stack: cloud.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"] for stack in stacks}
    assert set(states.values()) == {"CREATE_COMPLETE"}, states
    namespaces = {target.namespace for service in services for target in service.environments}
    assert namespaces <= there(platform)
    for service in services:
        declared = platform.client("codepipeline").get_pipeline(name=service.name)["pipeline"]
        deployments = [action["name"] for stage in declared["stages"] for action in stage["actions"]].count("Deploy")
        assert deployments == len(service.environments)
    for service in services:
        if isinstance(service.cluster, ClusterPlan) and service.cluster.protection:
            platform.client("eks").update_cluster_config(name=service.name, deletionProtection=False)
    cdk(platform, assembly, "destroy", "--force", "--concurrency", SIDE_BY_SIDE, *stacks)
    left = [stack["StackName"] for stack in cloud.describe_stacks()["Stacks"]]
    assert set(left) & set(stacks) == set()


def cdk(machine: RunningMachine, assembly: Path, verb: str, *arguments: str) -> None:
    machine.run("cdk", verb, "--app", str(assembly), *arguments, cwd=machine.home.root, timeout=400)


def there(machine: RunningMachine) -> set[str]:
    """The namespaces of the node."""
    names = machine.run("kubectl", "get", "namespaces", "--output", "name").stdout.split()
    return {name.removeprefix("namespace/") for name in names}
