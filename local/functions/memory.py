"""How much memory the processes of a run hold: what is their own, without shared pages or mapped files."""

from pathlib import Path


def tree_bytes(pid: int) -> int:
    """Of all processes below it, which is the cell; processes that end meanwhile count nothing."""
    return sum(_own(each) for each in _below(pid))


def _below(pid: int) -> list[int]:
    try:
        children = [int(each) for each in _read(pid, f"task/{pid}/children").split()]
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [each for child in children for each in (child, *_below(child))]


def _own(pid: int) -> int:
    try:
        status = _read(pid, "status")
    except (FileNotFoundError, ProcessLookupError):
        return 0
    lines = (line.split() for line in status.splitlines() if line.startswith(("RssAnon:", "RssShmem:")))
    return sum(int(line[1]) * 1024 for line in lines)


def _read(pid: int, name: str) -> str:
    return Path(f"/proc/{pid}/{name}").read_text()
