"""What a release has to tell: every line of its log, and the plan that it carries out."""

from collections.abc import Mapping
from typing import Any, Protocol

from deployer.diff import document, of_plan
from deployer.plan import Plan
from deployer.redact import Redactor
from deployer.release import Release
from deployer.values import dataclass, field, replace

MOST_LINES = 2_000
MOST_OBJECTS = 500  # whose differences are kept, in the order of the plan
Line = Mapping[str, Any]


class Prepared(Protocol):
    @property
    def release(self) -> Release: ...


@dataclass
class Story:
    """Grows while a release goes its way; `facts` is JSON, masked, and survives from one invocation to the next."""

    redactor: Redactor
    lines: list[Line] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    pending: Plan | None = None  # whose differences nobody asked for yet: a release does not wait for its report
    attached: dict[str, bytes] = field(default_factory=dict)  # files that go beside the report

    def hear(self, line: Line) -> None:
        if len(self.lines) == MOST_LINES:
            self.lines[MOST_LINES // 2 : MOST_LINES // 2 + 100] = [{"event": "left out", "time": line.get("time")}]
        self.lines.append(line)

    def tell(self, **facts: Any) -> None:
        self.facts |= facts

    def planned(self, prepared: Prepared, plan: Plan) -> None:
        """What is about to be carried out, and from what."""
        self.released(prepared.release)
        self.pending, self.tags = plan, tags_of(prepared.release)

    def released(self, release: Release) -> None:
        """What a release is of."""
        self.tell(
            commit=release.commit,
            branch=release.branch,
            message=release.message,
            author=release.author,
            authored=release.authored,
            images={
                name: {"repository": image.repository, "tag": image.tag, "digest": image.digest}
                for name, image in release.images.items()
            },
        )

    def told(self) -> dict[str, Any]:
        """The facts, the plan's differences among them."""
        if self.pending:
            self.facts["plan"] = plan_told(self.pending, self.tags, self.redactor)
            self.pending = None
        return self.facts

    def kept(self) -> dict[str, Any]:
        return {"facts": self.told(), "lines": self.lines}

    def resume(self, kept: Mapping[str, Any]) -> None:
        """Go on where an earlier invocation stopped."""
        self.facts = {**kept.get("facts", {}), **self.facts}
        self.lines = [*kept.get("lines", []), *self.lines]


def tags_of(release: Release) -> dict[str, str]:
    """The tag of each digest, for people."""
    return {image.digest: image.tag for image in release.images.values()}


def plan_told(plan: Plan, tags: Mapping[str, str], redactor: Redactor) -> dict[str, Any]:
    """The plan's document with the differences of so many objects: each costs time and room."""
    steps = [step for step in plan.steps if step.action != "unchanged"]
    shown = replace(plan, steps=tuple(steps[:MOST_OBJECTS]))
    told = document(of_plan(shown, redactor, tags))
    return {
        "digest": plan.digest,
        "counts": plan.counts,
        "objects": told["objects"],
        "left_out": max(0, len(steps) - MOST_OBJECTS),
    }
