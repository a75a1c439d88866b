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
    "existing-network": "a cluster in a VPC that is there already (`network: {vpc: …}`) needs that VPC here, too",
}
# The clusters of the example `three-accounts`.
ELSEWHERE = (
    ("staging", "222222222222", "eu-central-1"),
    ("prod-eu", "333333333333", "eu-central-1"),
    ("prod-us-2", "333333333333", "us-east-1"),
)
SIDE_BY_SIDE = "3"


@pytest.fixture(scope="module")
def platform(machine: RunningMachine) -> RunningMachine:
    """A machine with a cluster and a namespace that the example of an existing cluster finds there."""
    account = f"aws://{machine.home.account}/{machine.home.region}"
    machine.run("cdk", "bootstrap", account, cwd=machine.home.root)
    machine.make_cluster("platform")
    for cluster, account, region in ELSEWHERE:
        machine.bootstrap(account, region)
        machine.make_cluster(cluster, account, region)
    machine.run("kubectl", "create", "namespace", "monitoring")
    return machine


def test_what_cannot_run_here_is_on_the_list_of_differences(folders: list[Path]) -> None:
    said = (CHECKOUT / "docs" / "differences.md").read_text()
    assert NOT_HERE.keys() <= {folder.name for folder in folders}
    assert [why for why in NOT_HERE.values() if why not in said] == []


def test_they_are_deployed_and_destroyed(platform: RunningMachine, folders: list[Path], assembly: Path) -> None:
    services = [load(folder) for folder in folders if folder.name not in NOT_HERE]
    stacks = [f"{service.name}-{stack}" for service in services for stack in ("cluster", "delivery")]
    stacks += [f"{service.name}-target-{part.key}" for service in services for part in service.apart]
    cdk(platform, assembly, "deploy", "--require-approval", "never", "--concurrency", SIDE_BY_SIDE, *stacks)
    assert deployed(platform) == set(stacks)
    namespaces = {part.namespace for service in services for part in service.parts}
    assert namespaces <= there(platform)
    for service in services:
        declared = platform.client("codepipeline").get_pipeline(name=service.name)["pipeline"]
        names = [action["name"] for stage in declared["stages"] for action in stage["actions"]]
        assert sum(name.partition("-")[0] == "Deploy" for name in names) == len(service.parts)
    for service in services:
        if isinstance(service.cluster, ClusterPlan) and service.cluster.protection:
            platform.client("eks").update_cluster_config(name=service.name, deletionProtection=False)
    cdk(platform, assembly, "destroy", "--force", "--concurrency", SIDE_BY_SIDE, *stacks)
    assert deployed(platform) == set()


def deployed(machine: RunningMachine) -> set[str]:
    """The stacks of services that are whole, in all accounts and regions."""
    places = {("", ""), *((account, region) for _, account, region in ELSEWHERE)}
    clouds = [machine.client("cloudformation", *place) for place in places]
    found = [stack for cloud in clouds for stack in cloud.describe_stacks()["Stacks"]]
    states = {stack["StackName"]: stack["StackStatus"] for stack in found if stack["StackName"] != "CDKToolkit"}
    assert set(states.values()) <= {"CREATE_COMPLETE"}, states
    return set(states)


def cdk(machine: RunningMachine, assembly: Path, verb: str, *arguments: str) -> None:
    machine.run("cdk", verb, "--app", str(assembly), *arguments, cwd=machine.home.root, timeout=400)


def there(machine: RunningMachine) -> set[str]:
    """The namespaces of the node."""
    names = machine.run("kubectl", "get", "namespaces", "--output", "name").stdout.split()
    return {name.removeprefix("namespace/") for name in names}
