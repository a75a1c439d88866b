"""Which rule judges which kind, after the questions that are the same for all: is it going, is its status of today?"""

from collections.abc import Callable

from deployer.objects import Object, key_of
from deployer.wait.graces import LET_IT_SPEAK
from deployer.wait.health import (
    READY,
    Health,
    condition,
    count,
    failed,
    generation_of,
    outdated,
    progressing,
    status_of,
    words,
)
from deployer.wait.kinds import (
    apiservice,
    autoscaler,
    budget,
    claim,
    custom,
    daemonset,
    definition,
    deployment,
    gateway,
    ingress,
    job,
    namespace,
    pod,
    progressive,
    replicaset,
    route,
    service,
    statefulset,
)

Rule = Callable[[Object], Health]

GATEWAYS = "gateway.networking.k8s.io"
RULES: dict[tuple[str, str], Rule] = {
    ("apps", "Deployment"): deployment.health,
    ("apps", "StatefulSet"): statefulset.health,
    ("apps", "DaemonSet"): daemonset.health,
    ("apps", "ReplicaSet"): replicaset.health,
    ("", "ReplicationController"): replicaset.health,
    ("batch", "Job"): job.health,
    ("", "Pod"): pod.health,
    ("", "Service"): service.health,
    ("", "PersistentVolumeClaim"): claim.health,
    ("", "Namespace"): namespace.health,
    ("networking.k8s.io", "Ingress"): ingress.health,
    ("autoscaling", "HorizontalPodAutoscaler"): autoscaler.health,
    ("policy", "PodDisruptionBudget"): budget.health,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): definition.health,
    ("apiregistration.k8s.io", "APIService"): apiservice.health,
    (GATEWAYS, "Gateway"): gateway.health,
    (GATEWAYS, "HTTPRoute"): route.health,
    (GATEWAYS, "GRPCRoute"): route.health,
    (GATEWAYS, "TLSRoute"): route.health,
    (GATEWAYS, "TCPRoute"): route.health,
    (GATEWAYS, "UDPRoute"): route.health,
    ("argoproj.io", "Rollout"): progressive.rollout,
    ("argoproj.io", "AnalysisRun"): progressive.analysis,
    ("flagger.app", "Canary"): progressive.canary,
}
# Healthy as soon as they are there; looking at them would only cost requests. A CronJob's runs are no release's.
PASSIVE = frozenset(
    {
        ("", "ConfigMap"), ("", "Secret"), ("", "ServiceAccount"), ("", "LimitRange"), ("", "ResourceQuota"),
        ("", "PersistentVolume"), ("", "Endpoints"), ("", "PodTemplate"), ("apps", "ControllerRevision"),
        ("batch", "CronJob"), ("discovery.k8s.io", "EndpointSlice"), ("coordination.k8s.io", "Lease"),
        ("networking.k8s.io", "NetworkPolicy"), ("networking.k8s.io", "IngressClass"), ("node.k8s.io", "RuntimeClass"),
        ("rbac.authorization.k8s.io", "Role"), ("rbac.authorization.k8s.io", "RoleBinding"),
        ("rbac.authorization.k8s.io", "ClusterRole"), ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
        ("scheduling.k8s.io", "PriorityClass"), ("storage.k8s.io", "StorageClass"), ("storage.k8s.io", "CSIDriver"),
        ("storage.k8s.io", "VolumeAttributesClass"),
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
        ("admissionregistration.k8s.io", "MutatingAdmissionPolicy"),
        ("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding"),
    }
)  # fmt: skip
# Their controllers have always written observedGeneration: a status without it is of no generation at all.
OBSERVING = frozenset(
    {
        ("apps", "Deployment"), ("apps", "StatefulSet"), ("apps", "DaemonSet"), ("apps", "ReplicaSet"),
        ("", "ReplicationController"), ("policy", "PodDisruptionBudget"),
    }
)  # fmt: skip


def judge(item: Object, generation: int = 0) -> Health:
    """How an object stands. `generation`: what our own write returned; a status of an older one says nothing."""
    key = key_of(item)
    kind = (key.group, key.kind)
    if kind in PASSIVE:
        return READY
    found = _unsettled(item, kind, generation) or RULES.get(kind, custom.health)(item)
    if found.state == "ready" and generation and kind not in RULES and custom.names_no_generation(item):
        return progressing("its controller has not said that it saw the change", LET_IT_SPEAK)
    return found


def _unsettled(item: Object, kind: tuple[str, str], generation: int) -> Health | None:
    if item["metadata"].get("deletionTimestamp"):
        return progressing("it is being deleted")
    status, newest = status_of(item), max(generation_of(item), generation)
    tells = kind in OBSERVING or "observedGeneration" in status
    if generation_of(item) < generation or (tells and count(status, "observedGeneration") < newest):
        return progressing("its controller has not seen it yet")
    for name, verdict in (("Stalled", failed), ("Reconciling", progressing)):
        told = condition(item, name)
        if told.get("status") == "True" and not outdated(item, told):
            return verdict(words(told))
    return None
