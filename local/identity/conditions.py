"""The few conditions that can be judged here: those that ask who the caller is.

All others are a listed difference from AWS: a statement that allows under a condition nobody can judge
allows, a statement that denies under one does not deny.
"""

from collections.abc import Callable, Mapping

from local.identity.document import Statement, wildcard

_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda wanted, actual: wanted == actual,
    "StringEqualsIgnoreCase": lambda wanted, actual: wanted.lower() == actual.lower(),
    "StringLike": wildcard,
    "ArnEquals": wildcard,
    "ArnLike": wildcard,
}
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}


def applies(statement: Statement, facts: Mapping[str, str]) -> bool:
    """Whether the statement's conditions let it speak. `facts` are lower-case condition keys that are known."""
    verdicts = [_judge(operator, key, values, facts) for operator, key, values in statement.conditions]
    if False in verdicts:
        return False
    return statement.effect == "Allow" or None not in verdicts


def _judge(operator: str, key: str, values: tuple[str, ...], facts: Mapping[str, str]) -> bool | None:
    """True or False; None when it cannot be judged."""
    actual = facts.get(key.lower())
    plain = operator.removesuffix("IfExists")
    negated = plain in _NEGATED
    test = _OPERATORS.get(_NEGATED.get(plain, plain))
    if actual is None or test is None:
        return None
    return any(test(value, actual) for value in values) is not negated
