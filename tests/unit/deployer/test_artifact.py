import io
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


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    "entries",
    [
        [("../evil", b"")],
        [("a/../../evil", b"")],
        [("/etc/evil", b"")],
        [("a\\..\\evil", b"")],
        [("C:/evil", b"")],
        [("a//b", b"")],
        [("./a", b"")],
        [("a\x1b[31m", b"")],
        [("a\u202eb", b"")],
        [("link", b"/etc/passwd", stat.S_IFLNK | 0o777)],
        [("fifo", b"", stat.S_IFIFO | 0o644)],
        [("device", b"", stat.S_IFCHR | 0o644)],
        [("same", b"1"), ("same", b"2")],
        [("Same", b"1"), ("same", b"2")],
        [("a", b"1"), ("a/b", b"2")],
        [("a/" * 40 + "b", b"")],
    ],
    ids=lambda entries: repr(entries[0][0][:20]),
)
def test_what_escapes_hides_or_clashes_is_refused(tmp_path, entries):
    with pytest.raises(Fatal):
        unpack(archive(*entries), tmp_path)
    assert not (tmp_path.parent / "evil").exists()


def test_a_bomb_is_refused_while_it_unpacks(tmp_path):
    with pytest.raises(Fatal, match="unpacks to more"):
        unpack(archive(("bomb", b"\0" * 50_000_000)), tmp_path)


def test_a_lying_size_is_refused(tmp_path):
    data = bytearray(archive(("a", b"x" * 5000), compress=zipfile.ZIP_STORED))
    at = data.rfind(b"PK\x01\x02")
    data[at + 24 : at + 28] = (10).to_bytes(4, "little")
    with pytest.raises(Fatal):
        unpack(bytes(data), tmp_path)


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
