"""`shipline`: arguments → verb → exit code.

Every verb is one module of `cli.verbs`: SUMMARY, `configure(parser)`, `run(arguments, world) -> exit code`.
This is the one place that turns surprises into exit code 3; what a verb expects to go wrong is a CommandError.
"""

import argparse
import os
import signal
import sys
import traceback
from collections.abc import Sequence

from cli.console import standard_console
from cli.errors import BUG, CANNOT_RUN, INTERRUPTED, CommandError
from cli.verbs import GROUPS, load
from cli.world import World

DESCRIPTION = "From git push to a verified release on EKS; and the same pipeline on this machine."


def main(argv: Sequence[str] | None = None) -> int:
    arguments = create_parser().parse_args(argv)
    world = World(os.environ, standard_console())
    signal.signal(signal.SIGTERM, interrupt)  # ends what a command started, as Ctrl-C does
    try:
        return load(arguments.verb).run(arguments, world)
    except CommandError as error:
        complain(str(error))
        return error.code
    except KeyboardInterrupt:
        complain("interrupted")
        return INTERRUPTED
    except BrokenPipeError:  # `shipline releases | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001 - the command's one entry point
        return surprise(error)


def create_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="shipline", description=DESCRIPTION, epilog=groups_text(), formatter_class=argparse.RawTextHelpFormatter
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB", help="one of those below")
    for names in GROUPS.values():
        for name in names:
            verb = load(name)
            verb.configure(verbs.add_parser(name, description=verb.SUMMARY, formatter_class=parser.formatter_class))
    return parser


def groups_text() -> str:
    lines = []
    for title, names in GROUPS.items():
        lines += ["", f"{title}:", *(f"  {name:<10} {load(name).SUMMARY}" for name in names)]
    return "\n".join([*lines[1:], "", "Exit codes: 0 ok, 1 the release failed, 2 bad input, 3 a bug, 130 interrupted."])


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def surprise(error: Exception) -> int:
    """AWS saying no, or nobody listening, is the user's to mend (2); everything else is ours (3)."""
    module = type(error).__module__
    if module.startswith("botocore"):
        complain(f"AWS: {error}\n  → {aws_remedy(error)}")
        return CANNOT_RUN
    if os.environ.get("SHIPLINE_DEBUG"):
        traceback.print_exception(error)
    where = traceback.extract_tb(error.__traceback__)[-1]
    complain(
        f"a bug in shipline: {type(error).__name__}: {error} ({where.filename}:{where.lineno})\n"
        "  → run it again with SHIPLINE_DEBUG=1 and report what it prints"
    )
    return BUG


def aws_remedy(error: Exception) -> str:
    if type(error).__name__ in ("EndpointConnectionError", "ConnectionClosedError", "ConnectTimeoutError"):
        return "nobody answers there; for this machine: shipline up"
    return "check the account, the region and the credentials that your environment chooses"


def complain(text: str) -> None:
    sys.stderr.write(f"shipline: {text}\n")


if __name__ == "__main__":
    sys.exit(main())
