from pathlib import Path

from local.sandbox import Bind, Write
from local.sandbox.folders import own_resolver


def test_a_name_servers_file_that_lies_in_run_is_written_there(tmp_path: Path) -> None:
    link = tmp_path / "resolv.conf"
    link.symlink_to("/run/systemd/resolve/stub-resolv.conf")

    assert own_resolver(link) == (Write("/run/systemd/resolve/stub-resolv.conf", "nameserver 10.0.2.3\n"),)


def test_any_other_is_covered_by_ours(tmp_path: Path) -> None:
    plain = tmp_path / "resolv.conf"
    plain.write_text("nameserver 127.0.0.53\n")

    assert own_resolver(plain)[-1] == Bind("/run/resolv.conf", str(plain))
