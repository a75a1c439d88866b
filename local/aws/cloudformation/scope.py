"""What a template's expressions see: parameters, conditions, mappings, and the resources that exist.

The expressions themselves are evaluated by moto's parser. What it does not do is done here: `AWS::NoValue` in lists,
dynamic references, `Fn::Cidr`, and refusing functions that it does not know instead of passing them on as data.
"""

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.parsing import ResourceMap, clean_json

from local.aws.cloudformation.resource import Deployed

FUNCTIONS = "FindInMap GetAtt If Join Split Select Sub ImportValue GetAZs Base64 Cidr ToJsonString And Equals Not Or"
KNOWN_FUNCTIONS = frozenset(f"Fn::{name}" for name in FUNCTIONS.split(" "))
NO_VALUE = {"Ref": "AWS::NoValue"}
_ABSENT = object()


class Scope(ResourceMap):
    """moto's resource map over the resources that exist: nothing is made by looking at it."""

    def __init__(
        self,
        *,
        stack_id: str,
        stack_name: str,
        template: dict[str, Any],
        parameters: dict[str, str],
        exports: Mapping[str, Any],
        account: str,
        region: str,
    ) -> None:
        super().__init__(stack_id, stack_name, parameters, {}, region, account, template, dict(exports))
        self.load_mapping()
        self.load_parameters()
        self.load_conditions()

    def __getitem__(self, key: str) -> Any:
        if key in self._parsed_resources:
            return self._parsed_resources[key]
        if key in self._resource_json_map:
            if self.wanted(key):
                raise ValidationError(message=f"Unresolved resource dependencies [{key}] in the template")
            return None
        raise KeyError(key)

    def __iter__(self) -> Any:
        return iter(self._parsed_resources)

    def put(self, resource: Deployed) -> None:
        self._parsed_resources[resource.logical_resource_id] = resource

    def wanted(self, logical_id: str) -> bool:
        """Whether the resource's condition holds."""
        return self.holds(self._resource_json_map[logical_id])

    def holds(self, body: Mapping[str, Any]) -> bool:
        condition = body.get("Condition")
        return condition is None or bool(self.lazy_condition_map[condition])

    def resolve(self, value: Any) -> Any:
        """A piece of template with every expression replaced by what it says now."""
        return clean_json(self._pruned(value), self)

    def _pruned(self, value: Any) -> Any:
        """Conditions decided and `AWS::NoValue` taken out, which moto leaves in lists as null."""
        if isinstance(value, list):
            return [kept for item in value if (kept := self._pruned(item)) is not _ABSENT]
        if not isinstance(value, dict):
            return value
        if value == NO_VALUE:
            return _ABSENT
        if set(value) == {"Fn::If"}:
            name, yes, no = value["Fn::If"]
            return self._pruned(yes if self.lazy_condition_map[name] else no)
        if set(value) == {"Fn::Cidr"}:
            return _ranges(*self.resolve(value["Fn::Cidr"]))
        return {key: kept for key, item in value.items() if (kept := self._pruned(item)) is not _ABSENT}


def _ranges(block: str, count: int | str, bits: int | str) -> list[str]:
    """The first `count` ranges within the block that leave `bits` for addresses."""
    whole = ip_network(block)
    ranges = whole.subnets(new_prefix=whole.max_prefixlen - int(bits))
    return [str(range_) for _, range_ in zip(range(int(count)), ranges, strict=False)]


def unknown_functions(value: Any) -> set[str]:
    """Functions of a template that nothing here can evaluate."""
    if isinstance(value, list):
        return {name for item in value for name in unknown_functions(item)}
    if not isinstance(value, dict):
        return set()
    here = {key for key in value if key.startswith("Fn::") and len(value) == 1 and key not in KNOWN_FUNCTIONS}
    return here | {name for item in value.values() for name in unknown_functions(item)}
