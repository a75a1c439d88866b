"""The ledger: what was released where, from which commit, with what result. It outlives the cluster.

pk S                sk counter              the last number given
pk S                sk execution#<id>       the number of a pipeline execution
pk S#<environment>  sk <number, 10 digits>  a release in an environment
pk S#<environment>  sk current              the number of what runs there
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from deployer.release import Release

Status = Literal["InProgress", "Succeeded", "Failed", "Superseded"]
UNSCANNED = "not scanned"


@dataclass(frozen=True)
class Ledger:
    """`client` is boto3's for DynamoDB."""

    client: Any
    table: str
    service: str
    environment: str
    now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)

    def number(self, execution: str) -> int:
        """The number of a pipeline execution, given once and the same in all environments."""
        key = {"pk": self.service, "sk": f"execution#{execution}"}
        known = self._get(key)
        if known:
            return int(known["number"]["N"])
        counted = self.client.update_item(
            TableName=self.table,
            Key=_item({"pk": self.service, "sk": "counter"}),
            UpdateExpression="ADD #n :one",
            ExpressionAttributeNames={"#n": "number"},
            ExpressionAttributeValues={":one": {"N": "1"}},
            ReturnValues="UPDATED_NEW",
        )
        number = int(counted["Attributes"]["number"]["N"])
        try:
            self.client.put_item(
                TableName=self.table,
                Item=_item({**key, "number": number}),
                ConditionExpression="attribute_not_exists(pk)",
            )
        except self.client.exceptions.ConditionalCheckFailedException:
            return int((self._get(key) or {})["number"]["N"])  # the other of two deliveries was first
        return number

    def open(self, number: int, execution: str, release: Release) -> None:
        """Say that a release begins, before anything of it is written to the cluster."""
        self._set(
            number,
            status="InProgress",
            execution=execution,
            commit=release.commit,
            message=release.message,
            branch=release.branch,
            author=release.author,
            images={name: image.pinned for name, image in release.images.items()},
            started=_iso(self.now()),
            scan=UNSCANNED,
            forget=("finished", "summary", "restored"),
        )

    def close(self, number: int, status: Status, summary: str, restored: int = 0) -> None:
        """Say how it ended; `restored` is the release that was gone back to."""
        words: dict[str, Any] = {"status": status, "summary": summary, "finished": _iso(self.now()), "scan": UNSCANNED}
        if restored:
            words["restored"] = restored
        self._set(number, **words)

    def supersede(self, number: int, summary: str) -> None:
        """Say that a release came too late, unless it has ended before: a stale delivery rewrites no history."""
        found = self._get({"pk": self._partition, "sk": f"{number:010d}"}) or {}
        if "finished" not in found:
            self.close(number, "Superseded", summary)

    def runs(self, number: int) -> None:
        """Say which release runs in the environment now."""
        item = {"pk": self._partition, "sk": "current", "number": number}
        self.client.put_item(TableName=self.table, Item=_item(item))

    @property
    def _partition(self) -> str:
        return f"{self.service}#{self.environment}"

    def _get(self, key: dict[str, Any]) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.client.get_item(
            TableName=self.table, Key=_item(key), ConsistentRead=True
        ).get("Item")
        return found

    def _set(self, number: int, *, forget: tuple[str, ...] = (), **fields: Any) -> None:
        fields = {"number": number, "environment": self.environment, **fields}
        self.client.update_item(
            TableName=self.table,
            Key=_item({"pk": self._partition, "sk": f"{number:010d}"}),
            UpdateExpression="SET "
            + ", ".join(f"#{name} = :{name}" for name in fields)
            + (" REMOVE " + ", ".join(f"#{name}" for name in forget) if forget else ""),
            ExpressionAttributeNames={f"#{name}": name for name in (*fields, *forget)},
            ExpressionAttributeValues={f":{name}": _value(value) for name, value in fields.items()},
        )


def _item(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: _value(value) for name, value in fields.items()}


def _value(value: Any) -> dict[str, Any]:
    """DynamoDB's wire form of the few types that the ledger holds."""
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, dict):
        return {"M": _item(value)}
    return {"S": str(value)}


def _iso(when: dt.datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")
