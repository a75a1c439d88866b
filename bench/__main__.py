"""`python -m bench`: every figure, on a machine of its own that is gone afterwards."""

import argparse
import sys

from bench import deployer, lines, machine, release
from bench.figures import Figure, show


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="how many releases are measured (3)")
    arguments = parser.parse_args()
    with machine.own_machine() as (environ, figures):
        releases = release.measure(environ, arguments.runs)
    print()
    release.show_actions(releases)
    memory = Figure("memory of the whole machine, after the releases", f"{releases[-1].memory / 1e6:.0f} MB")
    show("Figures", [*release.figures(releases), *figures, memory, *deployer.figures()])
    show("Lines of code", lines.figures())
    return 0


if __name__ == "__main__":
    sys.exit(main())
