"""The kinds of value that pipeline.yaml holds: names, paths, durations, and the short forms of mappings."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StrictInt,
    StringConstraints,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


def seconds(text: str) -> int:
    """`1h30m` → 5400; ValueError for what is not a duration."""
    match = DURATION.fullmatch(text)
    if not text or match is None:
        raise ValueError(text)
    return sum(int(count) * size for count, size in zip(match.groups(), UNITS.values(), strict=True) if count)


def spell(duration: timedelta) -> str:
    """timedelta → `1h30m`, the way people write it."""
    rest, text = int(duration.total_seconds()), ""
    for unit, size in UNITS.items():
        count, rest = divmod(rest, size)
        text += f"{count}{unit}" if count else ""
    return text or "0s"


@dataclass(frozen=True)
class Within:
    """A duration between two bounds; `by` says who sets them."""

    least: str
    most: str
    by: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self._read, serialization=core_schema.plain_serializer_function_ser_schema(spell)
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {
            "type": "string",
            "pattern": r"^(?=\d)(\d+d)?(\d+h)?(\d+m)?(\d+s)?$",
            "x-range": f"{self.least} to {self.most}",
        }

    def _read(self, value: object) -> timedelta:
        if isinstance(value, timedelta):
            return value
        try:
            length = seconds(value) if isinstance(value, str) else None
        except ValueError:
            length = None
        if length is None:
            raise PydanticCustomError("duration", "a duration is a number with its unit, such as 30s, 15m, 1h30m or 7d")
        if not seconds(self.least) <= length <= seconds(self.most):
            raise PydanticCustomError(
                "duration_range",
                "{value} is outside of {least} to {most}, which {by} sets",
                {"value": value, "least": self.least, "most": self.most, "by": self.by},
            )
        return timedelta(seconds=length)


LIST_OF = "x-list-of"  # in a schema: what the key of that name of the mapping beside it may be


@dataclass(frozen=True)
class Short:
    """A short form: a value of `kind` stands for a mapping with that one key."""

    key: str
    kind: type
    listed: bool = False  # the key takes a list, and the value stands for a list of itself alone
    words: tuple[str, ...] = ()  # the only ones that may stand there, each for a mapping with itself as the key
    mappings: bool = False  # the list is of mappings, those of the key

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._lengthen, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        short: dict[type, dict[str, Any]] = {
            str: {"type": "string"},
            list: {LIST_OF: self.key} if self.mappings else {"type": "array", "items": {"type": "string"}},
        }
        return {"anyOf": [{"enum": list(self.words)} if self.words else short[self.kind], handler(schema)]}

    def _lengthen(self, value: object) -> object:
        if not isinstance(value, self.kind):
            return value
        if self.words:
            return {value: None} if value in self.words else value
        return {self.key: [value] if self.listed else value}


@dataclass(frozen=True)
class OneOf:
    """A union whose members are known by the one key that only they have; a member's tag is that key in brackets."""

    keys: tuple[str, ...]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        names = ", ".join(f"`{key}`" for key in self.keys)
        discriminator = Discriminator(
            self._tag,
            custom_error_type="one_of",
            custom_error_message=f"exactly one of {names} has to be here",
            custom_error_context={"names": ",".join(self.keys)},
        )
        return discriminator.__get_pydantic_core_schema__(source, handler)

    def _tag(self, value: object) -> str | None:
        written = [key for key in self.keys if key in value] if isinstance(value, dict) else []
        if isinstance(value, BaseModel):
            written = [key for key in self.keys if key in type(value).model_fields]
        return f"<{written[0]}>" if len(written) == 1 else None


def yes_no_or_how(value: object) -> str:
    """The tag of a key that takes true, false, or a mapping that says how."""
    return "<how>" if isinstance(value, dict | BaseModel) else "<yes-or-no>"


def _inside(value: str) -> str:
    """A path that stays in the service's folder, on any system."""
    parts = value.split("/")
    if value.startswith("/") or "\\" in value or ".." in parts or "" in parts[:-1] or parts[0] == "~":
        raise PydanticCustomError("path", "a path is relative to the service's folder, with `/` and without `..`")
    return value.rstrip("/").removeprefix("./") or "."


def _placeholders(value: str) -> str:
    for name in re.findall(r"\{([^{}]*)\}", value):
        if name != "environment":
            raise PydanticCustomError(
                "placeholder",
                "the only placeholder is `{environment}`, not `{name}`",
                {"environment": "{environment}", "name": "{" + name + "}"},
            )
    return value


def _chart(value: str) -> str:
    """A folder, or a chart in ECR: by digest, since a tag can be moved."""
    if not value.startswith(OCI):
        return _placeholders(_inside(value))
    if PACKED_CHART.fullmatch(value) is None:
        raise PydanticCustomError(
            "path",
            "a chart in a registry is written "
            "oci://ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:VERSION@sha256:DIGEST, the version if you like",
        )
    return value


OCI = "oci://"
PACKED_CHART = re.compile(
    r"oci://(?P<account>[0-9]{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/"
    r"(?P<path>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)(?::[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?@sha256:[0-9a-f]{64}"
)
REMEDIES: dict[str, str] = {}  # by pattern: what to write instead of what does not match it


def shaped(pattern: str, remedy: str, max_length: int | None = None) -> StringConstraints:
    """Texts of one pattern; `remedy` says in words what a text of it is."""
    REMEDIES[pattern] = remedy
    return StringConstraints(pattern=pattern, max_length=max_length)


PARAMETER = "ssm:"  # begins a reference to the Parameter Store


def is_parameter(reference: str) -> bool:
    """Of the Parameter Store, and not of Secrets Manager."""
    return reference.startswith(PARAMETER)


def secret_reference(placeholder: str = "") -> str:
    """The pattern of Secrets Manager's names and ARNs, each with a JSON key or without, and of parameters;
    `placeholder` is one of what else may stand wherever a letter may."""
    more = f"|{placeholder}" if placeholder else ""
    name, part = f"([A-Za-z0-9_/+=.@-]{more})+", f"([A-Za-z0-9_.-]{more})+"
    return f"^(ssm:/?{part}(/{part})*|{_whole(name)}(:{name})?)$"


def _whole(name: str) -> str:
    return f"({name}|arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{{12}}:secret:{name}-[A-Za-z0-9]{{6}})"


SECRET = secret_reference()
WHOLE_SECRET = f"^{_whole('[A-Za-z0-9_/+=.@-]+')}$"  # Secrets Manager's, with all its keys
EC2_ID = "^{}-([0-9a-f]{{8}}|[0-9a-f]{{17}})$"  # of a kind
KMS_KEY = r"^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$"
# ECR's repository names are the strictest of those made from it: no two hyphens in a row, none at the ends.
SLUG = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
LABEL = r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"  # RFC 1123
IN_LABEL = "use lower-case letters, digits and hyphens, and begin and end with a letter or digit"
Name = Annotated[str, shaped(SLUG, "use lower-case letters, digits and single hyphens, and start with a letter", 40)]
Namespace = Annotated[str, shaped(LABEL, IN_LABEL, 63)]
ReleaseName = Annotated[str, shaped(LABEL, IN_LABEL, 53)]  # Helm's limit
ValuePath = Annotated[
    str, shaped(r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$", "write the keys with dots in between, as in image.tag", 200)
]
RelativePath = Annotated[str, StringConstraints(min_length=1, max_length=400), AfterValidator(_inside)]
TemplatePath = Annotated[RelativePath, AfterValidator(_placeholders)]
ChartPath = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(_chart)]
Branch = Annotated[
    str, shaped(r"^[A-Za-z0-9_][A-Za-z0-9_./-]*$", "write a branch without spaces and wildcards, as in main", 200)
]
Percent = Annotated[StrictInt, Field(ge=1, le=100)]
Glob = Annotated[str, StringConstraints(min_length=1, max_length=255)]
# AWS takes one to eight patterns in a list of a trigger's filter.
Globs = Annotated[tuple[Glob, ...], Field(min_length=1, max_length=8)]
# CloudWatch describes at most a hundred in one answer.
Alarms = Annotated[
    tuple[
        Annotated[str, shaped(r"^[^*?:]{1,255}$", "write a metric alarm's name, without its ARN and without `*`")],
        ...,
    ],
    Field(max_length=100),
]
