"""Kinds that no cluster of today serves: found in what is delivered, before anything is built.

The table is Kubernetes' own (kubernetes.io, "Deprecated API Migration Guide"), App Mesh's end AWS's announcement.
Files are looked at as text: a template is no YAML, and one that asks for the cluster's Capabilities chooses by itself.
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path as Folder

from pipeline.config.delivered import LARGEST, delivered
from pipeline.config.problems import Finding, Path
from pipeline.config.service import Service


@dataclass(frozen=True)
class Retired:
    """`since` is the first Kubernetes version without it; no kinds: all of that version."""

    version: str
    since: str
    instead: str
    kinds: frozenset[str] = frozenset()


def _retired(version: str, since: str, instead: str, *kinds: str) -> Retired:
    return Retired(version, since, instead, frozenset(kinds))


TABLE = (
    _retired("extensions/v1beta1", "1.22", "networking.k8s.io/v1", "Ingress"),
    _retired("extensions/v1beta1", "1.16", "networking.k8s.io/v1", "NetworkPolicy"),
    _retired("extensions/v1beta1", "1.16", "apps/v1", "DaemonSet", "Deployment", "ReplicaSet"),
    _retired("extensions/v1beta1", "1.16", "Pod Security Admission's namespace labels", "PodSecurityPolicy"),
    _retired("apps/v1beta1", "1.16", "apps/v1"),
    _retired("apps/v1beta2", "1.16", "apps/v1"),
    _retired("admissionregistration.k8s.io/v1beta1", "1.22", "admissionregistration.k8s.io/v1",
             "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"),
    _retired("apiextensions.k8s.io/v1beta1", "1.22", "apiextensions.k8s.io/v1"),
    _retired("apiregistration.k8s.io/v1beta1", "1.22", "apiregistration.k8s.io/v1"),
    _retired("certificates.k8s.io/v1beta1", "1.22", "certificates.k8s.io/v1", "CertificateSigningRequest"),
    _retired("coordination.k8s.io/v1beta1", "1.22", "coordination.k8s.io/v1", "Lease"),
    _retired("networking.k8s.io/v1beta1", "1.22", "networking.k8s.io/v1", "Ingress", "IngressClass"),
    _retired("rbac.authorization.k8s.io/v1alpha1", "1.22", "rbac.authorization.k8s.io/v1"),
    _retired("rbac.authorization.k8s.io/v1beta1", "1.22", "rbac.authorization.k8s.io/v1"),
    _retired("scheduling.k8s.io/v1beta1", "1.22", "scheduling.k8s.io/v1", "PriorityClass"),
    _retired("storage.k8s.io/v1beta1", "1.22", "storage.k8s.io/v1",
             "CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"),
    _retired("storage.k8s.io/v1beta1", "1.27", "storage.k8s.io/v1", "CSIStorageCapacity"),
    _retired("batch/v1beta1", "1.25", "batch/v1", "CronJob"),
    _retired("batch/v2alpha1", "1.21", "batch/v1", "CronJob"),
    _retired("discovery.k8s.io/v1beta1", "1.25", "discovery.k8s.io/v1", "EndpointSlice"),
    _retired("events.k8s.io/v1beta1", "1.25", "events.k8s.io/v1", "Event"),
    _retired("autoscaling/v2beta1", "1.25", "autoscaling/v2"),
    _retired("autoscaling/v2beta2", "1.26", "autoscaling/v2"),
    _retired("policy/v1beta1", "1.25", "policy/v1", "PodDisruptionBudget"),
    _retired("policy/v1beta1", "1.25", "Pod Security Admission's namespace labels", "PodSecurityPolicy"),
    _retired("node.k8s.io/v1beta1", "1.25", "node.k8s.io/v1", "RuntimeClass"),
    _retired("flowcontrol.apiserver.k8s.io/v1beta1", "1.26", "flowcontrol.apiserver.k8s.io/v1"),
    _retired("flowcontrol.apiserver.k8s.io/v1beta2", "1.29", "flowcontrol.apiserver.k8s.io/v1"),
    _retired("flowcontrol.apiserver.k8s.io/v1beta3", "1.32", "flowcontrol.apiserver.k8s.io/v1"),
)  # fmt: skip
APP_MESH = "appmesh.k8s.aws/"

_VERSION = re.compile(r"^apiVersion:[ \t]*[\"']?(?P<word>[A-Za-z0-9./-]+)[\"']?[ \t]*(?:#.*)?$", re.MULTILINE)
_KIND = re.compile(r"^kind:[ \t]*[\"']?(?P<word>[A-Za-z0-9]+)[\"']?[ \t]*(?:#.*)?$", re.MULTILINE)
_DOCUMENT = re.compile(r"^---", re.MULTILINE)


def retired(service: Service, *, written: bool) -> Iterator[Finding]:
    """`written`: the deliveries are the user's own words, and not what was found."""
    said: set[str] = set()
    for target in service.environments:
        for position, item in enumerate(target.deliveries):
            where: Path = ("deploy", position) if written else ("deploy",)
            for file in sorted(set(delivered(service.folder, item))):
                for wrong, remedy in _of_file(service.folder, file):
                    if wrong not in said:
                        said.add(wrong)
                        yield Finding(where, wrong, remedy)


def _of_file(folder: Folder, file: str) -> Iterator[tuple[str, str]]:
    """(what is wrong, remedy)"""
    path = folder / file
    try:
        text = path.read_text() if path.stat().st_size <= LARGEST else ""
    except (OSError, UnicodeError):
        return
    if ".Capabilities." in text:
        return
    starts = [0, *(found.start() for found in _DOCUMENT.finditer(text)), len(text)]
    for start, end in itertools.pairwise(starts):
        version, kind = _VERSION.search(text, start, end), _KIND.search(text, start, end)
        if version and kind:
            place = f"{file}:{text.count(chr(10), 0, version.start()) + 1}"
            yield from _of_object(place, version["word"], kind["word"])


def _of_object(place: str, version: str, kind: str) -> Iterator[tuple[str, str]]:
    if version.startswith(APP_MESH):
        wrong = f"{place}: {kind} is an object of AWS App Mesh, which ended on 2026-09-30"
        yield wrong, "use VPC Lattice, or the Gateway API"
    for each in TABLE:
        if each.version == version and (not each.kinds or kind in each.kinds):
            yield f"{place}: {version} {kind} is served by no Kubernetes since {each.since}", f"use {each.instead}"
