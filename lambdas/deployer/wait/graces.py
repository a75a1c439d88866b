"""How long what may heal by itself is given, in seconds: the one place where patience with a cluster is decided."""

from deployer.values import dataclass, fields, replace

# After these, something that nobody has promised to bring about is told and no longer waited for.
TAKEN_UP = 20.0  # a load balancer, an address, a gateway: controllers take such objects up within seconds
LOOKED_AT = 20.0  # kinds whose controllers come round every fifteen seconds
LET_IT_SPEAK = 2.0  # a custom resource whose status names no generation


@dataclass(frozen=True)
class Graces:
    """What a trouble may last before the release is given up. `scaled` is for tests, which have less time."""

    missing_image: float = 5.0  # the registry says that there is no such image
    pull: float = 60.0  # registries hiccup, credentials come a moment late
    config: float = 10.0  # operators make Secrets a moment after the pods that need them
    create: float = 15.0  # the runtime's own errors
    crash: float = 10.0  # from a pod's start to the end of a container that has crashed again and again
    refused: float = 10.0  # a quota or an admission rule: old pods that end make room
    webhook: float = 60.0  # an admission webhook that does not answer: it may be starting itself
    unschedulable: float = 60.0
    scale_up: float = 300.0  # an autoscaler has said that it brings a node
    mount: float = 30.0  # a volume's ConfigMap or Secret that is not there
    provision: float = 60.0  # a volume that its provisioner has refused to make
    analysis: float = 120.0  # a Flagger Canary that has failed: it looks for a new spec once in its interval
    look: float = 5.0  # a workload without its pods, before its events are asked why

    def scaled(self, factor: float) -> "Graces":
        return replace(self, **{each.name: getattr(self, each.name) * factor for each in fields(self)})
