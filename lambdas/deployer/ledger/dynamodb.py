"""The service's ledger in DynamoDB: it outlives the cluster, and the pipeline that wrote it.

pk S                sk counter              the last number given
pk S                sk execution#<id>       the number of a pipeline execution
pk S#<environment>  sk <number, 10 digits>  a release in an environment
pk S#<environment>  sk current              the number of what runs there
pk S#<environment>  sk hold                 who stopped it, while it is held
pk S#<environment>  sk excuse               who let releases in although it is frozen

An environment that is released to several targets has S#<environment>/<target> for each, with all of these; and
S#<environment> with a hold or an excuse alone, which is for all of them.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

from deployer.ledger import UNSCANNED, Entry, Excuse, Held, History, Status
from deployer.release import Release
from deployer.values import asdict, dataclass, fields

SPECIAL = 3  # items of an environment that are no releases: `current`, `excuse`, `hold`; they sort behind all numbers


@dataclass(frozen=True)
class DynamoLedger:
    """`client` is boto3's for DynamoDB."""

    client: Any
    table: str
    service: str
    environment: str
    now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)
    target: str = ""  # of several, which

    @property
    def origin(self) -> str:
        return f"dynamodb/{self.client.meta.region_name}/{self.table}"

    def number(self, execution: str, above: int = 0) -> int:
        """The number of a pipeline execution, given once and the same in all environments."""
        key = {"pk": self.service, "sk": f"execution#{execution}"}
        known = self._get(key)
        if known and int(known["number"]["N"]) > above:
            return int(known["number"]["N"])
        if above:
            self._count_from(above)
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
                ConditionExpression="attribute_not_exists(pk) OR #n <= :above",
                ExpressionAttributeNames={"#n": "number"},
                ExpressionAttributeValues={":above": {"N": str(above)}},
            )
        except self.client.exceptions.ConditionalCheckFailedException:
            return int((self._get(key) or {})["number"]["N"])  # the other of two deliveries was first
        return number

    def _count_from(self, above: int) -> None:
        """Let the counter be at least `above`."""
        try:
            self.client.update_item(
                TableName=self.table,
                Key=_item({"pk": self.service, "sk": "counter"}),
                UpdateExpression="SET #n = :above",
                ConditionExpression="attribute_not_exists(#n) OR #n < :above",
                ExpressionAttributeNames={"#n": "number"},
                ExpressionAttributeValues={":above": {"N": str(above)}},
            )
        except self.client.exceptions.ConditionalCheckFailedException:
            return  # it is beyond that already

    def open(
        self, number: int, execution: str, release: Release, *, scan: str = UNSCANNED, later: bool = False
    ) -> None:
        """Say that a release begins, before anything of it is written to the cluster."""
        self._set(
            number,
            status="InProgress",
            execution=execution,
            commit=release.commit,
            message=release.message,
            branch=release.branch,
            author=release.author,
            authored=release.authored,
            images={name: image.pinned for name, image in release.images.items()},
            started=_iso(self.now()),
            scan=scan,
            **({"sbom": dict(release.sbom)} if release.sbom else {}),
            forget=("finished", "summary", "restored"),
        )

    def close(self, number: int, status: Status, summary: str, restored: int = 0) -> None:
        """Say how it ended; `restored` is the release that was gone back to."""
        words: dict[str, Any] = {"status": status, "summary": summary, "finished": _iso(self.now())}
        if restored:
            words["restored"] = restored
        self._set(number, **words)

    def find(self, number: int) -> Entry | None:
        found = self._get({"pk": self._partition, "sk": f"{number:010d}"})
        return _entry(found) if found else None

    def supersede(self, number: int, summary: str) -> None:
        """Say that a release came too late, unless it has ended before: a stale delivery rewrites no history."""
        found = self.find(number)
        if found is None or not found.finished:
            self.close(number, "Superseded", summary)

    def succeed(self, number: int, summary: str) -> None:
        self.close(number, "Succeeded", summary)
        self.runs(number)

    def runs(self, number: int) -> None:
        """Say which release runs in the environment now."""
        item = {"pk": self._partition, "sk": "current", "number": number}
        self.client.put_item(TableName=self.table, Item=_item(item))

    def running(self) -> int:
        """The number of what runs in the environment; 0 for nothing."""
        found = self._get({"pk": self._partition, "sk": "current"})
        return int(found["number"]["N"]) if found else 0

    def committed(self, number: int, commit: str) -> None:
        """Say which commit of the configuration repository brought a release."""
        self._set(number, config=commit)

    def held(self, *, numbered: bool = False) -> Held | None:
        found = self._get({"pk": self._partition, "sk": "hold"})
        return _held(found) if found else self._held_as_a_whole()

    def hold(self, held: Held) -> None:
        item = {"pk": self._partition, "sk": "hold", **asdict(held)}
        self.client.put_item(TableName=self.table, Item=_item(item))

    def lift(self) -> None:
        self.client.delete_item(TableName=self.table, Key=_item({"pk": self._partition, "sk": "hold"}))

    def excused(self) -> Excuse | None:
        """That of one target counts before that of the whole environment."""
        found = self._get({"pk": self._partition, "sk": "excuse"})
        if found is None and self.target:
            found = self._get({"pk": self._whole, "sk": "excuse"})
        return Excuse(**{field.name: _plain(found[field.name]) for field in fields(Excuse)}) if found else None

    def excuse(self, excuse: Excuse) -> None:
        item = {"pk": self._partition, "sk": "excuse", **asdict(excuse)}
        self.client.put_item(TableName=self.table, Item=_item(item))

    def history(self, count: int) -> History:
        items = self.client.query(
            TableName=self.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": self._partition}},
            ScanIndexForward=False,
            Limit=count + SPECIAL,
            ConsistentRead=True,
        )["Items"]
        special = {item["sk"]["S"]: item for item in items if not item["sk"]["S"].isdigit()}
        return History(
            tuple(_entry(item) for item in items if item["sk"]["S"].isdigit())[:count],
            int(special["current"]["number"]["N"]) if "current" in special else 0,
            _held(special["hold"]) if "hold" in special else self._held_as_a_whole(),
        )

    def _held_as_a_whole(self) -> Held | None:
        """The hold of the environment that this target is one of."""
        if not self.target:
            return None
        found = self._get({"pk": self._whole, "sk": "hold"})
        return _held(found) if found else None

    @property
    def _whole(self) -> str:
        return f"{self.service}#{self.environment}"

    @property
    def _place(self) -> str:
        return f"{self.environment}/{self.target}" if self.target else self.environment

    @property
    def _partition(self) -> str:
        return f"{self.service}#{self._place}"

    def _get(self, key: dict[str, Any]) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.client.get_item(
            TableName=self.table, Key=_item(key), ConsistentRead=True
        ).get("Item")
        return found

    def _set(self, number: int, *, forget: tuple[str, ...] = (), **fields: Any) -> None:
        fields = {"number": number, "environment": self._place, **fields}
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


def _entry(item: dict[str, Any]) -> Entry:
    known = {field.name for field in fields(Entry)}
    return Entry(**{name: _plain(value) for name, value in item.items() if name in known})


def _held(item: dict[str, Any]) -> Held:
    return Held(**{field.name: _plain(item[field.name]) for field in fields(Held)})


def _plain(value: dict[str, Any]) -> Any:
    if "M" in value:
        return {name: _plain(inner) for name, inner in value["M"].items()}
    return int(value["N"]) if "N" in value else value["S"]


def _iso(when: dt.datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")
