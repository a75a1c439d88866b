"""What ends or leaves the stacks, and what becomes of what it holds. Pure."""

from collections.abc import Iterable, Iterator

from cli.planning.changes import Change
from cli.planning.compare import RETAINS
from cli.planning.lines import Line, property_texts
from cli.planning.names import Names

# Type → what it holds that no deployment brings back.
HOLDS = {
    "AWS::APS::Workspace": "its metrics",
    "AWS::CodeCommit::Repository": "its commits",
    "AWS::DynamoDB::GlobalTable": "its items",
    "AWS::DynamoDB::Table": "its items",
    "AWS::ECR::Repository": "its images",
    "AWS::EFS::FileSystem": "its files",
    "AWS::EKS::Cluster": "everything that runs in it",
    "AWS::KMS::Key": "the key without which what it encrypted is not read again",
    "AWS::Logs::LogGroup": "its log",
    "AWS::RDS::DBCluster": "its data",
    "AWS::RDS::DBInstance": "its data",
    "AWS::S3::Bucket": "its objects",
    "AWS::SNS::Topic": "its subscriptions",
    "AWS::SQS::Queue": "its messages",
    "AWS::SecretsManager::Secret": "its value",
    "AWS::SSM::Parameter": "its value",
}
POLICIES = ("DeletionPolicy", "UpdateReplacePolicy")


def is_loss(change: Change) -> bool:
    """Whether data go with it."""
    return change.goes and change.type in HOLDS and not _stays(change) and not _snapshot(change)


def loss_lines(changes: Iterable[Change], names: Names) -> tuple[Line, ...]:
    """What is lost comes first, then what is replaced, then the rest by the thing that it belongs to."""
    going = [change for change in changes if change.goes]
    alone = [change for change in going if change.type in HOLDS or change.action != "deleted"]
    alone.sort(key=lambda change: (not is_loss(change), change.action))
    others = [change for change in going if change not in alone]
    return (
        *(end_line(change, names) for change in alone),
        *_deleted(others, names),
        *_unguarded(changes, names),
    )


def end_line(change: Change, names: Names) -> Line:
    """What becomes of one that ends, with the changes that end it."""
    verb = {
        "deleted": "is deleted",
        "kept": "leaves the stack",
        "replaced": "is replaced by a new one",
        "maybe replaced": "may be replaced by a new one (its service decides)",
    }[change.action]
    return Line(f"{names.full(change.id)} {verb}{_fate(change)}", tuple(_why(change, names)), (change.id,))


def _fate(change: Change) -> str:
    if change.action == "kept":
        return ", and stays in the account: nothing deletes it, and a new one cannot take its name"
    if _stays(change):
        return "; the old one stays in the account" if change.action != "deleted" else ""
    if _snapshot(change):
        return f"; a snapshot of {HOLDS.get(change.type, 'it')} is taken before"
    return f", and {HOLDS[change.type]} with it" if change.type in HOLDS else ""


def _why(change: Change, names: Names) -> Iterator[str]:
    if change.refused:
        yield f"CloudFormation will refuse this: {change.refused}"
    yield from property_texts(change.properties, names)
    yield from (f"because {names.full(cause)} is replaced" for cause in change.because)


def _deleted(changes: Iterable[Change], names: Names) -> Iterator[Line]:
    things: dict[str, list[Change]] = {}
    for change in changes:
        things.setdefault(names.name(change.id).thing, []).append(change)
    for thing, found in things.items():
        parts = ", ".join(sorted({names.name(change.id).part for change in found}))
        yield Line(f"deleted: {thing} ({parts})", (), tuple(change.id for change in found))


def _unguarded(changes: Iterable[Change], names: Names) -> Iterator[Line]:
    """What a later deletion or replacement would have kept, and will not."""
    for change in changes:
        for each in change.properties:
            if each.path[:1] in [(name,) for name in POLICIES] and change.action == "changed":
                shift = f"{each.path[0]}: {each.before or 'Delete'} → {each.after or 'Delete'}"
                yield Line(f"{names.full(change.id)} changes what becomes of it when it goes", (shift,), (change.id,))


def _stays(change: Change) -> bool:
    """A replaced one stays only when both templates say so: which of them CloudFormation asks is nowhere promised."""
    if change.action in ("deleted", "kept"):
        return change.action == "kept"
    return all((each or {}).get("UpdateReplacePolicy") in RETAINS for each in (change.before, change.after))


def _snapshot(change: Change) -> bool:
    key = "DeletionPolicy" if change.action == "deleted" else "UpdateReplacePolicy"
    return (change.before or {}).get(key) == "Snapshot"
