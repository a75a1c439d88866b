"""One call of one parser, and what must be true of it whatever it was given."""

import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.fuzz_documents import Documents
from deployer.artifact import unpack
from deployer.bump import kustomization, manifests, values
from deployer.bump.references import Image, Images, parse
from deployer.errors import Fatal
from deployer.log import Log
from deployer.redact import Redactor
from deployer.release import read_release
from deployer.render.documents import objects
from deployer.render.kustomization import sources
from deployer.yaml.reader import read

WEB = Image("web", "registry.example/shop/web", "src-1", "sha256:" + "a" * 64)
IMAGES = Images({"web": WEB})


def reads(data: bytes) -> None:
    json.dumps([document.value for document in read(data.decode(errors="replace"), "f")], allow_nan=False)


def takes_apart(data: bytes) -> None:
    for item in objects(data.decode(errors="replace"), "f"):
        assert item["kind"]
        assert item["metadata"]["name"]


def bumps(bump: Callable[[str, Images, str], str]) -> Callable[[bytes], None]:
    def check(data: bytes) -> None:
        text = data.decode(errors="replace")
        once = bump(text, IMAGES, "f")
        assert bump(once, IMAGES, "f") == once, "a second time changes more"

    return check


def unpacks(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "in"
        folder.mkdir()
        try:
            unpack(data, folder)
        finally:
            assert [path.name for path in Path(name).iterdir()] == ["in"]
            assert all(path.is_file() or path.is_dir() for path in folder.rglob("*"))
            assert not any(path.is_symlink() for path in folder.rglob("*"))


def looks_through(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        (folder / "kustomization.yaml").write_bytes(data)
        assert all(path.is_relative_to(folder) for path in sources(folder, folder))


def reads_release(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "release.json").write_bytes(data)
        read_release(Path(name), "shop", {"web": WEB.repository})


def refers(data: bytes) -> None:
    text = data.decode(errors="replace")
    found = parse(text)
    if found:
        parts = (found.host and f"{found.host}/", found.path, found.tag and f":{found.tag}")
        assert "".join(parts) + (f"@{found.digest}" if found.digest else "") == text


def logs(data: bytes) -> None:
    stream, redactor = io.StringIO(), Redactor()
    text = data.decode(errors="replace")
    redactor.learn([text[:20]])
    Log(redactor, stream).event("fuzz", text=text, bytes=data, names=[text[:5]], **{text or "x": 1})
    assert stream.getvalue().count("\n") == 1
    assert isinstance(json.loads(stream.getvalue()), dict)


PARSERS: tuple[Callable[[bytes], None], ...] = (
    *(reads, takes_apart, bumps(manifests.bump), bumps(kustomization.bump), bumps(values.bump)),
    *(unpacks, looks_through, reads_release, refers, logs),
)


def try_one(data: bytes) -> None:
    if data:
        try:
            PARSERS[data[0] % len(PARSERS)](data[1:])
        except Fatal:
            return  # an answer, too


def seeds() -> Iterator[bytes]:
    """What the mutations start from: something real for each parser."""
    made = Documents(7)
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: 'shop/web:1'}]}\n"
    texts = [made.file() for _ in range(30)] + [pod, "image: {registry: '', repository: shop/web, tag: 1}\n"]
    texts += ["images: [{name: web, newTag: '1'}]\nresources: [x]\n", WEB.pinned, "shop/web:1", "web"]
    texts.append(json.dumps({"schema": 1, "service": "shop", "images": {"web": {"repository": WEB.repository}}}))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/b", b"text")
        archive.writestr("c", b"\0" * 3000)
    for number in range(len(PARSERS)):
        for data in (*(text.encode() for text in texts), packed.getvalue()):
            yield bytes([number]) + data
