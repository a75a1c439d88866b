"""Zips on disk: modes, links, layers over each other, and nothing outside of the target."""

import stat
import threading
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from local.functions.errors import BadPackage
from local.functions.function import Package
from local.functions.packages import Packages, unpack

LINK = (stat.S_IFLNK | 0o777) << 16


def zipped(files: dict[str, str], modes: dict[str, int] | None = None) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (modes or {}).get(name, (stat.S_IFREG | 0o644) << 16)
            archive.writestr(entry, text)
    return buffer.getvalue()


def test_programs_stay_programs_and_all_files_are_readable(tmp_path: Path) -> None:
    modes = {"bin/helm": (stat.S_IFREG | 0o755) << 16, "private": (stat.S_IFREG | 0o600) << 16}
    unpack(zipped({"bin/helm": "#!", "private": "x", "a/b/c.py": "y"}, modes), tmp_path)
    assert stat.S_IMODE((tmp_path / "bin/helm").stat().st_mode) == 0o755
    assert stat.S_IMODE((tmp_path / "private").stat().st_mode) == 0o644
    assert stat.S_IMODE((tmp_path / "a/b").stat().st_mode) == 0o755


def test_links_within_the_package_are_kept(tmp_path: Path) -> None:
    unpack(zipped({"lib/real": "text", "lib/alias": "real"}, {"lib/alias": LINK}), tmp_path)
    assert (tmp_path / "lib/alias").read_text() == "text"


@pytest.mark.parametrize("target", ["../../outside", "/etc/passwd"])
def test_links_out_of_the_package_are_refused(tmp_path: Path, target: str) -> None:
    with pytest.raises(BadPackage, match="leads out of the package"):
        unpack(zipped({"link": target}, {"link": LINK}), tmp_path)


def test_names_out_of_the_package_are_refused(tmp_path: Path) -> None:
    target = tmp_path / "in"
    target.mkdir()
    with pytest.raises(BadPackage, match="leads out of the package"):
        unpack(zipped({"../outside": "x"}), target)
    assert not (tmp_path / "outside").exists()


def test_what_is_no_zip_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadPackage, match="Could not unzip"):
        unpack(b"no zip", tmp_path)


def test_a_package_is_unpacked_once(tmp_path: Path) -> None:
    packages = Packages(tmp_path)
    first = packages.code(Package("abc", zipped({"app.py": "1"})))
    assert packages.code(Package("abc", b"not even a zip")) == first
    assert packages.code(Package("def", zipped({"app.py": "2"}))) != first


def test_two_first_invocations_at_once_unpack_once(tmp_path: Path) -> None:
    packages, found = Packages(tmp_path), []
    package = Package("abc", zipped({f"f{i}": "x" for i in range(200)}))
    threads = [threading.Thread(target=lambda: found.append(packages.code(package))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(list(found[0].iterdir())) == 200


def test_a_broken_package_leaves_nothing(tmp_path: Path) -> None:
    packages = Packages(tmp_path)
    with pytest.raises(BadPackage):
        packages.code(Package("abc", b"no zip"))
    assert list((tmp_path / "code").iterdir()) == []


def test_later_layers_lie_over_earlier_ones(tmp_path: Path) -> None:
    low, high = Package("1", zipped({"a": "low", "b": "low"})), Package("2", zipped({"b": "high"}))
    folder = Packages(tmp_path).layers((low, high))
    assert ((folder / "a").read_text(), (folder / "b").read_text()) == ("low", "high")


def test_no_layer_is_an_empty_folder(tmp_path: Path) -> None:
    assert list(Packages(tmp_path).layers(()).iterdir()) == []
