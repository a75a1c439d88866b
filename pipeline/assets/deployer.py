"""The deployer's zip: its package, its locked dependencies cut to what is used, and their bytecode.

Built without Docker, once for each content: dependencies are kept by the lock's hash, the zip by everything's.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.assets import TOOLKIT
from pipeline.assets.archive import files, fingerprint, write_zip
from pipeline.assets.errors import AssetError
from pipeline.assets.install import install

SOURCE = TOOLKIT / "lambdas" / "deployer"
LOCK = SOURCE / "requirements.txt"
# Services whose descriptions botocore needs here; all of them are 20 MB.
SERVICES = {
    "cloudwatch", "codebuild", "codecommit", "codepipeline", "dynamodb", "ecr", "eks", "kms", "lambda", "logs", "s3",
    "secretsmanager", "ssm", "sts",
}  # fmt: skip
KEPT = 8  # zips in the cache
# What an installation needs and a zip does not. Licences and METADATA stay.
NEEDLESS = {"RECORD", "INSTALLER", "REQUESTED", "WHEEL", "direct_url.json", "top_level.txt", "entry_points.txt"}


@dataclass(frozen=True)
class Bundle:
    archive: Path
    key: str  # sha256 of what it was made from


def bundle(environ: Mapping[str, str] = os.environ) -> Bundle:
    """The zip, from the cache when its inputs are as they were."""
    if sys.version_info[:2] != (3, 11):
        raise AssetError(f"the deployer's bytecode is for Python 3.11, this is {sys.version.split()[0]}; use 3.11")
    key = _key()
    archive = _cache(environ) / f"deployer-{key[:32]}.zip"
    if not archive.is_file():
        _build(archive, _dependencies(environ))
    return Bundle(archive, key)


def _key() -> str:
    makers = [Path(__file__), Path(__file__).with_name("archive.py"), Path(__file__).with_name("install.py"), LOCK]
    inputs = [(path.name, path) for path in makers]
    inputs += [(path.relative_to(SOURCE).as_posix(), path) for path in files(SOURCE, "**/*.py")]
    return fingerprint((name, path.read_bytes()) for name, path in inputs)


def _build(archive: Path, dependencies: Path) -> None:
    with tempfile.TemporaryDirectory(dir=archive.parent, prefix="deployer-") as scratch:
        tree = Path(scratch) / "tree"
        shutil.copytree(dependencies, tree, copy_function=os.link)
        for path in files(SOURCE, "**/*.py"):
            target = tree / "deployer" / path.relative_to(SOURCE)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        _compile(tree / "deployer", tree)
        write_zip(Path(scratch) / "made.zip", tree)
        (Path(scratch) / "made.zip").rename(archive)
    _forget(archive.parent)


def _forget(folder: Path) -> None:
    """The cache keeps the last zips only; each change to the deployer makes one."""
    made = sorted(folder.glob("deployer-*.zip"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in made[KEPT:]:
        old.unlink(missing_ok=True)


def _dependencies(environ: Mapping[str, str]) -> Path:
    makers = [Path(__file__), Path(__file__).with_name("install.py"), LOCK]
    key = fingerprint((path.name, path.read_bytes()) for path in makers)
    kept = _cache(environ) / f"dependencies-{key[:32]}"
    if not kept.is_dir():
        with tempfile.TemporaryDirectory(dir=kept.parent, prefix="dependencies-") as scratch:
            tree = Path(scratch) / "tree"
            install(LOCK, tree, environ)
            _trim(tree)
            _compile(tree, tree)
            try:
                tree.rename(kept)
            except OSError:
                if not kept.is_dir():  # else another run was faster, with the same content
                    raise
    return kept


def _trim(tree: Path) -> None:
    shutil.rmtree(tree / "bin", ignore_errors=True)
    for folder in [*(tree / "botocore" / "data").iterdir(), *(tree / "boto3" / "data").iterdir()]:
        if folder.is_dir() and folder.name not in SERVICES:
            shutil.rmtree(folder)
    for name in ("tests", "examples", "__pycache__"):
        for folder in sorted(tree.rglob(name), reverse=True):
            shutil.rmtree(folder)
    for path in files(tree):
        needless = path.parent.suffix == ".dist-info" and path.name in NEEDLESS
        if needless or path.suffix in (".pyi", ".pyx", ".pxd", ".c") or path.name == ".lock":
            path.unlink()


def _compile(tree: Path, root: Path) -> None:
    """Bytecode that Lambda takes without looking at the source: unpacking a zip changes the times of files."""
    argv = [sys.executable, "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash"]
    done = subprocess.run(
        [*argv, "-s", str(root), "-p", "/var/task", str(tree)], capture_output=True, text=True, timeout=600
    )
    if done.returncode:
        raise AssetError(f"the deployer does not compile; correct it:\n{done.stdout}{done.stderr}")


def _cache(environ: Mapping[str, str]) -> Path:
    """One cache for all runs and clones."""
    base = Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "shipline"
    folder = Path(environ.get("SHIPLINE_BUILD_CACHE") or base).resolve() / "assets"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def size(environ: Mapping[str, str] = os.environ) -> int:
    """Bytes of the function when unzipped, as Lambda counts them."""
    with zipfile.ZipFile(bundle(environ).archive) as made:
        return sum(entry.file_size for entry in made.infolist())
