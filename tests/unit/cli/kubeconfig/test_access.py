import json
import subprocess

import pytest

from cli.errors import CommandError
from cli.kubeconfig.access import find_access


@pytest.fixture
def pair(tmp_path):
    """A certificate that signed itself, and its key."""
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-subj", "/CN=ann", "-keyout", "key", "-out", "crt",
        ],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    return tmp_path


def write(folder, cluster, user):
    (folder / "kubeconfig").write_text(
        json.dumps(
            {
                "current-context": "x",
                "clusters": [{"name": "c", "cluster": {"server": "https://c:6443", **cluster}}],
                "users": [{"name": "u", "user": user}],
                "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            }
        )
    )
    return find_access({}, str(folder / "kubeconfig"), None)


def test_cluster_is_known_by_its_own_authority_and_gets_our_certificate(pair):
    found = write(pair, {"certificate-authority": "crt"}, {"client-certificate": "crt", "client-key": "key"})
    assert (found.url, found.namespace, found.host) == ("https://c:6443", "default", ("c", 6443))
    (authority,) = found.tls.get_ca_certs()
    assert authority["subject"] == ((("commonName", "ann"),),)
    assert found.tls.verify_mode.name == "CERT_REQUIRED"
    assert found.tls.check_hostname


def test_key_of_another_certificate_is_bad_input(pair):
    subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-out", "other"], cwd=pair, check=True)
    with pytest.raises(CommandError, match="do not fit"):
        write(pair, {}, {"client-certificate": "crt", "client-key": "other"})


@pytest.mark.parametrize(
    ("cluster", "said"),
    [
        ({"insecure-skip-tls-verify": True}, "proves who it is"),
        ({"proxy-url": "http://proxy"}, "directly"),
        ({"tls-server-name": "other"}, "tls-server-name"),
        ({"server": "http://c"}, "no https URL"),
        ({"server": "https://c:port"}, "no https URL"),
        ({"certificate-authority-data": "bm8="}, "no certificate"),
        ({"certificate-authority": "missing"}, "No such file"),
    ],
)
def test_cluster_that_is_not_safe_to_reach_is_refused(tmp_path, cluster, said):
    with pytest.raises(CommandError) as raised:
        write(tmp_path, cluster, {"token": "t"})
    assert said in str(raised.value)


def test_nothing_of_the_identity_is_shown(tmp_path):
    assert "canary" not in repr(write(tmp_path, {}, {"token": "canary"}))
