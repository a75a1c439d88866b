"""How the machine looks to the engine, to builds and to functions: ECR's name leads to our registry, which is trusted.

Files of ours are laid over /etc/hosts, /etc/containers and the CA bundle in a private mount namespace;
the machine's own stay untouched.
"""

import json
import resource
import shlex
import sys
from pathlib import Path

from local.images import base
from local.sandbox import slirp
from local.settings import Home

CA_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
ANY_SIGNATURE = {"default": [{"type": "insecureAcceptAnything"}]}


def build_prefix(home: Home) -> list[str]:
    """The argv before a build's own: it runs in a mount namespace in which the registry is ECR."""
    steps = [f'mount --bind "$1{target}" {target}' for target in targets()]
    script = " && ".join([*steps, "shift", 'exec "$@"'])
    return ["unshare", "--mount", "--propagation", "private", "--", "sh", "-c", script, "view", str(folder(home))]


def build_environment(home: Home) -> dict[str, str]:
    """What a build's environment gets besides its own variables."""
    environment = {
        "DOCKER_HOST": f"unix://{home.engine_socket}",
        "DOCKER_BUILDKIT": "0",  # the engine is podman: it has no BuildKit
    }
    if CA_BUNDLE.exists():
        # OpenSSL reads a folder of certificates by itself, and the registry's authority is in the bundle alone.
        environment["SSL_CERT_FILE"] = str(CA_BUNDLE)
    if base.needed(home):
        environment["BUILD_ARG_BASE_IMAGE"] = base.REFERENCE
    return environment


def build_programs(home: Home) -> Path:
    """The folder of the programs that a build finds before its own of the same names."""
    return folder(home) / "bin"


def function_binds(home: Home) -> list[tuple[str, str]]:
    """Files that are laid over a function's own view, once there are any: it pulls charts under ECR's name."""
    laid = [(f"{folder(home)}{target}", target) for target in targets() if target in ("/etc/hosts", str(CA_BUNDLE))]
    return [(source, target) for source, target in laid if Path(source).exists()]


def function_environment(home: Home) -> dict[str, str]:
    """OpenSSL reads a folder of certificates by itself, and the registry's is in the bundle alone."""
    trusted = any(target == str(CA_BUNDLE) for _, target in function_binds(home))
    return {"SSL_CERT_FILE": str(CA_BUNDLE)} if trusted else {}


def folder(home: Home) -> Path:
    """Holds each target under its own path."""
    return home.images / "view"


def targets() -> list[str]:
    bundle = [str(CA_BUNDLE)] if CA_BUNDLE.exists() else []
    return ["/etc/hosts", "/etc/containers", *bundle]


def write(home: Home) -> None:
    """Lay the files down, from the machine's own as they are now."""
    view = folder(home)
    certificates = view / "etc/containers/certs.d" / home.registry_host
    certificates.mkdir(parents=True, exist_ok=True)
    authority = home.kube_ca.read_text()
    (certificates / "ca.crt").write_text(authority)
    (view / "etc/hosts").write_text(hosts(home.registry_host, home.addresses.registry_ip))
    (view / "engine-hosts").write_text(hosts(home.registry_host, slirp.HOST))
    (view / "etc/containers/policy.json").write_text(json.dumps(ANY_SIGNATURE))
    (view / "etc/containers/registries.conf").write_text('unqualified-search-registries = ["docker.io"]\n')
    (view / "etc/containers/containers.conf").write_text(containers_conf())
    _docker(build_programs(home))
    if CA_BUNDLE.exists():
        bundle = view / str(CA_BUNDLE).lstrip("/")
        bundle.parent.mkdir(parents=True, exist_ok=True)
        bundle.write_text(f"{CA_BUNDLE.read_text()}\n{authority}")


def _docker(programs: Path) -> None:
    programs.mkdir(parents=True, exist_ok=True)
    argv = (sys.executable, "-I", str(Path(__file__).with_name("docker_command.py")), str(programs))
    (programs / "docker").write_text(f'#!/bin/sh\nexec {shlex.join(argv)} "$@"\n')
    (programs / "docker").chmod(0o755)


def hosts(name: str, address: str) -> str:
    return f"{address} {name}\n{Path('/etc/hosts').read_text()}"


def containers_conf() -> str:
    """podman's settings: a container may have no more than this process has, which may not raise its limits."""
    limits = [
        f'"{name}={hard if hard != resource.RLIM_INFINITY else -1}:{hard if hard != resource.RLIM_INFINITY else -1}"'
        for name, kind in (("nofile", resource.RLIMIT_NOFILE), ("nproc", resource.RLIMIT_NPROC))
        for _, hard in [resource.getrlimit(kind)]
    ]
    return f"""[containers]
default_ulimits = [{", ".join(limits)}]
netns = "host"
log_driver = "k8s-file"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""
