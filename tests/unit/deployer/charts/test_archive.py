import gzip
import tarfile

import pytest

from deployer.charts.archive import files
from deployer.errors import Fatal
from tests.support.packed import entry, packed

CHART = {"shop/Chart.yaml": "name: shop\n", "shop/templates/web.yaml": "kind: X\n"}


def refused(data):
    with pytest.raises(Fatal) as caught:
        list(files(data, "charts/shop.tgz"))
    assert caught.value.subject == "charts/shop.tgz"
    return str(caught.value)


def test_the_files_of_a_packed_chart_are_read():
    folder = entry("shop/", kind=tarfile.DIRTYPE)
    assert dict(files(packed(CHART, folder), "c.tgz")) == {name: text.encode() for name, text in CHART.items()}
    assert dict(files(packed({"./shop/a": "1"}), "c.tgz")) == {"shop/a": b"1"}


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (tarfile.SYMTYPE, "a symbolic link"),
        (tarfile.LNKTYPE, "a hard link"),
        (tarfile.CHRTYPE, "a device"),
        (tarfile.BLKTYPE, "a device"),
        (tarfile.FIFOTYPE, "a pipe"),
        (b"Z", "no plain file"),
        (tarfile.GNUTYPE_SPARSE, ""),
    ],
)
def test_what_is_no_plain_file_is_refused(kind, told):
    assert told in refused(packed(CHART, entry("shop/l", kind=kind, link="/proc/self/environ")))


@pytest.mark.parametrize(
    "name",
    ["/etc/x", "../x", "shop/../../x", "shop/./x", "shop\\x", "c:/x", "shop/\x1b[2Jx", "s/" * 40 + "x", "shop//x"],
)
def test_a_name_that_climbs_or_hides_is_refused(name):
    assert "\x1b" not in refused(packed(CHART, entry(name, b"x")))


def test_a_name_that_is_there_twice_is_refused_also_in_other_letters():
    assert "twice" in refused(packed(CHART, entry("shop/CHART.yaml", b"x")))


def test_a_bomb_is_refused_while_it_unpacks():
    bomb = packed({}, *(entry(f"shop/{at}", bytes(15 * 2**20)) for at in range(9)))
    assert len(bomb) < 2**20
    assert "unpacks to more than 128 MiB" in refused(bomb)
    assert "over 16777216" in refused(packed({}, entry("shop/big", bytes(17 * 2**20))))


def test_what_is_no_archive_is_refused():
    for data in (b"", b"PK\x03\x04", gzip.compress(b"x" * 600), packed(CHART)[:60]):
        assert "not a chart archive" in refused(data)
