"""What a cluster comes with, with every default chosen."""

from dataclasses import dataclass

from pipeline.config.cluster.equipment.prometheus import PrometheusPlan


@dataclass(frozen=True)
class AddonPlan:
    name: str
    version: str | None = None  # None: EKS's default when it is made
    configuration: str | None = None  # JSON


@dataclass(frozen=True)
class InsightsPlan:
    days: int
    logs: bool
    traces: bool


@dataclass(frozen=True)
class Equipment:
    """`addons` are all that there are: those that were asked for, and those that something else brings along."""

    addons: tuple[AddonPlan, ...] = ()
    ebs: bool = False
    efs: bool = False
    load_balancers: bool = False
    zones: tuple[str, ...] = ()  # ids of hosted zones
    insights: InsightsPlan | None = None
    prometheus: PrometheusPlan | None = None

    def addon(self, name: str) -> AddonPlan | None:
        return next((each for each in self.addons if each.name == name), None)
