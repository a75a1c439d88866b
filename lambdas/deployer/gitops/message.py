"""What a commit of ours says: for people first, then trailers by which it is found again. Pure."""

import re
from collections.abc import Mapping

from deployer.bump.references import Image
from deployer.values import dataclass

_TRAILER = re.compile(r"Shipline-([A-Z][a-z]+): (\S+)")
_LONGEST = 400  # characters of the source commit's own first line


@dataclass(frozen=True)
class Mark:
    """Whose commit it is. `restores`: the earlier release that it puts back, 0 where it brings one."""

    service: str
    environment: str
    release: int
    execution: str
    attempt: str
    restores: int = 0


def written(mark: Mark, images: Mapping[str, Image], commit: str, words: str) -> str:
    """`commit` and `words`: the source commit and its message."""
    what = (
        f"Release {mark.release} of {mark.service} failed in {mark.environment}: back to release {mark.restores}"
        if mark.restores
        else f"Release {mark.release} of {mark.service} to {mark.environment}"
    )
    first = (words.splitlines() or [""])[0][:_LONGEST]
    lines = [what, "", f"Source: {commit} {first}".rstrip(), *(image.pinned for _, image in sorted(images.items())), ""]
    trailers = {
        "Release": f"{mark.service}/{mark.environment}/{mark.release}",
        "Execution": mark.execution,
        "Attempt": mark.attempt,
        "Source": commit or "unknown",
        **({"Restores": str(mark.restores)} if mark.restores else {}),
    }
    return "\n".join([*lines, *(f"Shipline-{name}: {value}" for name, value in trailers.items() if value), ""])


def read(message: str) -> Mark | None:
    """None for a commit that is not ours: only the last paragraph counts, since a message may quote another."""
    last = message.rstrip().rpartition("\n\n")[2]
    matches = [match for line in last.splitlines() if (match := _TRAILER.fullmatch(line.strip()))]
    found: dict[str, str] = {match[1]: match[2] for match in matches}
    service, environment, number = ([*found.get("Release", "").split("/"), "", "", ""])[:3]
    if not number.isdigit():
        return None
    restores = found.get("Restores", "0")
    return Mark(
        service,
        environment,
        int(number),
        found.get("Execution", ""),
        found.get("Attempt", ""),
        int(restores) if restores.isdigit() else 0,
    )
