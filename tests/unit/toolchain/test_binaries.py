from pathlib import Path

import pytest

from local.toolchain.binaries import EXTRA, KUBE, MODULES_BUILT, find
from local.toolchain.tool import MODULES, Site, replace


def fake(folder: Path, answer: str) -> None:
    replace(folder / "kubelet", f"#!/bin/sh\necho '{answer}'\n".encode(), mode=0o755)


def site(tmp_path: Path) -> Site:
    environ = {"PATH": str(tmp_path / "path"), "KUBEBUILDER_ASSETS": str(tmp_path / "assets")}
    return Site(tmp_path / "cache", environ, lambda line: None)


@pytest.mark.parametrize(
    ("place", "answer", "taken"),
    [
        ("assets", "Kubernetes v1.36.1", True),
        ("path", "Kubernetes v1.36.9", True),
        ("path", "Kubernetes v1.35.3", False),
        ("cache/tools/bin", "Kubernetes v1.36.3", True),
        ("cache/tools/bin", "Kubernetes v1.36.1", False),  # of an older pin: built anew
        ("path", "something else", False),
    ],
)
def test_a_binary_is_taken_when_its_version_will_do(tmp_path: Path, place: str, answer: str, taken: bool) -> None:
    fake(tmp_path / place, answer)

    found = find(site(tmp_path), KUBE, "kubelet")

    assert found == (tmp_path / place / "kubelet" if taken else None)


def test_a_file_that_is_no_program_of_this_machine_is_passed_over(tmp_path: Path) -> None:
    replace(tmp_path / "path" / "kubelet", b"\x7fELF of another processor", mode=0o755)

    assert find(site(tmp_path), KUBE, "kubelet") is None


@pytest.mark.parametrize("module", [*MODULES_BUILT, *EXTRA.values()], ids=lambda module: module.folder)
def test_a_modules_version_is_the_one_that_go_mod_pins(module: object) -> None:
    text = (MODULES / module.folder / "go.mod").read_text()  # type: ignore[attr-defined]
    paths = {
        "kubernetes": "k8s.io/kubernetes",
        "etcd": "go.etcd.io/etcd/server/v3",
        "coredns": "github.com/coredns/coredns",
        "kapp": "carvel.dev/kapp",
        "helm3": "helm.sh/helm/v3",
    }
    path = paths.get(module.folder)  # type: ignore[attr-defined]

    assert path is None or f"{path} v{module.version}" in text  # type: ignore[attr-defined]
