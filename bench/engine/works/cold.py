"""A cold start: from an interpreter that starts to the first byte that the cluster's API server gets.

Both programs ask CodePipeline for the job and EKS for the cluster before, and sign a token for it; both have bytecode.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import certifi

from bench.engine.cold.account import CLUSTER, Listener, account, event
from bench.engine.plan import Plan
from bench.engine.results import Comparison
from bench.engine.samples import Samples
from bench.figures import middle
from local.settings import CHECKOUT, cache_root
from pipeline.assets.deployer import bundle, size

NAMES = ("cold",)
PROGRAMS = CHECKOUT / "bench" / "engine" / "cold"
USUAL = "kubernetes + boto3 + pyhelm3"
LARGEST = 150.0  # MB of function and layer, unzipped
WITHIN = 30.0


def measure(plan: Plan, wanted: frozenset[str], samples: Samples) -> list[Comparison]:
    starts: dict[str, list[float]] = {"ours": [], "usual": []}
    with tempfile.TemporaryDirectory(prefix="bench-cold-") as folder:
        with zipfile.ZipFile(bundle().archive) as opened:
            opened.extractall(folder)
        installed = next(each for each in sys.path if each.endswith("site-packages"))
        for number in range(plan.runs + 1):
            for name, path in (("ours", folder), ("usual", installed)):
                took = first_byte(PROGRAMS / f"{name}.py", path)
                if number:  # the first one brings the files into the page cache
                    starts[name].append(took)
                    samples.say(f"cold start: {name} {took:.3f} s")
    layer = cache_root(os.environ) / "tools" / "layer"
    unzipped = (size() + sum(path.stat().st_size for path in layer.rglob("*") if path.is_file())) / 1e6
    return [
        Comparison("cold start to first API byte", USUAL, middle(starts["ours"]), middle(starts["usual"]), "s", 8),
        Comparison("function and layer, unzipped", "150 MB", unzipped, LARGEST, "MB", 1),
    ]


def first_byte(program: Path, path: str) -> float:
    """Seconds from the start of the interpreter, which sees nothing but `path`, as Lambda's does."""
    listener = Listener()
    with account(listener.port, authority()) as url:
        argv = [getattr(sys, "_base_executable", sys.executable), "-S", str(program), json.dumps(event())]
        began = time.monotonic()
        process = subprocess.Popen(
            argv, env=environ(path, url), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        while listener.first is None and process.poll() is None and time.monotonic() < began + WITHIN:
            time.sleep(0.001)
        process.kill()
        said, _ = process.communicate()
        listener.close()
    if listener.first is None:
        raise RuntimeError(f"{program.name} did not call the cluster:\n{said}")
    return listener.first - began


def environ(path: str, url: str) -> dict[str, str]:
    target = {
        "service": "shop", "environment": "dev", "namespace": "shop-dev", "ledger": "shop-releases",
        "cluster": {"name": CLUSTER, "region": "us-east-1"},
        "deliveries": [{"kind": "manifests", "path": "manifests"}],
    }  # fmt: skip
    return {
        "PATH": os.defpath,
        "PYTHONPATH": path,
        "AWS_ENDPOINT_URL": url,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "k",
        "AWS_SECRET_ACCESS_KEY": "s",
        "AWS_SESSION_TOKEN": "t",
        "SHIPLINE_TARGET": json.dumps(target),
    }


def authority() -> str:
    """A certificate of nobody's: the cluster never gets so far as to show its own."""
    end = "-----END CERTIFICATE-----\n"
    first = Path(certifi.where()).read_text().partition(end)[0]
    return first[first.index("-----BEGIN") :] + end
