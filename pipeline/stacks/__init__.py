"""Service → the cluster stack and the delivery stack."""

from pipeline.stacks.cluster import ClusterStack
from pipeline.stacks.delivery import DeliveryStack

__all__ = ["ClusterStack", "DeliveryStack"]
