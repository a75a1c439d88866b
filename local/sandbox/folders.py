"""Steps that every sandbox begins with: folders whose changes are gone with it, and a name server that answers."""

from pathlib import Path

from local.sandbox import slirp
from local.sandbox.plan import Bind, Mount, Run, Step, Write

_RESOLVER = f"nameserver {slirp.DNS}\n"


def own_run() -> tuple[Step, ...]:
    return (Mount("tmpfs", "/run", "mode=755"),)


def own_var() -> tuple[Step, ...]:
    """`/var` as it is, with changes that only the sandbox sees; needs a `/run` of its own."""
    changes, work = "/run/var/changes", "/run/var/work"
    return (
        Run(("mkdir", "-p", changes, work)),
        Mount("overlay", "/var", f"lowerdir=/var,upperdir={changes},workdir={work}"),
    )


def own_resolver(resolv_conf: Path = Path("/etc/resolv.conf")) -> tuple[Step, ...]:
    """The machine's own name server may be on its loopback, where the sandbox cannot reach it."""
    target = resolv_conf.resolve()
    if target.is_relative_to("/run"):
        return (Write(str(target), _RESOLVER),)
    return (Write("/run/resolv.conf", _RESOLVER), Bind("/run/resolv.conf", str(target)))
