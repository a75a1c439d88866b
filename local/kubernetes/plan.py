"""The node's steps, in the order that gets it Ready soonest."""

from local.kubernetes import components, layout
from local.kubernetes.layout import BRIDGE, BRIDGE_IP, CONTAINERD_SOCKET, SHARED, STATE, TOOLS
from local.sandbox import Await, Bind, Forward, Listening, Mount, Plan, Run, Write, folders
from local.sandbox.plan import Step
from local.settings import Home

PAUSE_ARCHIVE = "pause.tar"


def node_plan(home: Home) -> Plan:
    return Plan(
        hostname=layout.NODE_NAME,
        steps=(*_folders(home), *_network(), *_control_plane(), *_secrets_hidden(home), *_node(home)),
        forwards=(Forward("127.0.0.1", home.addresses.kube_port, layout.API_PORT),),
        environ={"PATH": f"{TOOLS}:/usr/sbin:/usr/bin:/sbin:/bin"},
    )


def _folders(home: Home) -> tuple[Step, ...]:
    """A `/run` of its own, and a `/var` whose changes are gone with it; what stays is bound from the home."""
    return (
        *folders.own_run(),
        Bind(str(home.node), STATE),
        Bind(str(home.tools / "bin"), TOOLS),
        Bind(str(home.logs), layout.LOGS),
        Bind(str(home.node / "shared"), SHARED),
        Bind(str(home.node / "containerd"), layout.CONTAINERD_ROOT),
        Bind(str(home.node / "kubelet"), layout.KUBELET_ROOT),
        Bind(str(home.node / "pod-logs"), layout.POD_LOGS),
        *folders.own_var(),
        *folders.own_resolver(),
    )


def _network() -> tuple[Step, ...]:
    return (
        Run(("ip", "link", "add", BRIDGE, "type", "bridge")),
        Run(("ip", "address", "add", f"{BRIDGE_IP}/24", "dev", BRIDGE)),
        Run(("ip", "link", "set", BRIDGE, "up")),
        Write("/proc/sys/net/ipv4/ip_forward", "1"),
        Run(("nft", "-f", f"{SHARED}/firewall.nft")),
    )


def _control_plane() -> tuple[Step, ...]:
    """containerd comes up and takes the pause image while the API server starts."""
    return (
        components.etcd(),
        components.apiserver(),
        components.containerd(),
        Listening("containerd", CONTAINERD_SOCKET),
        Run(
            (
                "ctr",
                "--address",
                CONTAINERD_SOCKET,
                "--namespace",
                "k8s.io",
                "images",
                "import",
                f"{TOOLS}/{PAUSE_ARCHIVE}",
            )
        ),
        Await("kube-apiserver", f"https://127.0.0.1:{layout.API_PORT}/readyz", f"{layout.PKI}/ca.crt"),
        components.controller_manager(),
        components.scheduler(),
    )


def _secrets_hidden(home: Home) -> tuple[Step, ...]:
    """From here on no mount of a host's folder shows the cluster's keys, or the account owner's."""
    return (Mount("tmpfs", STATE, "mode=700,size=4k"), Mount("tmpfs", str(home.root), "mode=700,size=4k"))


def _node(home: Home) -> tuple[Step, ...]:
    return (components.kubelet(home.region), components.coredns(), components.kube_proxy())
