"""The versions that stand in more than one place are one."""

from local.settings import CHECKOUT
from local.toolchain import checkov


def test_the_lock_holds_the_version_that_is_asked_for() -> None:
    assert f"\ncheckov=={checkov.VERSION} \\" in checkov.LOCK.read_text()


def test_uv_is_the_one_that_make_installs() -> None:
    assert f"\nUV_VERSION := {checkov.uv_version()}\n" in (CHECKOUT / "Makefile").read_text()
