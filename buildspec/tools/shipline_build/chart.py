"""The service's own charts: packed, and pushed to ECR as `helm push` does, so that `helm pull` gets them.

A chart's version gets the commit as its build metadata. The same commit makes the same bytes (no times, no owners, one
order, one header), so a build that is run again finds its own chart, and takes no other one for it.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import struct
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import ecr, signature
from .fatal import Fatal
from .helmignore import kept
from .oci import MANIFEST, Registry
from .run import say
from .settings import Image, Settings

CONFIG = "application/vnd.cncf.helm.config.v1+json"
CONTENT = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
FILE = "Chart.yaml"
LARGEST = 20 * 1024 * 1024  # bytes that a deployer takes
COMMIT = re.compile(r"[0-9a-f]{12,64}")
LENGTH = 12  # of the commit in a version
LINE = r"^({}:[ \t]*)([\"']?)([^\"'\s#]+)\2([ \t]*(?:#.*)?\r?)$"


def released(chart: Image, settings: Settings) -> dict[str, Any]:
    """What release.json says of the chart, which ECR has then, signed where that is asked for."""
    if not (settings.root / chart.context / FILE).is_file():
        raise Fatal(f"{chart.context}/{FILE} is not in the commit, but pipeline.yaml has the chart pushed")
    made = pack(chart, settings.root / chart.context, settings.commit["commit"])
    digest = _pushed(chart, made)
    if settings.signing:
        signature.sign(chart, digest, settings.signing.key)
    return {"repository": chart.repository, "version": made.version, "tag": made.tag, "digest": digest}


@dataclass(frozen=True)
class Packed:
    name: str
    api: str  # Chart.yaml's apiVersion
    version: str
    archive: bytes

    @property
    def tag(self) -> str:
        return self.version.replace("+", "_")

    @property
    def config(self) -> bytes:
        said = {"apiVersion": self.api, "name": self.name, "version": self.version}
        return json.dumps(said, separators=(",", ":")).encode()

    @property
    def manifest(self) -> bytes:
        title = {"org.opencontainers.image.title": self.name, "org.opencontainers.image.version": self.version}
        said = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": _described(CONFIG, self.config),
            "layers": [_described(CONTENT, self.archive)],
            "annotations": title,
        }
        return json.dumps(said, separators=(",", ":")).encode()


def pack(chart: Image, folder: Path, commit: str) -> Packed:
    """The chart in a folder as it is released from a commit."""
    if COMMIT.match(commit) is None:
        raise Fatal(f"a chart's version needs the commit, and COMMIT_ID is {commit or 'not set'}")
    text = (folder / FILE).read_bytes().decode("utf-8-sig")
    own = _said(chart, text, "version")
    version = f"{own}{'.' if '+' in own else '+'}{commit[:LENGTH]}"
    changed = re.sub(LINE.format("version"), rf'\g<1>"{version}"\g<4>', text, flags=re.MULTILINE)
    archive = _gzip(_tar(chart, folder, changed.encode()))
    if len(archive) > LARGEST:
        raise Fatal(f"the chart {chart.context} has {len(archive)} bytes packed, and {LARGEST} are the most")
    return Packed(chart.name, _said(chart, text, "apiVersion"), version, archive)


def _said(chart: Image, text: str, key: str) -> str:
    found = re.findall(LINE.format(key), text, re.MULTILINE)
    if len(found) != 1:
        raise Fatal(f"{chart.context}/{FILE} has to have `{key}` once, on a line of its own")
    return str(found[0][2])


def _tar(chart: Image, folder: Path, described: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, path in _files(chart, folder):
            data = described if name == FILE else path.read_bytes()
            info = tarfile.TarInfo(f"{chart.name}/{name}")
            info.mode, info.size = 0o644, len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def _files(chart: Image, folder: Path) -> Iterator[tuple[str, Path]]:
    for name, path in sorted(kept(folder)):
        if path.is_symlink():
            raise Fatal(f"{chart.context}/{name} is a link, and no chart is released with one")
        yield name, path


def _gzip(data: bytes) -> bytes:
    """With a header that is the same in every version of Python."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = packer.compress(data) + packer.flush()
    return b"\x1f\x8b\x08" + bytes(6) + b"\xff" + body + struct.pack("<2L", zlib.crc32(data), len(data) & 0xFFFFFFFF)


def _pushed(chart: Image, made: Packed) -> str:
    """The digest, once ECR has exactly this under the version's tag."""
    digest = _digest(made.manifest)
    there = ecr.digest(chart, made.tag)
    if there is None:
        registry = Registry.of(chart)
        for blob in (made.config, made.archive):
            registry.upload(blob)
        registry.put(made.tag, made.manifest)
        there = ecr.digest(chart, made.tag)
    if there != digest:
        wrong = f"{chart.repository}:{made.tag} is {there}, and this commit's chart is {digest}"
        raise Fatal(f"{wrong}: it was packed from other files, or by another build's tools; push a new commit")
    say(f"chart {chart.name}: {chart.repository}:{made.tag}@{digest}")
    return digest


def _described(kind: str, data: bytes) -> dict[str, Any]:
    return {"mediaType": kind, "digest": _digest(data), "size": len(data)}


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
