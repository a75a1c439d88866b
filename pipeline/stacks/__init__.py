"""Service → the cluster stack, a stack for each target elsewhere, and the delivery stack."""

from pipeline.stacks.cluster import ClusterStack
from pipeline.stacks.delivery import DeliveryStack
from pipeline.stacks.target import TargetStack

__all__ = ["ClusterStack", "DeliveryStack", "TargetStack"]
