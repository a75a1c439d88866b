"""The deployer's zip: how large it is, and how long it takes to be loaded."""

import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from bench.figures import Figure
from local.settings import cache_root
from pipeline.assets.deployer import bundle, size

RUNS = 5
CODE = "import time; began = time.perf_counter(); import {}; print(time.perf_counter() - began)"


def figures() -> list[Figure]:
    """Sizes as Lambda counts them, unzipped; times with the zip's own bytecode, the best of five."""
    archive = bundle().archive
    layer = sum(
        path.stat().st_size for path in (cache_root(os.environ) / "tools" / "layer").rglob("*") if path.is_file()
    )
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(folder)
        handler, client = (
            seconds(Path(folder), modules) for modules in ("deployer.handler", "deployer.handler, boto3")
        )
    return [
        Figure("the deployer's zip", f"{archive.stat().st_size / 1e6:.1f} MB"),
        Figure("the deployer, unzipped", f"{size() / 1e6:.1f} MB"),
        Figure("the deployer and its layer, unzipped", f"{(size() + layer) / 1e6:.0f} MB", "150 MB"),
        Figure("import of the deployer", f"{handler:.2f} s"),
        Figure("import of the deployer and of boto3, which it loads late", f"{client:.2f} s"),
    ]


def seconds(folder: Path, modules: str) -> float:
    """In an interpreter of its own that sees nothing but the zip's content, as Lambda's does."""
    argv = [getattr(sys, "_base_executable", sys.executable), "-S", "-c", CODE.format(modules)]
    environ = {"PYTHONPATH": str(folder), "PATH": os.defpath}
    return min(
        float(subprocess.run(argv, cwd=folder, env=environ, check=True, capture_output=True, text=True).stdout)
        for _ in range(RUNS)
    )
