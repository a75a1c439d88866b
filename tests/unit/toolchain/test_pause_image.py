import io
import json
import tarfile
from pathlib import Path

from local.kubernetes.files import PAUSE_IMAGE
from local.toolchain.pause_image import write_archive


def test_the_archive_holds_one_program_under_the_name_that_containerd_asks_for(tmp_path: Path) -> None:
    (tmp_path / "pause").write_bytes(b"program")

    write_archive(tmp_path / "pause", tmp_path / "pause.tar")

    with tarfile.open(tmp_path / "pause.tar") as archive:
        names = archive.getnames()
        manifest = json.loads(archive.extractfile("manifest.json").read())[0]  # type: ignore[union-attr]
        layer = archive.extractfile(manifest["Layers"][0]).read()  # type: ignore[union-attr]
    assert manifest["RepoTags"] == [PAUSE_IMAGE]
    assert manifest["Config"] in names
    with tarfile.open(fileobj=io.BytesIO(layer)) as content:
        assert [(each.name, each.mode) for each in content] == [("pause", 0o755)]


def test_the_same_program_makes_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "pause").write_bytes(b"program")

    write_archive(tmp_path / "pause", tmp_path / "a.tar")
    write_archive(tmp_path / "pause", tmp_path / "b.tar")

    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()
