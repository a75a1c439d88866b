"""Kubernetes, etcd, CoreDNS, pause: binaries of a right version that are there already, else built from Go modules."""

import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local.toolchain import go
from local.toolchain.pause_image import write_archive
from local.toolchain.tool import MODULES, InstallFailed, Site, Tool, replace

KUBERNETES = "1.36.3"
ETCD = "3.6.8"
COREDNS = "1.12.4"
HELM3 = "3.22.0"
KAPP = "0.64.2"
PAUSE = "1"
PROGRESS_SECONDS = 15
_STAMP = "k8s.io/component-base/version"
_STAMPS = {
    "gitVersion": f"v{KUBERNETES}",
    "gitMajor": "1",
    "gitMinor": "36",
    "gitTreeState": "clean",
    "gitCommit": "0" * 40,
    "buildDate": "2026-01-01T00:00:00Z",  # the same sources make the same bytes
}


@dataclass(frozen=True)
class Module:
    """One folder of `modules/` and the programs it makes: name → Go package."""

    folder: str
    version: str
    packages: dict[str, str]
    ldflags: str = "-s -w"
    asked: str = "--version"  # the flag that asks a program for its version
    told: str = ""  # what it answers, before the version; empty: it is only ever built
    names: Mapping[str, str] = field(default_factory=dict)  # program -> what `go build` calls it, where that differs


KUBE = Module(
    "kubernetes",
    KUBERNETES,
    {
        name: f"k8s.io/kubernetes/cmd/{name}"
        for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy")
    },
    # Without these the server says v0.0.0, and clients misbehave.
    "-s -w " + " ".join(f"-X {_STAMP}.{name}={value}" for name, value in _STAMPS.items()),
    told="Kubernetes v",
)
MODULES_BUILT = (
    KUBE,
    Module("etcd", ETCD, {"etcd": "go.etcd.io/etcd/server/v3"}, told="etcd Version: ", names={"etcd": "server"}),
    Module("coredns", COREDNS, {"coredns": "github.com/coredns/coredns"}, asked="-version", told="CoreDNS-"),
    Module("pause", PAUSE, {"pause": "shipline/pause"}),
)
# No parts of the machine: built only for those who speak to them.
EXTRA = {
    # People have releases that Helm 3 made, and go on using it on ours.
    "tests": Module(
        "helm3",
        HELM3,
        {"helm3": "helm.sh/helm/v3/cmd/helm"},
        f"-s -w -X helm.sh/helm/v3/internal/version.version=v{HELM3}",
        names={"helm3": "helm"},
    ),
    # The benchmark's fastest peer.
    "bench": Module(
        "kapp",
        KAPP,
        {"kapp": "carvel.dev/kapp/cmd/kapp"},
        f"-s -w -X carvel.dev/kapp/pkg/kapp/version.Version={KAPP}",
    ),
}


def tools() -> list[Tool]:
    return [_tool(module) for module in MODULES_BUILT] + [Tool("pause image", PAUSE, ("bin/pause.tar",), _pause_image)]


def only(who: str) -> list[Tool]:
    """What `tests` or `bench` need beyond what a machine runs."""
    return [_tool(EXTRA[who])]


def _tool(module: Module) -> Tool:
    return Tool(module.folder, module.version, tuple(f"bin/{name}" for name in module.packages), _installer(module))


def _installer(module: Module) -> Callable[[Site], str]:
    def install(site: Site) -> str:
        present = {name: found for name in module.packages if (found := find(site, module, name))}
        for name, found in present.items():
            if found != site.bin / name:
                replace(site.bin / name, found.read_bytes(), mode=0o755)
        absent = [name for name in module.packages if name not in present]
        if not absent:
            return f"found: {', '.join(sorted({str(path.parent) for path in present.values()}))}"
        build(site, module, absent)
        return f"built from Go modules: {' '.join(absent)}"

    return install


def find(site: Site, module: Module, name: str) -> Path | None:
    """A program of a right version: in our cache the very one, in KUBEBUILDER_ASSETS or on PATH one of its series."""
    if not module.told:
        return None
    series = module.version.rpartition(".")[0] + "."
    folders = [site.environ.get("KUBEBUILDER_ASSETS", ""), *site.environ.get("PATH", "").split(":")]
    places = [(site.bin, f"{module.version}\n"), *((Path(each), series) for each in folders if each)]
    for folder, wanted in places:
        candidate = folder / name
        if candidate.is_file() and module.told + wanted in _told(candidate, module.asked):
            return candidate
    return None


def build(site: Site, module: Module, names: list[str]) -> None:
    """One `go build` for all of a module's programs: it compiles and links them side by side."""
    command = go.go(site)
    target = site.cache / "go" / f"built-{module.folder}"
    target.mkdir(parents=True, exist_ok=True)
    argv = [str(command), "build", "-v", "-trimpath", "-ldflags", module.ldflags, "-o", f"{target}/"]
    argv += [module.packages[name] for name in names]
    _build(site, module, argv, dict(go.environment(site, command)))
    for name in names:
        # `go build` names a program after the last element of its package that is not a version.
        built = target / module.names.get(name, name)
        replace(site.bin / name, built.read_bytes(), mode=0o755)
    shutil.rmtree(target)


def _build(site: Site, module: Module, argv: list[str], environ: dict[str, str]) -> None:
    """`-v` names each package that was compiled: counted, that is progress worth showing."""
    lines: list[str] = []
    began = shown = time.monotonic()
    with subprocess.Popen(
        argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        cwd=MODULES / module.folder, env=environ,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if time.monotonic() - shown > PROGRESS_SECONDS:
                shown = time.monotonic()
                site.say(f"{module.folder}: {_stage(lines)} ({shown - began:.0f} s)")
    site.logs.mkdir(parents=True, exist_ok=True)
    (site.logs / f"{module.folder}.log").write_text("".join(lines))
    if process.returncode:
        last = "".join(f"  {line}" for line in lines[-12:])
        raise InstallFailed(f"go build of {module.folder} ended with status {process.returncode}:\n{last}")


def _stage(lines: list[str]) -> str:
    fetched = sum(line.startswith("go: downloading") for line in lines)
    compiled = len(lines) - fetched
    return f"{compiled} packages compiled" if compiled else f"{fetched} modules fetched"


def _pause_image(site: Site) -> str:
    program = site.bin / "pause"
    write_archive(program, site.bin / "pause.tar")
    return "the pause program on nothing"


def _told(program: Path, flag: str) -> str:
    try:
        done = subprocess.run([program, flag], capture_output=True, text=True, timeout=20, check=False)
    except OSError:
        return ""  # not a program of this machine
    return done.stdout + done.stderr
