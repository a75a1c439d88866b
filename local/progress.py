"""What the machine says while it comes up and goes down: lines of its log, which is its standard output."""

import sys
import time


def say(line: str) -> None:
    """`cli.starting` shows such lines to the user while it waits."""
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {line}\n")
    sys.stdout.flush()
