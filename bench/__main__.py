"""`python -m bench [PART]`: one part, or all of them one after the other.

machine   push to prod on a machine of its own that is gone afterwards, sizes, lines of code
release   the same releases on a machine that runs
synthesis how long a synthesis takes, beside a bare CDK app, and of many services
engine    the release engine beside kubectl, helm and kapp
"""

import argparse
import sys
from collections.abc import Callable, Sequence

from bench import deployer, lines, machine, release, synthesis
from bench.engine import main as engine
from bench.figures import Figure, show


def main(argv: Sequence[str]) -> int:
    if argv and argv[0] in PARTS:
        return PARTS[argv[0]](argv[1:])
    if (argv and not argv[0].startswith("-")) or "--help" in argv:
        print(__doc__)
        return 0 if "--help" in argv else 2
    return max(PARTS[part](argv) for part in WHOLE)


def of_machine(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench machine")
    parser.add_argument("--runs", type=int, default=3, help="how many releases are measured (3)")
    arguments = parser.parse_args(argv)
    with machine.own_machine() as (environ, figures):
        releases = release.measure(environ, arguments.runs)
    print()
    release.show_actions(releases)
    memory = Figure("memory of the whole machine, after the releases", f"{releases[-1].memory / 1e6:.0f} MB")
    show("Figures", [*release.figures(releases), *figures, memory, *deployer.figures()])
    show("Lines of code", lines.figures())
    return 0


PARTS: dict[str, Callable[[Sequence[str]], int]] = {
    "machine": of_machine,
    "release": release.main,
    "synthesis": synthesis.main,
    "engine": engine.main,
}
WHOLE = ("machine", "engine")

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
