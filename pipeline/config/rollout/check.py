"""Where traffic cannot go over step by step."""

from collections.abc import Iterator
from datetime import timedelta

from pipeline.config.kinds import spell
from pipeline.config.problems import Finding
from pipeline.config.service import ChartDelivery, Service

LONGEST = timedelta(hours=12)


def findings(service: Service) -> Iterator[Finding]:
    for index, target in enumerate(service.environments):
        if target.rollout is None:
            continue
        where = ("environments", index, "rollout")
        charts = [item.release for item in target.deliveries if isinstance(item, ChartDelivery)]
        if charts:
            wrong = f"{target.name} gets the chart {charts[0]}, and Helm's own tools would not know of a second set"
            yield Finding(where, wrong, "deliver manifests or a kustomization there, or leave it out")
        steps = target.rollout.steps
        if list(steps) != sorted(set(steps)):
            wrong = "each step has to be more than the one before it"
            yield Finding((*where, "canary", "steps"), wrong, f"write {', '.join(map(str, sorted(set(steps))))}")
        takes = target.rollout.pause * len(target.rollout.steps)
        if takes > LONGEST:
            wrong = f"its steps take {spell(takes)}, and a release may be held for {spell(LONGEST)}"
            yield Finding((*where, "canary"), wrong, "write fewer steps, or a shorter `pause`")
