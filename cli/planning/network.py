"""What changes about who reaches what over the network. Pure."""

from collections import Counter
from collections.abc import Iterable

from cli.planning.changes import Change
from cli.planning.lines import Line, property_texts
from cli.planning.losses import end_line
from cli.planning.names import Names, part_of, plural

TYPES = ("AWS::EC2::", "AWS::ElasticLoadBalancing", "AWS::Route53", "AWS::VpcLattice::")
PROPERTIES = ("ResourcesVpcConfig", "VpcConfig", "PublicAccessBlockConfiguration")


def is_network(kind: str) -> bool:
    return kind.startswith(TYPES)


def tells_network(kind: str, name: str) -> bool:
    """Whether a property of such a type is one of the network."""
    return is_network(kind) or name in PROPERTIES


def network_lines(changes: Iterable[Change], names: Names) -> tuple[Line, ...]:
    """What is there and changes comes first; what comes and goes is counted."""
    found = list(changes)
    anew = [change for change in found if is_network(change.type) and "replaced" in change.action]
    return (
        *(line for change in found if change.before and change.after and (line := _changed(change, names))),
        *(end_line(change, names) for change in anew if change.properties),
        *_counted("replaced with what they belong to", [change for change in anew if not change.properties]),
        *_counted("new", [each for each in found if each.action == "created"]),
        *_counted("deleted", [each for each in found if each.action == "deleted"]),
        *_counted("leaves the stack, and stays in the account", [each for each in found if each.action == "kept"]),
    )


def _changed(change: Change, names: Names) -> Line | None:
    """What is replaced tells its properties with that."""
    if is_network(change.type) and change.action != "changed":
        return None
    told = [each for each in change.properties if tells_network(change.type, each.path[0])]
    causes = change.because if is_network(change.type) else ()
    details = (*property_texts(told, names), *(f"because {names.full(cause)} is replaced" for cause in causes))
    return Line(names.full(change.id), details, (change.id,)) if details else None


def _counted(verb: str, changes: list[Change]) -> tuple[Line, ...]:
    found = [change for change in changes if is_network(change.type)]
    if not found:
        return ()
    counts = Counter(part_of(change.type) for change in found)
    words = ", ".join(plural(count, part) for part, count in counts.items())
    return (Line(f"{verb}: {words}", (), tuple(change.id for change in found)),)
