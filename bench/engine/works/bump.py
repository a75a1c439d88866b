"""27 image references in 1 MB of YAML as people write it, by our spans and by ruamel's round trip.

Both read the text from memory and give the new one; what else than the references has changed is counted in bytes.
"""

import io
import time
from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import Any

from bench.engine.plan import Plan
from bench.engine.results import Comparison
from bench.engine.samples import Samples
from bench.figures import middle
from deployer.bump.manifests import bump
from deployer.bump.references import Image, Images

NAMES = ("bump",)
PAIRS, REFERENCES = 532, 27
REPOSITORY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/web"
OLD, NEW = f"{REPOSITORY}:v1", f"{REPOSITORY}@sha256:{'a' * 64}"
RUAMEL = "ruamel.yaml, round trip"

PAIR = """\
# Service {number} of the shop, as somebody wrote it by hand
apiVersion: v1
kind: Service
metadata: {{name: svc-{number}, labels: {{app: "app-{number}", tier: 't{tier}'}}}}   # a flow mapping
spec:
    selector: {{app: "app-{number}"}}
    ports:
        - {{name: http, port: 80, targetPort: 8080}}
        -   name: metrics      # aligned by hand
            port: 9090
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-{number}
  annotations:
      note: >
          Folded text that says image: nothing/of-the-kind:v1
          in two lines.
      script: |
          #!/bin/sh
          echo "image: {decoy}" # no reference
      empty: ~
      letter: "\\u00e9"
spec:
  replicas: 2   # never fewer
  selector:
    matchLabels: &labels-{number} {{app: app-{number}}}
  template:
    metadata:
      labels: *labels-{number}
    spec:
      containers:

      -   name: app
          image: {image}  # the release's
          env:
{env}          resources: {{requests: {{cpu: 100m, memory: 128Mi}}, limits: {{memory: 256Mi}}}}
      - name: proxy
        image: "docker.io/envoyproxy/envoy:v1.30.1"
"""


def measure(plan: Plan, wanted: frozenset[str], samples: Samples) -> list[Comparison]:
    before, after = text(OLD), text(NEW)
    images = Images({"web": Image("web", REPOSITORY, "v2", NEW.partition("@")[2])})
    ours, bumped = timed(plan.runs, lambda: bump(before, images, "all.yaml"))
    samples.say(f"bump: shipline {ours * 1000:.1f} ms, {others(bumped, after)} other bytes")
    theirs, rewritten = timed(plan.runs, lambda: with_ruamel(before))
    samples.say(f"bump: ruamel {theirs * 1000:.0f} ms, {others(rewritten, after)} other bytes")
    work = f"bump {REFERENCES} references in {len(before) / 1e6:.1f} MB"
    note = f"ruamel changes {others(rewritten, after)} other bytes"
    return [
        Comparison(work, RUAMEL, ours, theirs, "s", 300, note),
        Comparison(f"{work}, other bytes that change", "none", others(bumped, after), 0, "bytes", 1),
    ]


def text(image: str) -> str:
    """Every twentieth Deployment has the release's image, the next one only speaks of it."""
    return "---\n".join(
        PAIR.format(
            number=number,
            tier=number % 7,
            decoy=OLD if number % 20 == 1 else "busybox:1",
            image=image if number % 20 == 0 else f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app-{number}:v1",
            env="".join(f"          -   {{name: E{key}, value: 'value-{number}-{key}'}}\n" for key in range(17)),
        )
        for number in range(PAIRS)
    )


def with_ruamel(before: str) -> str:
    """As its manual shows: load everything, set what is to be set, dump everything."""
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    documents = list(yaml.load_all(before))
    for document in documents:
        for container in containers(document):
            if container["image"] == OLD:
                container["image"] = NEW
    written = io.StringIO()
    yaml.dump_all(documents, written)
    return written.getvalue()


def containers(document: Any) -> Iterator[Any]:
    if document["kind"] == "Deployment":
        yield from document["spec"]["template"]["spec"]["containers"]


def others(found: str, wanted: str) -> int:
    """The bytes of all lines that are not as they should be."""
    pairs = zip_longest(found.splitlines(keepends=True), wanted.splitlines(keepends=True), fillvalue="")
    return sum(max(len(one.encode()), len(other.encode())) for one, other in pairs if one != other)


def timed(runs: int, work: Callable[[], str]) -> tuple[float, str]:
    """The median in seconds, and what came of the last run."""
    took, result = [], ""
    for _ in range(runs):
        began = time.perf_counter()
        result = work()
        took.append(time.perf_counter() - began)
    return middle(took), result
