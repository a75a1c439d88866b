"""Arguments and a session -> what is delivered: sources, and the images that they are to run."""

import argparse
import sys
from pathlib import Path

from cli.engine.carry import Delivery
from cli.engine.images import Content, of_file, of_history
from cli.engine.origin import Commit
from cli.engine.place import Place, find_place
from cli.engine.session import Session
from cli.engine.sources import Bundle, of_definition, of_options
from cli.errors import CommandError
from deployer.ledger import MOST_ENTRIES, Ledger
from deployer.ledger.cluster import ORIGIN, ClusterLedger
from deployer.values import replace


def bundle_of(arguments: argparse.Namespace, place: Place) -> Bundle:
    """CommandError (2) for a path that is not there, or when nothing is named."""
    named = arguments.filename or arguments.kustomize or arguments.chart or arguments.values
    if place.definition is not None and not named:
        return of_definition(place)
    return of_options(place.service, arguments.filename, arguments.kustomize, arguments.chart, arguments.values)


def delivery_of(arguments: argparse.Namespace, session: Session, bundle: Bundle, commit: Commit) -> Delivery:
    """The images are chosen now: what runs somewhere may be another one in a moment."""
    content = _content(arguments, session).having(arguments.image)
    service = session.place.service

    def document() -> bytes:
        words = content.words if any(content.words.values()) else commit.words()
        return replace(content, words=words).document(service)

    return Delivery(bundle, content.repositories, document, verify_all=arguments.verify_all)


def commit_of(arguments: argparse.Namespace) -> Commit:
    """Asked at once, so that git works beside the first requests."""
    named = [*arguments.filename, *arguments.kustomize, *([arguments.chart] if arguments.chart else [])]
    first = next((Path(path) for path in named if path != "-" and Path(path).exists()), arguments.folder or Path())
    return Commit.ask(first if first.is_dir() else first.parent)


def _content(arguments: argparse.Namespace, session: Session) -> Content:
    place = session.place
    if arguments.release and arguments.source:
        raise CommandError("--release and --from both say which images", "leave one of them out")
    if arguments.release:
        return of_file(arguments.release)
    if arguments.source:
        return _promoted(arguments, session)
    given = {text.partition("=")[0] for text in arguments.image}
    if set(place.images) <= given:
        return Content({}, {})
    running = of_history(session.ledger.history(MOST_ENTRIES), place.label)
    return Content(running.images, {})  # the images that run, by the manifests of this commit


def _promoted(arguments: argparse.Namespace, session: Session) -> Content:
    """What runs in another environment of the same service, as the ledger there tells it."""
    source: str = arguments.source
    if session.place.definition is None:
        raise CommandError("--from needs a pipeline.yaml, which says where the other environment is")
    other = find_place(argparse.Namespace(**{**vars(arguments), "env": source, "namespace": None}))
    ledger: Ledger
    if session.ledger.origin == ORIGIN:
        ledger = ClusterLedger(session.kube, other.service, other.namespace)
    else:
        from deployer.ledger.dynamodb import DynamoLedger

        assert isinstance(session.ledger, DynamoLedger)
        ledger = replace(session.ledger, environment=other.environment, target=other.target)
    return of_history(ledger.history(MOST_ENTRIES), source)


def interactive(arguments: argparse.Namespace, can_ask: bool) -> bool:
    """Whether somebody is there to be shown the plan first."""
    return can_ask and sys.stdout.isatty() and not arguments.yes and arguments.output == "text"
