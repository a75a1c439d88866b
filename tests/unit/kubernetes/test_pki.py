import datetime
import ipaddress
import stat
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from local.kubernetes.pki import RENEW_BEFORE, YEARS, ensure, leaves

HOST = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
NOW = datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC)


def read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def authority(folder: Path, name: str) -> ec.EllipticCurvePublicKey:
    key = read(folder / f"{name}.crt").public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_every_leaf_is_signed_by_its_own_authority(tmp_path: Path) -> None:
    ensure(tmp_path, leaves(HOST, "127.40.2.1"), NOW)

    for leaf in leaves(HOST, "127.40.2.1"):
        read(tmp_path / f"{leaf.name}.crt").verify_directly_issued_by(read(tmp_path / f"{leaf.authority}.crt"))


def test_etcds_authority_is_not_the_clusters(tmp_path: Path) -> None:
    ensure(tmp_path, leaves(HOST, "127.40.2.1"), NOW)

    cluster, store = authority(tmp_path, "ca"), authority(tmp_path, "etcd-ca")
    assert cluster.public_numbers() != store.public_numbers()


def test_the_registry_serves_ecrs_host_name_on_its_address(tmp_path: Path) -> None:
    ensure(tmp_path, leaves(HOST, "127.40.2.1"), NOW)

    names = read(tmp_path / "registry.crt").extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [HOST]
    assert ipaddress.ip_address("127.40.2.1") in names.get_values_for_type(x509.IPAddress)


def test_keys_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    ensure(tmp_path / "pki", leaves(HOST, "127.40.2.1"), NOW)

    for key in (tmp_path / "pki").glob("*.key"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600, key.name


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    ensure(tmp_path, leaves(HOST, "127.40.2.1"), NOW)
    before = contents(tmp_path)

    ensure(tmp_path, leaves(HOST, "127.40.2.1"), NOW)

    assert contents(tmp_path) == before


def test_another_registry_address_renews_its_certificate_alone(tmp_path: Path) -> None:
    ensure(tmp_path, leaves(HOST, "127.40.2.1"), NOW)
    before = contents(tmp_path)

    ensure(tmp_path, leaves(HOST, "127.50.2.1"), NOW)

    after = contents(tmp_path)
    assert {name for name in after if after[name] != before[name]} == {"registry.crt", "registry.key"}


def test_certificates_that_run_out_soon_are_made_again(tmp_path: Path) -> None:
    ensure(tmp_path, leaves(HOST, "127.40.2.1"), NOW)
    late = NOW + datetime.timedelta(days=365 * YEARS) - RENEW_BEFORE / 2

    ensure(tmp_path, leaves(HOST, "127.40.2.1"), late)

    assert read(tmp_path / "ca.crt").not_valid_after_utc > late + RENEW_BEFORE
    read(tmp_path / "admin.crt").verify_directly_issued_by(read(tmp_path / "ca.crt"))
