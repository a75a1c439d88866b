"""Secret values never reach a log, a phase's context, or a report."""

from collections.abc import Iterable

MASK = "***"
SHORTEST = 3  # a shorter value would mask half of every line


class Mask:
    def __init__(self) -> None:
        self._secrets: list[str] = []

    def hide(self, values: Iterable[str]) -> None:
        """From now on; each line of a value counts, since logs are lines. The longest first."""
        found = {*self._secrets}
        for value in values:
            found |= {value, *value.splitlines()}
        self._secrets = sorted((each for each in found if len(each) >= SHORTEST), key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return text
