"""A cluster that would have to leave its VPC. Pure.

CloudFormation's schema lets its subnets change; EKS takes none of another VPC, so the update fails.
"""

from collections.abc import Iterable
from dataclasses import replace

from cli.planning.changes import Change
from cli.planning.template import properties, references

CLUSTER, GROUP, VPC = "AWS::EKS::Cluster", "AWS::EC2::SecurityGroup", ("VpcId",)
REFUSED = "EKS keeps a cluster in the VPC that it was made in: destroy the stack first, or leave the network as it is"


def moved(changes: Iterable[Change]) -> tuple[Change, ...]:
    """The same changes; a cluster whose security group goes to another VPC is replaced, and that is refused."""
    found = tuple(changes)
    gone = {each.id for each in found if each.type == GROUP and each.action == "replaced" and _leaves(each, found)}
    return tuple(_told(each, gone) for each in found)


def _leaves(group: Change, changes: tuple[Change, ...]) -> bool:
    """Its VPC is named anew, or is replaced itself."""
    renamed = any(each.path[:1] == VPC for each in group.properties)
    replaced = {each.id for each in changes if each.type == "AWS::EC2::VPC" and each.action == "replaced"}
    return renamed or bool(replaced.intersection(group.because))


def _told(change: Change, gone: set[str]) -> Change:
    if change.type != CLUSTER or change.before is None or change.after is None:
        return change
    if not gone.intersection(name for _, name in references(properties(change.before))):
        return change
    return replace(change, action="replaced", refused=change.refused or REFUSED)
