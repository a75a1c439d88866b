"""How long a synthesis takes: beside a bare CDK app of the very same resources, and of many services in one app.

bare   CfnResource for each resource of the sample's templates, and nothing else; as the CDK comes, which validates the
       templates, and without that, as ours is
ours   `python -m pipeline` of the sample, with the deployer's zip in the cache
many   services of three environments each, all in one app, beside one of them
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.figures import Figure, middle, show
from local.settings import CHECKOUT

BARE = """\
import json, sys
from pathlib import Path
from pipeline.main import prefer_own_node
prefer_own_node()
from aws_cdk import App, CfnResource, Stack
app = App(outdir=sys.argv[1], analytics_reporting=False)
for number, template in enumerate(map(Path, sys.argv[2:])):
    stack = Stack(app, f"bare{number}")
    for name, told in json.loads(template.read_text())["Resources"].items():
        CfnResource(stack, name, type=told["Type"], properties=told.get("Properties") or {})
app.synth()
"""
MANY = """\
import sys
from pathlib import Path
from pipeline.main import prefer_own_node
prefer_own_node()
from aws_cdk import App, Environment
from pipeline.config import load
from pipeline.synth import FLAGS, compose
app = App(outdir=sys.argv[1], analytics_reporting=False, context=FLAGS, builtin_cloud_formation_validation=False)
for folder in sys.argv[2:]:
    compose(app, load(Path(folder)), Environment())
app.synth()
"""
TEXT = "name: bench-{}\nsource: codecommit\nenvironments: [dev, staging, prod]\ncluster: {{existing: platform}}\n"
MANIFEST = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench synthesis")
    parser.add_argument("--runs", type=int, default=3, help="of each, one after the other; the median counts (3)")
    parser.add_argument("--services", type=int, default=200, help="how many are many (200)")
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        show("Synthesis", [*_beside_bare(Path(name), arguments.runs), *_many(Path(name), arguments.services)])
    return 0


def _beside_bare(scratch: Path, runs: int) -> list[Figure]:
    out = scratch / "ours"
    ours, bare, barest = [], [], []
    _seconds(["-m", "pipeline"], out)  # fills the cache
    templates = [str(path) for path in sorted(out.glob("*.template.json"))]
    resources = sum(len(json.loads(Path(path).read_text())["Resources"]) for path in templates)
    for _ in range(runs):
        ours.append(_seconds(["-m", "pipeline"], out))
        same = ["-c", BARE, str(scratch / "bare"), *templates]
        bare.append(_seconds(same, scratch / "bare"))
        barest.append(_seconds(same, scratch / "bare", CDK_VALIDATION="false"))
    ratio = middle(ours) / middle(bare)
    return [
        Figure(f"a bare app of the sample's {resources} resources", f"{middle(bare):.1f} s"),
        Figure("the sample", f"{middle(ours):.1f} s"),
        Figure("the sample, beside the bare app", f"{ratio:.2f}×", "1.3×"),
        Figure("the sample, beside a bare app that does not validate", f"{middle(ours) / middle(barest):.2f}×"),
    ]


def _many(scratch: Path, count: int) -> list[Figure]:
    folders = [str(_service(scratch / f"service-{number}", number)) for number in range(count)]
    one = _seconds(["-c", MANY, str(scratch / "one"), folders[0]], scratch / "one")
    many = _seconds(["-c", MANY, str(scratch / "many"), *folders], scratch / "many")
    return [
        Figure("one service of three environments, on a cluster that is there", f"{one:.1f} s"),
        Figure(f"{count} of them in one app", f"{many:.1f} s"),
        Figure("each further one", f"{(many - one) / max(1, count - 1):.2f} s"),
        Figure(f"{count} of them, beside one", f"{many / one:.1f}×", "3×"),
    ]


def _service(folder: Path, number: int) -> Path:
    files = {
        "pipeline.yaml": TEXT.format(number),
        "app/web/Dockerfile": "FROM scratch\n",
        "manifests/web.yaml": MANIFEST,
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def _seconds(arguments: Sequence[str], out: Path, **more: str) -> float:
    began = time.perf_counter()
    environ = {**os.environ, "CDK_OUTDIR": str(out), **more}
    subprocess.run([sys.executable, *arguments], cwd=CHECKOUT, env=environ, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began
