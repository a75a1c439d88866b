"""The member list in few bytes: columns of which those that cannot be compressed are binary.

A ConfigMap holds 1 MiB. A member costs about 70 bytes, most of it uid and hashes, so 10 000 of them fit.
"""

import gzip
import json
import re
from collections.abc import Iterable, Sequence

from deployer.errors import Fatal
from deployer.inventory.journal import Member

MOST_BYTES = 1_000_000  # a little less than a ConfigMap holds, for the journal beside it
# Hex columns and their widths in characters; one that is empty is all zeros.
_HEX = (("raw", 32), ("content", 32), ("notes", 16))
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")
_END = b"\n"  # of the JSON in front of the binary columns; json.dumps writes none


def pack(members: Sequence[Member]) -> bytes:
    kinds = {member[:4]: at for at, member in enumerate({member[:4]: member for member in members}.values())}
    short = [member.uid.replace("-", "") for member in members]
    odd = {at: member.uid for at, member in enumerate(members) if member.uid and not _UUID.match(member.uid)}
    words = {
        "kinds": list(kinds),
        "kind": [kinds[member[:4]] for member in members],
        "name": [member.name for member in members],
        "adopted": [at for at, member in enumerate(members) if member.adopted],
        "version": [member.resource_version for member in members],
        "generation": [member.generation for member in members],
        "uid": odd,  # those that are no UUID
    }
    columns = [_hex(("" if at in odd else uid for at, uid in enumerate(short)), 32)]
    columns += [_hex((getattr(member, name) for member in members), width) for name, width in _HEX]
    text = json.dumps(words, separators=(",", ":")).encode()
    data = gzip.compress(b"".join([text, _END, *columns]), 1, mtime=0)
    if len(data) > MOST_BYTES:
        raise Fatal(
            f"the release has {len(members)} objects, more than one inventory holds ({len(data)} bytes compressed).",
            remedy="Split it into services of their own.",
            kind="ConfigurationError",
        )
    return data


def unpack(data: bytes) -> tuple[Member, ...]:
    text, _, blob = gzip.decompress(data).partition(_END)
    words = json.loads(text)
    count = len(words["kind"])
    uids, at = _column(blob, 0, count, 32)
    found = {}
    for name, width in _HEX:
        found[name], at = _column(blob, at, count, width)
    adopted, odd, kinds = set(words["adopted"]), words["uid"], words["kinds"]
    uids = [odd.get(str(row)) or _uid(uid) for row, uid in enumerate(uids)]
    places = (kinds[kind] for kind in words["kind"])
    flags = (row in adopted for row in range(count))
    seen = (found["raw"], found["content"], words["version"], words["generation"], found["notes"])
    rows = zip(places, words["name"], uids, flags, *seen, strict=True)
    return tuple(Member._make((*place, *row)) for place, *row in rows)


def _uid(short: str) -> str:
    return "-".join((short[:8], short[8:12], short[12:16], short[16:20], short[20:])) if short else ""


def _hex(column: Iterable[str], width: int) -> bytes:
    return bytes.fromhex("".join(text or "0" * width for text in column))


def _column(blob: bytes, at: int, count: int, width: int) -> tuple[list[str], int]:
    text, none = blob[at : at + count * width // 2].hex(), "0" * width
    cut = [text[start : start + width] for start in range(0, len(text), width)]
    return ["" if each == none else each for each in cut], at + count * width // 2
