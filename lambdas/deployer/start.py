"""Where Lambda comes in. The cluster is spoken to while all that answering takes is imported."""

import os
from collections.abc import Mapping
from typing import Any

from deployer.reach import reach


def handle(event: Mapping[str, Any], context: Any) -> None:
    """One CodePipeline job: see `handler.handle`."""
    reached = reach(os.environ)
    from deployer import handler  # 90 ms, and boto3 after it

    handler.handle(event, context, reached)
