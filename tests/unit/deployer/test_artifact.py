import io
import os
import stat
import zipfile

import pytest

from deployer import artifact
from deployer.artifact import inside, refuse_links, unpack
from deployer.errors import Fatal


def archive(*entries, compress=zipfile.ZIP_DEFLATED):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", compress) as made:
        for name, content, *mode in entries:
            info = zipfile.ZipInfo(name)
            info.compress_type = compress
            if mode:
                info.external_attr = mode[0] << 16
            made.writestr(info, content)
    return data.getvalue()


def test_files_and_folders_are_written_as_they_are(tmp_path):
    unpack(archive(("a/", b""), ("a/b.yaml", b"x: 1\n"), ("c", b"\xff")), tmp_path)
    assert (tmp_path / "a" / "b.yaml").read_bytes() == b"x: 1\n"
    assert (tmp_path / "c").read_bytes() == b"\xff"


HOSTILE = {
    "zip slip": [("../evil", b"")],
    "zip slip inside": [("a/../../evil", b"")],
    "zip slip at the end": [("a/..", b"")],
    "absolute": [("/etc/evil", b"")],
    "backslash": [("a\\..\\evil", b"")],
    "drive": [("C:/evil", b"")],
    "empty part": [("a//b", b"")],
    "dot": [("./a", b"")],
    "escape sequence": [("a\x1b[31m", b"")],
    "new line": [("a\nb", b"")],
    "right to left": [("a\u202eb", b"")],
    "symlink": [("link", b"/etc/passwd", stat.S_IFLNK | 0o777)],
    "fifo": [("fifo", b"", stat.S_IFIFO | 0o644)],
    "device": [("device", b"", stat.S_IFCHR | 0o644)],
    "block device": [("device", b"", stat.S_IFBLK | 0o644)],
    "socket": [("socket", b"", stat.S_IFSOCK | 0o644)],
    "duplicate": [("same", b"1"), ("same", b"2")],
    "case-fold clash": [("Same", b"1"), ("same", b"2")],
    "clash of normal forms": [("\u00e9", b"1"), ("e\u0301", b"2")],
    "clash of a long s": [("ma\u00df", b"1"), ("mass", b"2")],
    "file as folder": [("a", b"1"), ("a/b", b"2")],
    "nested too deep": [("a/" * 40 + "b", b"")],
    "name too long": [("a" * 1100, b"")],
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("entries", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_name_or_kind_is_refused_and_not_sanitised(tmp_path, entries):
    folder = tmp_path / "in" / "folder"
    folder.mkdir(parents=True)
    with pytest.raises(Fatal) as caught:
        unpack(archive(*entries), folder)
    assert str(caught.value).isprintable()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_bomb_of_1000_to_1_is_refused_while_it_unpacks(tmp_path):
    with pytest.raises(Fatal, match="unpacks to more"):
        unpack(archive(("bomb", b"\0" * 50_000_000)), tmp_path)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA], ids=["bzip2", "lzma"])
def test_other_compressions_than_deflate_are_refused(tmp_path, method):
    with pytest.raises(Fatal, match="deflate"):
        unpack(archive(("a", b"text"), compress=method), tmp_path)


def test_deflated_bytes_that_are_none_are_refused(tmp_path):
    data = bytearray(archive(("a", b"text" * 100)))
    data[31:40] = b"\xff" * 9
    with pytest.raises(Fatal, match="can be read"):
        unpack(bytes(data), tmp_path)


def test_a_bomb_of_many_files_is_refused_at_the_sum_of_their_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(artifact, "MOST_BYTES", 3_000_000)
    with pytest.raises(Fatal, match="unpacks to more"):
        unpack(archive(*((str(n), b"\0" * 900_000) for n in range(5))), tmp_path)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 3_000_000 + artifact.CHUNK


@pytest.mark.parametrize("field", [20, 24], ids=["packed size", "unpacked size"])
def test_a_lying_size_is_refused(tmp_path, field):
    data = bytearray(archive(("a", b"x" * 5000), compress=zipfile.ZIP_STORED))
    at = data.rfind(b"PK\x01\x02")
    data[at + field : at + field + 4] = (10).to_bytes(4, "little")
    with pytest.raises(Fatal):
        unpack(bytes(data), tmp_path)


def test_overlapping_entries_are_refused(tmp_path):
    """Two names in the directory, one body: each within the ratio, and as many as one likes."""
    data = bytearray(archive(("a", b"x" * 5000), ("b", b"x" * 5000)))
    second = data.rfind(b"PK\x01\x02")
    data[second + 42 : second + 46] = (0).to_bytes(4, "little")
    with pytest.raises(Fatal, match="overlaps"):
        unpack(bytes(data), tmp_path)


@pytest.mark.parametrize("name", [b"a/\0", b"\0\0\0", b"../"], ids=["NUL", "nothing but NUL", "folder"])
def test_a_name_that_reads_otherwise_than_it_is_written_is_refused(tmp_path, name):
    data = archive(("abc", b"text")).replace(b"abc", name)
    with pytest.raises(Fatal):
        unpack(data, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_nested_archive_stays_a_file(tmp_path):
    inner = archive(("bomb", b"\0" * 10_000_000))
    unpack(archive(("inner.zip", inner), compress=zipfile.ZIP_STORED), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["inner.zip"]


def test_a_hard_link_cannot_be_in_a_zip_and_a_special_file_on_disk_is_refused(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(Fatal, match="special files"):
        refuse_links(tmp_path)


def test_too_many_files_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(artifact, "MOST_FILES", 3)
    with pytest.raises(Fatal, match="4 files"):
        unpack(archive(*((str(n), b"") for n in range(4))), tmp_path)


def test_what_is_no_zip_is_refused(tmp_path):
    with pytest.raises(Fatal, match="not a zip"):
        unpack(b"not a zip", tmp_path)


def test_paths_of_the_configuration_stay_inside(tmp_path):
    (tmp_path / "manifests").mkdir()
    assert inside(tmp_path, "manifests") == tmp_path / "manifests"
    for path in ("/etc", "../x", "manifests/../../x", "nowhere"):
        with pytest.raises(Fatal):
            inside(tmp_path, path)


def test_links_on_disk_are_refused(tmp_path):
    (tmp_path / "a").mkdir()
    refuse_links(tmp_path)
    (tmp_path / "a" / "link").symlink_to("/proc/self/environ")
    with pytest.raises(Fatal, match="links"):
        refuse_links(tmp_path)
