"""The release ledger (DynamoDB table `<service>-releases`), read for people: what went where, and how it ended."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cli.errors import CommandError

SPECIAL = 2  # items of an environment that are no releases: `current` and `hold`
FIELDS = ("commit", "message", "author", "branch", "execution", "started", "finished", "summary", "scan", "authored")


@dataclass(frozen=True)
class Release:
    """One release in one environment; `current` says that it is what runs there."""

    number: int
    environment: str
    status: str
    commit: str
    message: str
    author: str
    branch: str
    execution: str
    started: str
    finished: str
    summary: str
    scan: str
    authored: str
    images: dict[str, str]
    restored: int | None
    current: bool
    sbom: dict[str, str] = field(default_factory=dict)  # by image: its documents in the Release artifact, file@digest


def table_of(service: str) -> str:
    return f"{service}-releases"


def read_releases(dynamodb: Any, service: str, environments: list[str], count: int) -> list[Release]:
    """The newest `count` of each environment, newest first; CommandError when the service has no ledger."""
    found: list[Release] = []
    for environment in environments:
        items = _newest(dynamodb, service, environment, count + SPECIAL)
        running = next((number(item) for item in items if item["sk"]["S"] == "current"), None)
        records = [item for item in items if item["sk"]["S"].isdigit()][:count]
        found += [release(item, number(item) == running) for item in records]
    return sorted(found, key=lambda each: (-each.number, environments.index(each.environment)))


def read_whole(dynamodb: Any, service: str, environment: str) -> list[Release]:
    """All releases of an environment, newest first; CommandError when the service has no ledger."""
    found: list[Release] = []
    for items in _pages(dynamodb, service, environment):
        found += [release(item, False) for item in items if item["sk"]["S"].isdigit()]
    return found


def _newest(dynamodb: Any, service: str, environment: str, count: int) -> list[dict[str, Any]]:
    return next(_pages(dynamodb, service, environment, Limit=count))


def _pages(dynamodb: Any, service: str, environment: str, **more: Any) -> Iterator[list[dict[str, Any]]]:
    wanted = {
        "TableName": table_of(service),
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": {"S": f"{service}#{environment}"}},
        "ScanIndexForward": False,  # what is no release sorts behind all numbers, so it comes first
        **more,
    }
    while True:
        try:
            answer = dynamodb.query(**wanted)
        except dynamodb.exceptions.ResourceNotFoundException:
            remedy = "deliver the service first: shipline up --service PATH, or cdk deploy --all"
            raise CommandError(f"there is no ledger {table_of(service)}", remedy) from None
        yield answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return
        wanted["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def release(item: dict[str, Any], current: bool) -> Release:
    values = {field: plain(item.get(field)) or "" for field in FIELDS}
    images = plain(item.get("images")) or {}
    restored = plain(item.get("restored"))
    return Release(
        number=number(item),
        environment=str(plain(item["environment"])),
        status=str(plain(item["status"])),
        images={str(name): str(image) for name, image in images.items()},
        sbom={str(name): str(each) for name, each in (plain(item.get("sbom")) or {}).items()},
        restored=int(restored) if restored else None,
        current=current,
        **{name: str(value) for name, value in values.items()},
    )


def number(item: dict[str, Any]) -> int:
    return int(plain(item["number"]))


def plain(value: dict[str, Any] | None) -> Any:
    """DynamoDB's typed value as Python's; strings, numbers, maps and lists are all that a ledger holds."""
    if value is None or "NULL" in value:
        return None
    ((kind, content),) = value.items()
    match kind:
        case "S" | "BOOL":
            return content
        case "N":
            return int(content)
        case "M":
            return {name: plain(inner) for name, inner in content.items()}
        case "L":
            return [plain(inner) for inner in content]
    raise ValueError(f"the ledger holds a value of type {kind}")
