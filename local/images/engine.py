"""The image engine: podman's Docker-compatible service in a sandbox of its own.

Its network is the sandbox's own, so builds and containers leave no bridge and no rule on the machine.
"""

from local.images import view
from local.sandbox import Bind, Listening, Plan, Run, Sandbox, Start, Write, folders, slirp
from local.sandbox.plan import Step
from local.settings import Home

SOCKET_PATH_LIMIT = 107


class EngineFailed(Exception):
    """podman's service did not come up."""


class Engine:
    def __init__(self, home: Home) -> None:
        self._home = home
        self._sandbox = Sandbox("engine", home.run / "engine", home.logs, home.root)

    def launch(self, door_port: int) -> None:
        """To be called from a thread that lives as long as the engine: the main one."""
        if len(str(self._home.engine_socket)) > SOCKET_PATH_LIMIT:
            raise EngineFailed(
                f"{self._home.engine_socket} is longer than a socket's path may be: choose a shorter SHIPLINE_HOME"
            )
        self._home.engine_socket.unlink(missing_ok=True)
        self._sandbox.launch(engine_plan(self._home, door_port))

    def wait(self) -> None:
        """Returns when it answers on its socket. From any thread."""
        self._sandbox.wait()

    def stop(self) -> None:
        self._sandbox.stop()
        self._home.engine_socket.unlink(missing_ok=True)

    @property
    def failure(self) -> str | None:
        return self._sandbox.failure

    @property
    def memory(self) -> int:
        return self._sandbox.memory


def engine_plan(home: Home, door_port: int) -> Plan:
    """`door_port`: where the registry's TLS answers on the machine's 127.0.0.1."""
    view_folder = view.folder(home)
    targets = {target: str(view_folder / target.lstrip("/")) for target in view.targets()}
    targets["/etc/hosts"] = str(view_folder / "engine-hosts")
    steps: tuple[Step, ...] = (
        *folders.own_run(),
        *folders.own_var(),
        *folders.own_resolver(),
        *(Bind(source, target) for target, source in targets.items()),
        Write("/run/registry.nft", _registry_rule(door_port)),
        Run(("nft", "-f", "/run/registry.nft")),
        _podman(home),
        Listening("podman", str(home.engine_socket)),
    )
    return Plan("engine", steps)


def _podman(home: Home) -> Start:
    argv = ["podman", "--root", str(home.images / "storage"), "--runroot", "/run/containers/storage"]
    argv += ["--storage-driver", "overlay", "system", "service", "--time", "0", f"unix://{home.engine_socket}"]
    scratch = home.images / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    return Start("podman", tuple(argv), str(home.logs / "podman.log"), {"TMPDIR": str(scratch)})


def _registry_rule(door_port: int) -> str:
    """ECR's host name is the machine's loopback here, and its HTTPS port the registry's."""
    return f"""table ip shipline {{
  chain output {{
    type nat hook output priority -100;
    ip daddr {slirp.HOST} tcp dport 443 dnat to {slirp.HOST}:{door_port}
  }}
}}
"""
