"""Every configuration file of the node as text, from what it needs to know. Kubernetes reads JSON as YAML."""

import base64
import json
from pathlib import Path

from local.kubernetes import layout
from local.kubernetes.layout import BRIDGE, BRIDGE_IP, CLUSTER_DOMAIN, NODE_NAME, POD_CIDR
from local.sandbox import slirp

PAUSE_IMAGE = "localhost/shipline/pause:1"
API_INSIDE = f"https://127.0.0.1:{layout.API_PORT}"


def kubeconfig(server: str, pki: Path, name: str) -> str:
    """A kubeconfig that carries certificate and key itself: it may be copied anywhere."""
    data = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "shipline",
        "clusters": [
            {"name": "shipline", "cluster": {"server": server, "certificate-authority-data": _data(pki / "ca.crt")}}
        ],
        "users": [
            {
                "name": name,
                "user": {
                    "client-certificate-data": _data(pki / f"{name}.crt"),
                    "client-key-data": _data(pki / f"{name}.key"),
                },
            }
        ],
        "contexts": [{"name": "shipline", "context": {"cluster": "shipline", "user": name}}],
    }
    return json.dumps(data, indent=2) + "\n"


def token_webhook(aws_port: int) -> str:
    """Where kube-apiserver asks who a bearer token belongs to."""
    server = f"http://{layout.HOST_IP}:{aws_port}/_shipline/token-review"
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "webhook",
            "clusters": [{"name": "webhook", "cluster": {"server": server}}],
            "users": [{"name": "webhook"}],
            "contexts": [{"name": "webhook", "context": {"cluster": "webhook", "user": "webhook"}}],
        }
    )


def kubelet() -> str:
    return json.dumps(
        {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "authentication": {
                "anonymous": {"enabled": False},
                "webhook": {"enabled": True},
                "x509": {"clientCAFile": f"{layout.SHARED}/ca.crt"},
            },
            "authorization": {"mode": "Webhook"},
            "tlsCertFile": f"{layout.SHARED}/kubelet-server.crt",
            "tlsPrivateKeyFile": f"{layout.SHARED}/kubelet-server.key",
            "containerRuntimeEndpoint": f"unix://{layout.CONTAINERD_SOCKET}",
            "clusterDNS": [BRIDGE_IP],
            "clusterDomain": CLUSTER_DOMAIN,
            "resolvConf": "",
            "cgroupDriver": "cgroupfs",
            # The sandbox may not have what a whole machine has: no reserved resources, no quality-of-service groups.
            "cgroupsPerQOS": False,
            "enforceNodeAllocatable": [],
            "failCgroupV1": False,
            "failSwapOn": False,
            "localStorageCapacityIsolation": False,
            "evictionHard": {},
            "maxOpenFiles": 10000,
            "oomScoreAdj": 0,
            "readOnlyPort": 0,
            "makeIPTablesUtilChains": False,
            "podLogsDir": layout.POD_LOGS,
            "volumePluginDir": f"{layout.KUBELET_ROOT}/volume-plugins",
            "serializeImagePulls": False,
            # The node answers to people who wait: look twice as often as a fleet would.
            "syncFrequency": "10s",
            "nodeStatusUpdateFrequency": "5s",
            "imageMinimumGCAge": "24h",
            "shutdownGracePeriod": "0s",
        },
        indent=2,
    )


def kube_proxy() -> str:
    return json.dumps(
        {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
            "kind": "KubeProxyConfiguration",
            "mode": "nftables",
            "clientConnection": {"kubeconfig": f"{layout.SHARED}/kube-proxy.kubeconfig"},
            "hostnameOverride": NODE_NAME,
            "clusterCIDR": POD_CIDR,
            "conntrack": {"maxPerCore": 0, "min": 0},  # the sandbox may not change the machine's own
            "nftables": {"minSyncPeriod": "100ms"},
            "healthzBindAddress": "127.0.0.1:10256",
            "metricsBindAddress": "127.0.0.1:10249",
        }
    )


def containerd() -> str:
    return f"""version = 2
root = "{layout.CONTAINERD_ROOT}"
state = "/run/containerd/state"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.aufs"]
[grpc]
  address = "{layout.CONTAINERD_SOCKET}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE_IMAGE}"
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{layout.SHARED}/cni"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "{layout.SHARED}/certs.d"
[plugins."io.containerd.internal.v1.opt"]
  path = "/run/containerd/opt"
"""


def registry_hosts(host: str, port: int, authorization: str) -> str:
    """containerd's `hosts.toml` for the registry: reached by the machine's loopback, under its own name."""
    return f"""server = "https://{host}"
[host."http://{layout.HOST_IP}:{port}"]
  capabilities = ["pull", "resolve"]
  [host."http://{layout.HOST_IP}:{port}".header]
    Authorization = "{authorization}"
"""


def cni() -> str:
    bridge = {
        "type": "bridge",
        "bridge": BRIDGE,
        "isGateway": True,
        "ipMasq": True,
        "hairpinMode": True,
        "ipam": {
            "type": "host-local",
            "ranges": [[{"subnet": POD_CIDR, "rangeStart": layout.FIRST_POD_IP}]],
            "routes": [{"dst": "0.0.0.0/0"}],
            "dataDir": "/run/cni/ipam",
        },
    }
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    return json.dumps({"cniVersion": "0.4.0", "name": "pods", "plugins": [bridge, ports]})


def corefile() -> str:
    return f""".:53 {{
  bind {BRIDGE_IP}
  errors
  ready {BRIDGE_IP}:{layout.DNS_READY_PORT}
  kubernetes {CLUSTER_DOMAIN} in-addr.arpa {{
    kubeconfig {layout.SHARED}/coredns.kubeconfig
    ttl 5
  }}
  forward . {slirp.DNS}
  cache 5
}}
"""


def firewall(aws_port: int) -> str:
    """Pods may reach AWS's APIs on the machine's loopback, as they may on AWS; nothing else that listens there."""
    return f"""table inet shipline {{
  chain forward {{
    type filter hook forward priority 0; policy accept;
    iifname "{BRIDGE}" ip daddr {layout.HOST_IP} tcp dport != {aws_port} reject with tcp reset
    iifname "{BRIDGE}" ip daddr {layout.HOST_IP} meta l4proto != tcp reject
  }}
}}
"""


def coredns_rights() -> list[tuple[str, dict[str, object]]]:
    """The objects that let cluster DNS read Services, each with the path that creates it."""
    name = "system:coredns"
    rules = [
        {"apiGroups": [""], "resources": ["services", "pods", "namespaces"], "verbs": ["list", "watch"]},
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]},
    ]
    api = "rbac.authorization.k8s.io"
    role: dict[str, object] = {
        "apiVersion": f"{api}/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name},
        "rules": rules,
    }
    binding: dict[str, object] = {
        "apiVersion": f"{api}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": api, "kind": "ClusterRole", "name": name},
        "subjects": [{"apiGroup": api, "kind": "User", "name": name}],
    }
    return [(f"/apis/{api}/v1/clusterroles", role), (f"/apis/{api}/v1/clusterrolebindings", binding)]


def _data(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
