"""What a scalar means to Kubernetes: neither YAML 1.1 nor 1.2, but what its Go parser makes of it.

The table in tests/unit/deployer/yaml/scalars.json holds kubectl's own answers.
"""

import base64
import binascii
import codecs
import math
import re
import struct
from datetime import datetime
from decimal import Decimal

Value = str | int | float | bool | None

YAML = "tag:yaml.org,2002:"
_WORDS: dict[str, Value] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
# What a plain scalar begins with that may mean more than its text; nothing at all means null, `<<` a merge.
MEANINGFUL = frozenset(("", "<", *"yYnNtTfFoO~+-.0123456789"))
_NUMERIC = frozenset("+-.0123456789")
_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))\Z")
_SIGNED_BINARY = re.compile(r"0b[-+][01]+\Z")  # nobody's intention, but what strconv makes of it
_POINT = re.compile(r"\.[0-9](?:_?[0-9])*(?:[eE][-+]?[0-9](?:_?[0-9])*)?\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_TIMESTAMP = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:[Tt]([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})([.,][0-9]+)?(?:Z|[-+]([0-9]{2}):([0-9]{2}))"
    r"| +([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})([.,][0-9]+)?)?\Z"
)
_SMALLEST, _LARGEST, _LARGEST_UNSIGNED = -(2**63), 2**63 - 1, 2**64 - 1


class NoMeaning(ValueError):
    """The scalar has no value in JSON; the text says why."""


def plain(text: str) -> Value:
    """The value of an unquoted, untagged scalar, as JSON has it."""
    return in_json(resolve(text), text)


def in_json(value: Value, text: str) -> Value:
    """JSON has one kind of number: Kubernetes writes 1.0 as 1, and what is beyond 64 bits as a float."""
    if isinstance(value, float):
        if not math.isfinite(value):
            raise NoMeaning(f"{text} has no form in JSON")
        # Go prints the shortest digits that name the float, and reads what it printed.
        whole = int(Decimal(repr(value))) if value.is_integer() and abs(value) < 2**63 else _LARGEST + 1
        return whole if _SMALLEST <= whole <= _LARGEST else value
    if isinstance(value, int) and value > _LARGEST:
        return float(value)
    return value


def resolve(text: str) -> Value:
    """What Go's parser takes an unquoted, untagged scalar for; integers up to 2**64 - 1 stay integers."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMERIC:
        return text
    if text[0] == ".":
        return _float(text.replace("_", ""), text) if _POINT.match(text) else text
    digits = text.replace("_", "")
    whole = _INTEGER.match(digits)
    number = _integer(*whole.groups()) if whole else None
    if number is not None:
        return number
    if _SIGNED_BINARY.match(digits):
        return int(digits[2:], 2)
    return _float(digits, text) if _FLOAT.match(digits) else text


def tagged(tag: str, text: str) -> Value:
    """The value of a scalar with an explicit tag; a tag that is not YAML's own means nothing here."""
    if tag == f"{YAML}binary":
        return _binary(text)
    kind = tag.removeprefix(YAML)
    if kind == tag or kind not in _KINDS:
        return text
    if kind == "timestamp":
        if _is_timestamp(text):
            return text
        raise NoMeaning(f"{text!r} is no timestamp")
    value = resolve(text)
    if type(value) not in _KINDS[kind] or (kind == "float" and isinstance(value, int) and value > _LARGEST):
        raise NoMeaning(f"{text!r} is no {kind}")
    return float(value) if kind == "float" and isinstance(value, int) else value


_KINDS: dict[str, tuple[type, ...]] = {
    "null": (type(None),),
    "bool": (bool,),
    "int": (int,),
    "float": (float, int),
    "timestamp": (str,),
}


def key(value: Value, text: str) -> str:
    """The name that JSON gives to a key: floats as Go writes those of 32 bits."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or (isinstance(value, int) and value > _LARGEST):
        raise NoMeaning(f"{text or 'null'} cannot be a key")
    return str(value) if isinstance(value, int) else _short_float(value)


def _short_float(value: float) -> str:
    """Go's FormatFloat(value, 'g', -1, 32)."""
    single = _single(value)
    if not math.isfinite(single):
        return ".nan" if math.isnan(single) else ".inf" if single > 0 else "-.inf"
    digits = next(text for text in (f"{single:.{places}e}" for places in range(9)) if _single(float(text)) == single)
    mantissa, _, exponent = digits.partition("e")
    power = int(exponent)
    if not -4 <= power < 6:
        return f"{mantissa}e{'-' if power < 0 else '+'}{abs(power):02d}"
    return f"{float(digits):.{max(len(mantissa.partition('.')[2]) - power, 0)}f}"


def _single(value: float) -> float:
    try:
        return float(struct.unpack("f", struct.pack("f", value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)


def _integer(sign: str, hexa: str | None, binary: str | None, octal: str | None, decimal: str | None) -> int | None:
    """None beyond 64 bits."""
    number = int(hexa, 16) if hexa else int(binary, 2) if binary else int(octal, 8) if octal else int(decimal or "0")
    number = -number if sign == "-" else number
    return number if _SMALLEST <= number <= (_LARGEST if sign else _LARGEST_UNSIGNED) else None


def _float(digits: str, text: str) -> Value:
    number = float(digits)
    return text if math.isinf(number) else number


def _binary(text: str) -> str:
    try:
        raw = base64.b64decode(text.replace("\r", "").replace("\n", ""), validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoMeaning("!!binary that is not base64") from error
    return raw.decode(errors=_EACH_BYTE)


def _each_byte(error: UnicodeError) -> tuple[str, int]:
    """As Go does: one replacement character for every byte that is not UTF-8."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "\ufffd" * (error.end - error.start), error.end


_EACH_BYTE = "deployer.each-byte"
codecs.register_error(_EACH_BYTE, _each_byte)


def _is_timestamp(text: str) -> bool:
    found = _TIMESTAMP.match(text)
    if not found:
        return False
    year, month, day, *rest = found.groups()
    hour, minute, second = (rest[0] or rest[6] or 0, rest[1] or rest[7] or 0, rest[2] or rest[8] or 0)
    try:
        datetime(int(year) or 4, int(month), int(day), int(hour), int(minute), int(second))
    except ValueError:
        return False
    return int(rest[4] or 0) <= 24 and int(rest[5] or 0) < 60
