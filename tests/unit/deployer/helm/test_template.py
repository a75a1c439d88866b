"""How helm is driven: which one, and with what it is never given."""

import pytest

from deployer.errors import Fatal
from deployer.helm.template import refuse_old, template
from deployer.render import Surroundings

SCRIPT = """#!/bin/sh
echo "$@" >> {told}
case "$1" in version) echo {version};; *) echo "---";; esac
"""


def helm(folder, version="v4.2.3"):
    made = folder / "helm"
    made.write_text(SCRIPT.format(told=folder / "told", version=version))
    made.chmod(0o755)
    return str(made)


@pytest.mark.parametrize("version", ["v4.1.3", "v3.19.0", "v4.0.99", "unknown", ""])
def test_a_helm_with_known_holes_renders_nothing(tmp_path, version):
    with pytest.raises(Fatal, match=r"below 4\.1\.4 it has known holes"):
        refuse_old(helm(tmp_path, version))
    assert (tmp_path / "told").read_text().startswith("version")


@pytest.mark.parametrize("version", ["v4.1.4", "v4.2.3", "v5.0.0"])
def test_a_newer_helm_is_taken(tmp_path, version):
    refuse_old(helm(tmp_path, version))


def test_helm_resolves_no_names_fetches_nothing_and_runs_no_other_program(tmp_path):
    template(helm(tmp_path), "shop", tmp_path, [], Surroundings("ns", "v1.36.3", ("v1",)), [])
    _, asked = (tmp_path / "told").read_text().splitlines()
    words = asked.split()
    assert words[0] == "template"
    for word in ("--enable-dns", "--post-renderer", "--dependency-update", "dependency", "--kube-token", "--repo"):
        assert word not in words
