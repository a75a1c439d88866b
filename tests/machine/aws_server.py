"""The machine without its node: `python -m tests.machine.aws_server` serves AWS from SHIPLINE_HOME until SIGTERM."""

import signal
import threading

from local import aws, codebuild, codepipeline, events, functions, git, identity
from local.context import Context
from local.settings import Home

PARTS = (aws, identity, functions, events, git, codebuild, codepipeline)


def main() -> None:
    home = Home.open()
    for folder in (home.run, home.logs, home.aws, home.git, home.work):
        folder.mkdir(parents=True, exist_ok=True)
    server, who = aws.create_server(home), identity.create(home)
    context = Context(home, who, events.create(home, who), server)
    parts = [part.install(context) for part in PARTS]
    server.start(who.middleware)
    for part in parts:
        part.start()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    print("ready", flush=True)
    stop.wait()
    for part in reversed(parts):
        part.stop()
    server.stop()


if __name__ == "__main__":
    main()
