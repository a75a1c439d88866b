"""All tools in one go: what is missing, in an order that keeps both cores at work, each with its time."""

import fcntl
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from local.toolchain import base_image, binaries, cdk, checkov, debian, docker_cli, layer
from local.toolchain.tool import Site, Tool, installed, note


def tools() -> list[list[Tool]]:
    """Rows that run side by side, after the Debian packages; Kubernetes, the longest, has a row of its own."""
    kubernetes, *small = binaries.tools()
    return [[kubernetes], [layer.tool(), cdk.tool(), docker_cli.tool(), *small, base_image.tool()]]


def _extra(who: str) -> list[Tool]:
    """What only `tests` or `bench` use."""
    return [*binaries.only(who), *([checkov.tool()] if who == "tests" else [])]


def missing(site: Site, rows: list[list[Tool]]) -> list[list[Tool]]:
    return [row for row in ([each for each in row if _is_missing(each, site)] for row in rows) if row]


def install(site: Site, extra: Sequence[str] = ()) -> None:
    """Install what is missing, also what `tests` or `bench` need when they are named.

    One installation at a time per cache; another one waits and then has less to do.
    """
    wanted = [*tools(), *map(_extra, extra)]
    if not missing(site, [[debian.tool()], *wanted]):
        return
    with _alone(site):
        packages = debian.tool()
        if _is_missing(packages, site):
            _install(packages, site)
        rows = missing(site, wanted)
        if not rows:
            return
        with ThreadPoolExecutor(max_workers=len(rows)) as pool:
            for done in [pool.submit(_install_row, row, site) for row in rows]:
                done.result()


def _is_missing(tool: Tool, site: Site) -> bool:
    """Debian's packages are judged by their files alone: they are not ours to note down."""
    if not tool.needed(site):
        return False
    return not tool.files or not installed(tool, site)


def _install_row(row: list[Tool], site: Site) -> None:
    for tool in row:
        _install(tool, site)


def _install(tool: Tool, site: Site) -> None:
    began = time.monotonic()
    origin = tool.install(site)
    if tool.files:
        note(tool, site)
    site.say(
        f"{tool.name} {tool.version if tool.files else ''}".strip() + f" ({origin}): {time.monotonic() - began:.1f} s"
    )


@contextmanager
def _alone(site: Site) -> Iterator[None]:
    site.cache.mkdir(parents=True, exist_ok=True)
    with (site.cache / "toolchain.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            site.say("another installation is at work on this cache: waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
