"""Stacks, as they are and as they would be → one plan, in groups. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from cli.planning.changes import Change
from cli.planning.compare import compare, sections
from cli.planning.deployed import Deployed
from cli.planning.grants import Grant, Holder, grants
from cli.planning.lines import Line
from cli.planning.losses import is_loss, loss_lines
from cli.planning.moved import moved
from cli.planning.names import Names, plural
from cli.planning.network import is_network, network_lines
from cli.planning.rest import PIPELINE, rest_lines, sections_line
from cli.planning.rights import RightsChange, in_order, rights_changes
from cli.planning.stages import NO_WAY_BACK, course, is_trigger, pipeline_lines, trigger_lines
from cli.planning.template import Template, resources

Pair = tuple[Deployed, Template]


@dataclass(frozen=True)
class Plan:
    """`changes` are of resources; each group tells of some of them, and no group of what has no meaning."""

    stacks: tuple[Deployed, ...]
    changes: tuple[Change, ...]
    rights: tuple[RightsChange, ...]
    network: tuple[Line, ...]
    losses: tuple[Line, ...]
    pipeline: tuple[Line, ...]
    rest: tuple[Line, ...]

    @property
    def counts(self) -> dict[str, int]:
        """`widen` and `narrow` count those whose rights do so; the others count resources."""
        return {
            "changes": len(self.changes),
            "widen": len({each.holder.words for each in self.rights if each.widens}),
            "narrow": len({each.holder.words for each in self.rights if each.narrows}),
            "replaced": sum(each.goes and "replaced" in each.action for each in self.changes),
            "deleted": sum(each.action == "deleted" for each in self.changes),
            "kept": sum(each.action == "kept" for each in self.changes),
            "lost": sum(is_loss(each) for each in self.changes),
            "refused": sum(bool(each.refused) for each in self.changes),
        }

    @property
    def summary(self) -> str:
        """One line."""
        if not any((self.changes, self.rest)):
            return "nothing changes"
        count = self.counts
        told = [
            f"{count['widen']} with wider rights" * bool(count["widen"]),
            f"{count['narrow']} with fewer" * bool(count["narrow"]),
            f"{count['replaced']} replaced" * bool(count["replaced"]),
            f"{count['deleted']} deleted" * bool(count["deleted"]),
            f"{count['lost']} with the data in it" * bool(count["lost"]),
            f"{count['refused']} that CloudFormation will refuse" * bool(count["refused"]),
        ]
        return "; ".join([plural(count["changes"], "change"), *filter(None, told)])


def make_plan(deployed: Iterable[Deployed], new: Iterable[Template]) -> Plan:
    """`new` are the templates of the stacks, in the same order."""
    pairs = list(zip(deployed, new, strict=True))
    plans = [_together([pair], pair[0].name) for pair in pairs] if _share_ids(pairs) else [_together(pairs)]
    return Plan(
        stacks=tuple(stack for stack, _ in pairs),
        changes=tuple(each for plan in plans for each in plan.changes),
        rights=in_order(each for plan in plans for each in plan.rights),
        network=tuple(line for plan in plans for line in plan.network),
        losses=tuple(line for plan in plans for line in plan.losses),
        pipeline=tuple(line for plan in plans for line in plan.pipeline),
        rest=tuple(line for plan in plans for line in plan.rest),
    )


def _share_ids(pairs: list[Pair]) -> bool:
    """Whether a logical id means several things, as it does with the stacks of two services."""
    found = [key for stack, template in pairs for key in {*resources(stack.template), *resources(template)}]
    return len(set(found)) < len(found)


def _together(pairs: list[Pair], told_with: str = "") -> Plan:
    """Of stacks that share no ids; `told_with` is the stack's name when others do."""
    names = Names([each for stack, new in pairs for each in (stack.template, new)], told_with)
    changes = moved(each for stack, new in pairs for each in compare(stack.name, stack.template, new))
    others = [each for each in changes if not is_trigger(each, names)]
    beside = [line for stack, new in pairs for line in sections_line(stack.name, sections(stack.template, new))]
    return Plan(
        stacks=tuple(stack for stack, _ in pairs),
        changes=changes,
        rights=rights_changes(_all((stack.template for stack, _ in pairs), names), _all((t for _, t in pairs), names)),
        network=network_lines(changes, names),
        losses=loss_lines([each for each in others if not is_network(each.type)], names),
        pipeline=(*(line for each in changes for line in _pipeline(each, names)), *trigger_lines(changes, names)),
        rest=(*rest_lines(others, names), *beside),
    )


def _all(templates: Iterable[Template], names: Names) -> dict[Holder, frozenset[Grant]]:
    """Of several stacks: a role of one may be given rights by another."""
    found: dict[Holder, frozenset[Grant]] = {}
    for template in templates:
        for holder, given in grants(template, names).items():
            found[holder] = found.get(holder, frozenset()) | given
    return found


def _pipeline(change: Change, names: Names) -> tuple[Line, ...]:
    if change.type != PIPELINE or change.after is None:
        return ()
    if change.before is None:
        return (Line(f"new: {names.full(change.id)}, {course(change.after)}", (), (change.id,)),)
    lines = pipeline_lines(change.before, change.after, names)
    return lines or (Line(NO_WAY_BACK),) if change.because else lines
