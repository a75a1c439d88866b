"""What a plain scalar means to Kubernetes: neither YAML 1.1 nor 1.2, but what its Go parser makes of it.

The table in tests/unit/deployer/yaml/scalars.json holds kubectl's own answers.
"""

import re
from typing import Literal

Tag = Literal["null", "bool", "int", "float", "str", "merge"]
Value = str | int | float | bool | None

_WORDS: dict[str, Value] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_NUMERIC = frozenset("+-.0123456789")
_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_SMALLEST, _LARGEST = -(2**63), 2**63 - 1


def plain(text: str) -> Value:
    """The value of an unquoted, untagged scalar."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMERIC:
        return text
    digits = text.replace("_", "")
    whole = _INTEGER.match(digits)
    if whole:
        return _integer(*whole.groups())
    if _FLOAT.match(digits):
        number = float(digits)
        return text if number in (float("inf"), float("-inf")) else _number(number)
    return text


def tagged(tag: str, text: str) -> Value:
    """The value of a scalar with an explicit tag; a tag that is not YAML's own means nothing here."""
    kind = tag.removeprefix("tag:yaml.org,2002:")
    if kind in ("int", "float", "bool", "null"):
        return plain(text)
    return text


def _integer(sign: str, hexa: str | None, binary: str | None, octal: str | None, decimal: str | None) -> Value:
    number = int(hexa, 16) if hexa else int(binary, 2) if binary else int(octal, 8) if octal else int(decimal or "0")
    number = -number if sign == "-" else number
    return number if _SMALLEST <= number <= _LARGEST else float(number)


def _number(number: float) -> Value:
    """JSON has one kind of number: Kubernetes writes 1.0 as 1."""
    return int(number) if number.is_integer() and abs(number) < 1e21 else number
