"""Documents -> the zip that CodePipeline takes for an output artifact: capped, and redacted as a whole."""

import io
import json
import re
import zipfile
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from deployer.log import masked
from deployer.redact import Redactor

LARGEST = 4 * 1024 * 1024  # bytes of one file
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_CUT = "\n… the rest is left out: it is too large\n"


def json_file(told: Mapping[str, Any], redactor: Redactor, largest: int = LARGEST) -> bytes:
    """Always valid JSON: what is too large loses its longest parts, the differences first, then the events."""
    found = masked(told, lru_cache(maxsize=None)(redactor.mask))  # the same words come again and again
    for smaller in (_whole, _without_fields, _without_objects, _without_events):
        data = json.dumps(smaller(found), indent=1, ensure_ascii=False).encode(errors="replace")
        if len(data) <= largest:
            return data
    return json.dumps({"schema": found.get("schema"), "result": found.get("result"), "left_out": "all"}).encode()


def text_file(text: str, redactor: Redactor, largest: int = LARGEST) -> bytes:
    data = _CONTROL.sub("", redactor.mask(text)).encode(errors="replace")
    if len(data) <= largest:
        return data
    return data[:largest].decode(errors="ignore").encode() + _CUT.encode()


def zipped(files: Mapping[str, bytes]) -> bytes:
    """The same files give the same bytes."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return held.getvalue()


def _whole(told: dict[str, Any]) -> dict[str, Any]:
    return told


def _without_fields(told: dict[str, Any]) -> dict[str, Any]:
    plan = told.get("plan") or {}
    bare = [{key: value for key, value in item.items() if key != "fields"} for item in plan.get("objects", [])]
    return {**told, "plan": {**plan, "objects": bare}, "left_out": "fields"}


def _without_objects(told: dict[str, Any]) -> dict[str, Any]:
    return {**told, "plan": {**(told.get("plan") or {}), "objects": []}, "left_out": "objects"}


def _without_events(told: dict[str, Any]) -> dict[str, Any]:
    return {**_without_objects(told), "events": told.get("events", [])[-20:], "left_out": "objects and events"}
