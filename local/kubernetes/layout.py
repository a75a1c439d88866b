"""Where things are inside the node's sandbox, and the addresses there. The same for every home."""

from local.sandbox import slirp

NODE_NAME = "node"
BRIDGE = "kube0"
BRIDGE_IP = "10.88.7.1"  # the node's own address, the pods' gateway, and cluster DNS
POD_CIDR = "10.88.7.0/24"
FIRST_POD_IP = "10.88.7.10"
SERVICE_CIDR = "10.96.0.0/16"
KUBERNETES_SERVICE_IP = "10.96.0.1"
CLUSTER_DOMAIN = "cluster.local"
API_PORT = 6443
DNS_READY_PORT = 8181  # where cluster DNS says over HTTP that it knows the cluster's names
ETCD_URL = "https://127.0.0.1:2379"
ETCD_PEER_URL = "https://127.0.0.1:2380"
HOST_IP = slirp.HOST  # the machine's own 127.0.0.1

# `/run` is the sandbox's own tmpfs; what persists is shown there under names that are the same for every home.
STATE = "/run/shipline/state"  # home.node: hidden before anything starts that could mount it into a pod
TOOLS = "/run/shipline/tools"  # home.tools / bin
LOGS = "/run/shipline/logs"  # home.logs
SHARED = "/run/shipline/shared"  # home.node / shared: what containerd, kubelet and their kind may read
CONTAINERD_ROOT = "/run/shipline/containerd"
KUBELET_ROOT = "/run/shipline/kubelet"
POD_LOGS = "/run/shipline/pod-logs"
CONTAINERD_SOCKET = "/run/containerd/containerd.sock"
PKI = f"{STATE}/pki"
CONFIG = f"{STATE}/config"
