"""Which rule judges which kind."""

from collections.abc import Callable

from deployer.objects import Object, key_of
from deployer.wait.health import READY, Health
from deployer.wait.kinds import claim, custom, daemonset, deployment, job, pod, service, statefulset

Rule = Callable[[Object], Health]

RULES: dict[tuple[str, str], Rule] = {
    ("apps", "Deployment"): deployment.health,
    ("apps", "StatefulSet"): statefulset.health,
    ("apps", "DaemonSet"): daemonset.health,
    ("batch", "Job"): job.health,
    ("", "Pod"): pod.health,
    ("", "Service"): service.health,
    ("", "PersistentVolumeClaim"): claim.health,
}
# Healthy as soon as they are there; looking at them would only cost requests.
PASSIVE = frozenset(
    {
        ("", "ConfigMap"), ("", "Secret"), ("", "ServiceAccount"), ("", "Namespace"), ("", "LimitRange"),
        ("", "ResourceQuota"), ("", "PersistentVolume"), ("batch", "CronJob"), ("networking.k8s.io", "NetworkPolicy"),
        ("networking.k8s.io", "Ingress"), ("networking.k8s.io", "IngressClass"), ("policy", "PodDisruptionBudget"),
        ("autoscaling", "HorizontalPodAutoscaler"), ("rbac.authorization.k8s.io", "Role"),
        ("rbac.authorization.k8s.io", "RoleBinding"), ("rbac.authorization.k8s.io", "ClusterRole"),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding"), ("scheduling.k8s.io", "PriorityClass"),
        ("storage.k8s.io", "StorageClass"), ("apiextensions.k8s.io", "CustomResourceDefinition"),
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
    }
)  # fmt: skip


def judge(item: Object) -> Health:
    key = key_of(item)
    if (key.group, key.kind) in PASSIVE:
        return READY
    return RULES.get((key.group, key.kind), custom.health)(item)
