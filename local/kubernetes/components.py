"""The node's programs and their flags: what each is told, and why."""

from local.kubernetes import layout
from local.kubernetes.layout import BRIDGE_IP, CONFIG, LOGS, NODE_NAME, PKI, SHARED, TOOLS
from local.sandbox import Start


def etcd() -> Start:
    return _program(
        "etcd",
        "--name=node",
        f"--data-dir={layout.STATE}/etcd",
        f"--listen-client-urls={layout.ETCD_URL}",
        f"--advertise-client-urls={layout.ETCD_URL}",
        f"--listen-peer-urls={layout.ETCD_PEER_URL}",
        f"--initial-advertise-peer-urls={layout.ETCD_PEER_URL}",
        f"--initial-cluster=node={layout.ETCD_PEER_URL}",
        f"--cert-file={PKI}/etcd.crt",
        f"--key-file={PKI}/etcd.key",
        f"--trusted-ca-file={PKI}/etcd-ca.crt",
        "--client-cert-auth",
        f"--peer-cert-file={PKI}/etcd.crt",
        f"--peer-key-file={PKI}/etcd.key",
        f"--peer-trusted-ca-file={PKI}/etcd-ca.crt",
        "--peer-client-cert-auth",
        # Killed processes lose nothing without fsync, only a machine that loses power does.
        "--unsafe-no-fsync",
        "--auto-compaction-mode=periodic",
        "--auto-compaction-retention=30m",
        "--log-level=warn",
        apart=True,
    )


def apiserver() -> Start:
    return _program(
        "kube-apiserver",
        f"--etcd-servers={layout.ETCD_URL}",
        f"--etcd-cafile={PKI}/etcd-ca.crt",
        f"--etcd-certfile={PKI}/apiserver-etcd.crt",
        f"--etcd-keyfile={PKI}/apiserver-etcd.key",
        "--bind-address=0.0.0.0",
        f"--secure-port={layout.API_PORT}",
        f"--advertise-address={BRIDGE_IP}",
        f"--tls-cert-file={PKI}/apiserver.crt",
        f"--tls-private-key-file={PKI}/apiserver.key",
        f"--client-ca-file={PKI}/ca.crt",
        # The cache is short, so that an access entry that was taken away is missed at once.
        f"--authentication-token-webhook-config-file={CONFIG}/token-webhook.json",
        "--authentication-token-webhook-version=v1",
        "--authentication-token-webhook-cache-ttl=2s",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={PKI}/service-accounts.pub",
        f"--service-account-signing-key-file={PKI}/service-accounts.key",
        f"--service-cluster-ip-range={layout.SERVICE_CIDR}",
        "--allow-privileged",
        # For logs, exec and port-forward.
        "--kubelet-preferred-address-types=InternalIP",
        f"--kubelet-certificate-authority={PKI}/ca.crt",
        f"--kubelet-client-certificate={PKI}/apiserver-kubelet.crt",
        f"--kubelet-client-key={PKI}/apiserver-kubelet.key",
        "--profiling=false",
        apart=True,
    )


def controller_manager() -> Start:
    return _program(
        "kube-controller-manager",
        f"--kubeconfig={CONFIG}/controller-manager.kubeconfig",
        "--leader-elect=false",
        "--secure-port=0",
        "--use-service-account-credentials",
        f"--service-account-private-key-file={PKI}/service-accounts.key",
        f"--root-ca-file={PKI}/ca.crt",
        "--allocate-node-cidrs=false",
        "--profiling=false",
        apart=True,
    )


def scheduler() -> Start:
    return _program(
        "kube-scheduler",
        f"--kubeconfig={CONFIG}/scheduler.kubeconfig",
        "--leader-elect=false",
        "--secure-port=0",
        "--profiling=false",
        apart=True,
    )


def containerd() -> Start:
    return Start("containerd", ("containerd", "--config", f"{SHARED}/containerd.toml"), f"{LOGS}/containerd.log")


def kubelet(region: str) -> Start:
    labels = {"topology.kubernetes.io/region": region, "topology.kubernetes.io/zone": f"{region}a"}
    return _program(
        "kubelet",
        f"--config={SHARED}/kubelet.json",
        f"--kubeconfig={SHARED}/kubelet.kubeconfig",
        f"--hostname-override={NODE_NAME}",
        f"--root-dir={layout.KUBELET_ROOT}",
        # kube-proxy waits half a minute for an address that is not a loopback one: the bridge's.
        f"--node-ip={BRIDGE_IP}",
        f"--node-labels={','.join(f'{key}={value}' for key, value in labels.items())}",
    )


def kube_proxy() -> Start:
    return _program("kube-proxy", f"--config={SHARED}/kube-proxy.json")


def coredns() -> Start:
    return _program("coredns", "-conf", f"{SHARED}/Corefile")


def _program(name: str, *flags: str, apart: bool = False) -> Start:
    return Start(name, (f"{TOOLS}/{name}", *flags), f"{LOGS}/{name}.log", apart=apart)
