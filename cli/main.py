"""`shipline`: arguments → verb → exit code.

Every verb is one module of `cli.verbs`: SUMMARY, `configure(parser)`, `run(arguments, world) -> exit code`.
This is the one place that turns surprises into exit code 3; what a verb expects to go wrong is a CommandError.
"""

import argparse
import gc
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress

from cli.console import standard_console
from cli.errors import BUG, CANNOT_RUN, INTERRUPTED, CommandError
from cli.verbs import GROUPS, VERBS, load
from cli.world import World

DESCRIPTION = "From git push to a verified release on EKS; and the same pipeline on this machine."


RARELY = 50_000  # objects between two looks for garbage in cycles, of which a command makes little


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code; without `argv` this is a process of its own, and ends."""
    if argv is not None:
        return run(list(argv))
    gc.set_threshold(RARELY)
    code = run(sys.argv[1:])
    with suppress(OSError):  # what could not be written has been told
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)  # what is left is memory, and taking it apart piece by piece takes 12 ms


def run(words: list[str]) -> int:
    arguments = create_parser(words[0] if words and words[0] in VERBS else None).parse_args(words)
    world = World(os.environ, standard_console())
    signal.signal(signal.SIGTERM, interrupt)  # ends what a command started, as Ctrl-C does
    try:
        code = load(arguments.verb).run(arguments, world)
        sys.stdout.flush()
        return code
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


def create_parser(only: str | None = None) -> argparse.ArgumentParser:
    """The parser of all verbs, or of the one that is meant already: the others are not even imported."""
    parser = argparse.ArgumentParser(
        prog="shipline",
        description=DESCRIPTION,
        epilog=None if only else groups_text(),
        formatter_class=argparse.RawTextHelpFormatter,
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB", help="one of those below")
    for name in [only] if only else VERBS:
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
    import traceback  # for surprises only

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
