"""What /proc says of processes: the memory of a whole tree, whichever namespaces it lives in."""

from collections.abc import Iterator
from pathlib import Path

PAGE = 4096


def tree_memory(pid: int) -> int:
    """Resident bytes of a process and all its descendants; shared pages count once per process."""
    return sum(_resident(each) for each in (pid, *descendants(pid)))


def descendants(pid: int) -> Iterator[int]:
    """Every living process below `pid`, parents first."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (parent := _parent(entry)) is not None:
            children.setdefault(parent, []).append(int(entry.name))
    waiting = [pid]
    while waiting:
        for child in children.get(waiting.pop(), []):
            yield child
            waiting.append(child)


def _parent(entry: Path) -> int | None:
    """The parent's pid; None when the process ended while we looked."""
    try:
        # The name in parentheses may hold spaces and parentheses: the fields start behind the last one.
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except (FileNotFoundError, ProcessLookupError):
        return 0
