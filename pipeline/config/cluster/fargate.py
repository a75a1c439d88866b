"""What AWS Fargate would not run of the environments that are put there."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path as Folder

from pipeline.config.cluster import model
from pipeline.config.delivered import LARGEST, delivered
from pipeline.config.messages import meant
from pipeline.config.problems import Finding, Path, repeated
from pipeline.config.service import Service, Target

WHERE: Path = ("cluster", "fargate")
# What stands in a manifest, and what it means there.
REFUSED = (
    (re.compile(r"^kind:[ \t]*[\"']?DaemonSet\b", re.MULTILINE), "a DaemonSet has no node to run on"),
    (re.compile(r"^[ \t-]*hostNetwork:[ \t]*true\b", re.MULTILINE), "pods have no host network"),
    (re.compile(r"^[^#\n]*\bprivileged:[ \t]*true\b", re.MULTILINE), "no container is privileged"),
)


def findings(cluster: model.Cluster, service: Service) -> Iterator[Finding]:
    named = [((*WHERE, index), name) for index, name in enumerate(cluster.fargate)]
    yield from repeated(named, "once is enough")
    targets = {target.name: target for target in service.environments}
    for where, name in named:
        if name not in targets:
            yield _nowhere(where, name, list(targets))
            continue
        yield from _of(where, targets[name], service.folder)


def _nowhere(where: Path, name: str, known: Sequence[str]) -> Finding:
    guess = meant(name, list(known))
    remedy = f"did you mean `{guess}`?" if guess else f"environments are {', '.join(known)}"
    return Finding(where, f"there is no environment `{name}`", remedy, (("environments",),))


def _of(where: Path, target: Target, folder: Folder) -> Iterator[Finding]:
    if target.rules.isolate:
        wrong = f"{target.name} has `isolate`, and NetworkPolicies are not enforced on Fargate"
        yield Finding(where, wrong, "leave one of them out")
    for file in sorted({file for item in target.deliveries for file in delivered(folder, item)}):
        for line, why in _in_file(folder / file):
            yield Finding(where, f"{file}:{line}: {why} on Fargate", "change it, or let the environment run on nodes")


def _in_file(file: Folder) -> Iterator[tuple[int, str]]:
    try:
        text = file.read_text() if file.stat().st_size <= LARGEST else ""
    except (OSError, UnicodeError):
        return
    if "{{" in text:
        return  # a template may leave it out
    for pattern, why in REFUSED:
        for found in pattern.finditer(text):
            yield text.count("\n", 0, found.start()) + 1, why
