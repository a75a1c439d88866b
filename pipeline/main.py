"""The composition: where the service is → its definition → the stacks → cdk.out.

Exit code 2 and a plain message when the definition is wrong; what the CDK itself says is the CDK's.
"""

import json
import os
import sys
from pathlib import Path

from pipeline.assets.errors import AssetError
from pipeline.config import InvalidDefinition, load
from pipeline.config.targets.check import homeless


def main(folder: Path) -> int:
    """Synthesize the service in `folder`, or the one that `cdk -c service=PATH` names."""
    # The CLI hands its context over in this variable. Read here, a mistake is reported before node has started.
    context = json.loads(os.environ.get("CDK_CONTEXT_JSON") or "{}")
    where = Path(context.get("service") or folder)
    account, region = os.environ.get("CDK_DEFAULT_ACCOUNT"), os.environ.get("CDK_DEFAULT_REGION")
    try:
        service = load(where, account=account, region=region)
    except InvalidDefinition as error:
        count = len(error.problems)
        print(f"{error}\n{count} mistake{'s' if count > 1 else ''} in {where / error.file}", file=sys.stderr)
        return 2
    if lost := homeless(service, account, region):
        print(lost, file=sys.stderr)
        return 2
    prefer_own_node()
    from pipeline.synth import synthesize  # starts node

    try:
        synthesize(service, os.environ)
    except AssetError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def prefer_own_node() -> None:
    """The virtual environment brings a node of a known version; another one on PATH may be too old for the CDK."""
    own = Path(sys.executable).parent
    if (own / "node").exists():
        os.environ["PATH"] = f"{own}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
