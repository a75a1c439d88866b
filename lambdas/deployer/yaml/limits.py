"""How much one document may hold."""

DEEPEST = 200
MOST_NODES = 1_000_000  # after aliases are followed: an alias bomb is a small text
_LOW, _HIGH = 400_000, 4_000_000


def expands_too_much(decoded: int, aliased: int) -> bool:
    """Go's own rule: up to 99 % of a document may come from its aliases, less of a large one."""
    if decoded <= 1000 or aliased <= 100:
        return False
    allowed = 0.99 - 0.89 * (min(max(decoded, _LOW), _HIGH) - _LOW) / (_HIGH - _LOW)
    return aliased / decoded > allowed
