"""The file of findings that somebody answers for, as it came with the release.

- id: CVE-2026-1234
  owner: ann@example.com
  reason: nothing calls it
  expires: 2026-12-31
  image: web            # of every image, when it is left out
"""

import datetime as dt
from pathlib import Path
from typing import Any

from deployer.errors import Fatal
from deployer.gates.scan import Waiver

NEEDED = ("id", "owner", "reason", "expires")
LARGEST = 1_000_000  # bytes


def read_waivers(folder: Path, name: str) -> list[Waiver]:
    """Fatal for a file that is not right: an exception that nobody can read is none, and nobody would hear of it."""
    import yaml

    path = folder / name
    try:
        if path.stat().st_size > LARGEST:
            raise _wrong(name, f"it is larger than {LARGEST} bytes")
        found = yaml.safe_load(path.read_bytes())
    except OSError as error:
        raise _wrong(name, "it is not in the artifact") from error
    except (yaml.YAMLError, ValueError) as error:
        raise _wrong(name, " ".join(str(error).split())) from error
    if not isinstance(found, list | None):
        raise _wrong(name, "it is not a list")
    return [_waiver(name, number, item) for number, item in enumerate(found or [], 1)]


def _waiver(name: str, number: int, item: Any) -> Waiver:
    if not isinstance(item, dict):
        raise _wrong(name, f"exception {number} is not a mapping")
    missing = [key for key in NEEDED if not item.get(key)]
    strange = [str(key) for key in item if key not in (*NEEDED, "image")]
    if missing or strange:
        told = [f"lacks {', '.join(missing)}"] if missing else []
        told += [f"has a key {', '.join(strange)}, which is not known"] if strange else []
        raise _wrong(name, f"exception {number} {' and '.join(told)}")
    ends = item["expires"]
    try:
        until = ends if type(ends) is dt.date else dt.date.fromisoformat(str(ends))
    except ValueError as error:
        raise _wrong(name, f"exception {number} expires {ends}, which is not a day as in 2026-12-31") from error
    return Waiver(str(item["id"]), str(item["owner"]), str(item["reason"]), until, str(item.get("image") or ""))


def _wrong(name: str, reason: str) -> Fatal:
    return Fatal(f"{reason}.", subject=name, remedy="Correct it and push.", kind="ConfigurationError")
