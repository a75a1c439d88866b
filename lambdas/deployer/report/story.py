"""What a release has to tell: every line of its log, and the plan that it carries out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from deployer.diff import document, of_plan
from deployer.plan import Plan
from deployer.redact import Redactor
from deployer.release import Release

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
    attached: dict[str, bytes] = field(default_factory=dict)  # files that go beside the report

    def hear(self, line: Line) -> None:
        if len(self.lines) == MOST_LINES:
            self.lines[MOST_LINES // 2 : MOST_LINES // 2 + 100] = [{"event": "left out", "time": line.get("time")}]
        self.lines.append(line)

    def tell(self, **facts: Any) -> None:
        self.facts |= facts

    def planned(self, prepared: Prepared, plan: Plan) -> None:
        """What is about to be carried out, and from what."""
        release = prepared.release
        self.tell(
            commit=release.commit,
            branch=release.branch,
            message=release.message,
            author=release.author,
            images={
                name: {"repository": image.repository, "tag": image.tag, "digest": image.digest}
                for name, image in release.images.items()
            },
            plan=plan_told(plan, release, self.redactor),
        )

    def kept(self) -> dict[str, Any]:
        return {"facts": self.facts, "lines": self.lines}

    def resume(self, kept: Mapping[str, Any]) -> None:
        """Go on where an earlier invocation stopped."""
        self.facts = {**kept.get("facts", {}), **self.facts}
        self.lines = [*kept.get("lines", []), *self.lines]


def tags_of(release: Release) -> dict[str, str]:
    """The tag of each digest, for people."""
    return {image.digest: image.tag for image in release.images.values()}


def plan_told(plan: Plan, release: Release, redactor: Redactor) -> dict[str, Any]:
    told = document(of_plan(plan, redactor, tags_of(release)))
    more = len(told["objects"]) - MOST_OBJECTS
    return {"digest": plan.digest, **told, "objects": told["objects"][:MOST_OBJECTS], "left_out": max(0, more)}
