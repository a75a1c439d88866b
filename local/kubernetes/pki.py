"""The cluster's certificates: made once, kept in the home, made again before they run out.

Two authorities: the cluster's, and etcd's own, so that no certificate of the cluster opens its store.
"""

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from local.kubernetes.layout import BRIDGE_IP, CLUSTER_DOMAIN, KUBERNETES_SERVICE_IP, NODE_NAME

YEARS = 10
RENEW_BEFORE = datetime.timedelta(days=30)


@dataclass(frozen=True)
class Leaf:
    """One certificate: who it names, and for which names and addresses it serves."""

    name: str
    common_name: str
    groups: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    authority: str = "ca"


@dataclass(frozen=True)
class Issuer:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def leaves(registry_host: str, registry_ip: str) -> tuple[Leaf, ...]:
    """Every certificate of a cluster and its registry."""
    kubernetes = "kubernetes"
    service_names = [kubernetes, f"{kubernetes}.default", f"{kubernetes}.default.svc"]
    return (
        Leaf(
            "apiserver",
            "kube-apiserver",
            names=("localhost", *service_names, f"{kubernetes}.default.svc.{CLUSTER_DOMAIN}"),
            addresses=("127.0.0.1", BRIDGE_IP, KUBERNETES_SERVICE_IP),
        ),
        Leaf("kubelet-server", NODE_NAME, names=(NODE_NAME,), addresses=("127.0.0.1", BRIDGE_IP)),
        Leaf("apiserver-kubelet", "kube-apiserver-kubelet-client", groups=("system:masters",)),
        Leaf("admin", "shipline-admin", groups=("system:masters",)),
        Leaf("controller-manager", "system:kube-controller-manager"),
        Leaf("scheduler", "system:kube-scheduler"),
        Leaf("kubelet", f"system:node:{NODE_NAME}", groups=("system:nodes",)),
        Leaf("kube-proxy", "system:kube-proxy"),
        Leaf("coredns", "system:coredns"),
        Leaf("registry", registry_host, names=(registry_host,), addresses=(registry_ip, "127.0.0.1")),
        Leaf("etcd", "etcd", names=("localhost",), addresses=("127.0.0.1",), authority="etcd-ca"),
        Leaf("apiserver-etcd", "kube-apiserver", authority="etcd-ca"),
    )


def ensure(folder: Path, wanted: tuple[Leaf, ...], now: datetime.datetime | None = None) -> None:
    """Make what is missing or runs out soon; what is there stays, since clients hold copies of it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    now = now or datetime.datetime.now(datetime.UTC)
    issuers = {name: _ensure_authority(folder, name, now) for name in ("ca", "etcd-ca")}
    for leaf in wanted:
        if not _valid(folder / f"{leaf.name}.crt", issuers[leaf.authority], leaf, now):
            _issue(folder, leaf, issuers[leaf.authority], now)
    if not (folder / "service-accounts.key").exists():
        _write_service_account_keys(folder)


def _ensure_authority(folder: Path, name: str, now: datetime.datetime) -> Issuer:
    certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
    if certificate.exists() and key.exists():
        loaded = serialization.load_pem_private_key(key.read_bytes(), password=None)
        assert isinstance(loaded, ec.EllipticCurvePrivateKey)
        read = x509.load_pem_x509_certificate(certificate.read_bytes())
        if read.not_valid_after_utc - now > RENEW_BEFORE:
            return Issuer(read, loaded)
    fresh = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"shipline-{name}")])
    made = (
        _builder(subject, subject, fresh, now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(fresh.public_key()), critical=False)
        .sign(fresh, hashes.SHA256())
    )
    _write(certificate, key, made, fresh)
    return Issuer(made, fresh)


def _issue(folder: Path, leaf: Leaf, issuer: Issuer, now: datetime.datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        _builder(_subject(leaf), issuer.certificate.subject, key, now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()),
            critical=False,
        )
    )
    if leaf.names or leaf.addresses:
        builder = builder.add_extension(_alternatives(leaf), critical=False)
    _write(folder / f"{leaf.name}.crt", folder / f"{leaf.name}.key", builder.sign(issuer.key, hashes.SHA256()), key)


def _valid(path: Path, issuer: Issuer, leaf: Leaf, now: datetime.datetime) -> bool:
    """Whether the file is a certificate of this authority for this very leaf, and good for a while."""
    if not path.exists() or not path.with_suffix(".key").exists():
        return False
    read = x509.load_pem_x509_certificate(path.read_bytes())
    try:
        alternatives = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        alternatives = None
    return (
        read.not_valid_after_utc - now > RENEW_BEFORE
        and read.subject == _subject(leaf)
        and alternatives == (_alternatives(leaf) if leaf.names or leaf.addresses else None)
        and _signed_by(read, issuer)
    )


def _signed_by(certificate: x509.Certificate, issuer: Issuer) -> bool:
    identifier = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    return identifier == x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=365 * YEARS))
    )


def _subject(leaf: Leaf) -> x509.Name:
    groups = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in leaf.groups]
    return x509.Name([*groups, x509.NameAttribute(NameOID.COMMON_NAME, leaf.common_name)])


def _alternatives(leaf: Leaf) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName(
        [
            *(x509.DNSName(name) for name in leaf.names),
            *(x509.IPAddress(ipaddress.ip_address(each)) for each in leaf.addresses),
        ]
    )


def _usage(signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_encipherment=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _write_service_account_keys(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    (folder / "service-accounts.pub").write_bytes(public)
    _write_secret(folder / "service-accounts.key", _pem(key))


def _write(
    certificate_path: Path, key_path: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey
) -> None:
    certificate_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    _write_secret(key_path, _pem(key))


def _write_secret(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(content)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    # The traditional form: kube-apiserver reads service account keys of this kind.
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
