"""Which step is asked for, and how each ends: 0 done, 1 it failed and said why, 2 there is no such step."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

from . import build, login, plan, preview, release, requirements, settings, test
from .fatal import Fatal
from .settings import Settings

STEPS: dict[str, Callable[[Settings], None]] = {
    "requirements": requirements.run,
    "plan": plan.run,
    "login": login.run,
    "test": test.run,
    "build": build.run,
    "release": release.run,
    "own": preview.own,
    "preview": preview.run,
    "closed": preview.closed,
}


def main(argv: list[str], environ: Mapping[str, str]) -> int:
    if len(argv) != 1 or argv[0] not in STEPS:
        usage = "\n".join(f"  {name:<14}{(step.__doc__ or '').splitlines()[0]}" for name, step in STEPS.items())
        wanted = argv == ["--help"]
        print(f"usage: python3 tools.zip STEP\n{usage}", file=sys.stdout if wanted else sys.stderr)
        return 0 if wanted else 2
    try:
        STEPS[argv[0]](settings.read(environ))
    except Fatal as error:
        sys.stdout.flush()
        print(f"\nshipline {argv[0]}: {error}", file=sys.stderr)
        return 1
    return 0
