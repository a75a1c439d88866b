from local.toolchain.machine import _memory, _rights


def test_root_without_the_right_to_mount_is_not_enough() -> None:
    assert _rights("Name:\tpython\nCapEff:\t00000000a80425fb\n") == [
        "the capability CAP_SYS_ADMIN",
        "the capability CAP_NET_ADMIN",
    ]


def test_full_rights_are() -> None:
    assert _rights("CapEff:\t000001ffffffffff\n") == []


def test_little_memory_is_told_with_what_there_is() -> None:
    assert _memory("MemTotal:        1048576 kB\n") == ["3 GB of memory: there are 1.0"]


def test_enough_memory_is_nothing_to_tell() -> None:
    assert _memory("MemTotal:        8388608 kB\n") == []
