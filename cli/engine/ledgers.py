"""Which ledger counts in a place: the table of the pipeline that delivers there, or else one in the cluster.

The inventory knows which one has counted; where nothing was released yet, a pipeline of that name decides.
"""

from typing import Any

from cli.engine.place import Place
from cli.errors import CommandError
from cli.world import CHOSEN_BY, World
from deployer.inventory import Journal
from deployer.ledger import Ledger
from deployer.ledger.cluster import ORIGIN, ClusterLedger


def ledger_of(world: World, here: ClusterLedger, place: Place, journal: Journal) -> Ledger:
    """`here`, or the table; CommandError (2) when that counts and cannot be reached: another would contradict it."""
    if journal.ledger == ORIGIN:
        return here
    if journal.ledger or journal.number:  # before the inventory noted it, only pipelines released
        return _table(world, place, journal.ledger)
    if place.definition is not None and _aws_is_meant(world) and table_exists(world.client("dynamodb"), place.service):
        return _table(world, place, "")
    return here


def table_at(world: World, place: Place) -> Ledger:
    """The table of a place that is one of several targets, or all of them: a pipeline releases there, and its ledger is
    read without any of the clusters."""
    return _table(world, place, "")


def table_of(service: str) -> str:
    return f"{service}-releases"


def table_exists(client: Any, service: str) -> bool:
    try:
        client.describe_table(TableName=table_of(service))
    except client.exceptions.ResourceNotFoundException:
        return False
    return True


def _table(world: World, place: Place, origin: str) -> Ledger:
    """The table that has counted here: `origin` names it, when the inventory does."""
    from botocore.exceptions import BotoCoreError, ClientError

    named = origin or f"dynamodb/{table_of(place.service)}"
    reached = ""
    try:
        client = world.client("dynamodb")
        reached = f"dynamodb/{client.meta.region_name}/{table_of(place.service)}"
        from deployer.ledger.dynamodb import DynamoLedger

        if origin in ("", reached) and table_exists(client, place.service):
            return DynamoLedger(client, table_of(place.service), place.service, place.environment, target=place.target)
    except (BotoCoreError, ClientError) as error:
        raise _unreachable(place, named, str(error)) from error
    raise _unreachable(place, named, f"these credentials reach {reached or 'another account'}")


def _unreachable(place: Place, named: str, why: str) -> CommandError:
    return CommandError(
        f"the releases of {place.told} are numbered by the table {named}, which cannot be reached: {why}",
        "give AWS credentials for it: AWS_PROFILE and AWS_REGION; for this machine: "
        'shipline up, then eval "$(shipline env)"',
    )


def _aws_is_meant(world: World) -> bool:
    """Whether AWS was chosen, or this machine's runs: else nobody waits for an account that does not answer."""
    from cli.machine import PID_FILE
    from local.settings import home_root

    return any(world.environ.get(name) for name in CHOSEN_BY) or (home_root(world.environ) / PID_FILE).exists()
