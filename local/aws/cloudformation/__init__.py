"""CloudFormation: the stacks of each account and region, brought about on this machine.

request → template (parsed, refused) → scope (expressions, by moto's parser) → execution (in dependency order) →
a provider per type → events, outputs. moto's own stack engine is not used: its change sets are found by name across
stacks, it never rolls back, drops resources it does not know, and does not see that a dependent changed.
"""

from moto.cloudformation import urls
from moto.cloudformation.parsing import get_model_map

from local.aws.clients import Aws, Place, home_of
from local.aws.cloudformation.operations import Operations
from local.aws.cloudformation.places import Places
from local.aws.cloudformation.registry import Registry
from local.aws.cloudformation.response import Response
from local.aws.cloudformation.store import Stacks
from local.aws.cloudformation.types.custom import PREFIX, Answers
from local.aws.server import AwsServer
from local.context import Context


def install(context: Context, server: AwsServer) -> Places:
    """Routes CloudFormation to ours, and keeps its stacks with the machine's other state."""
    get_model_map()
    answers = Answers(context.failed_runs)

    def make(place: Place) -> Operations:
        return Operations(Stacks(*place), Registry(Aws(context, place), answers), server.snapshot.touch)

    places = Places(make, home_of(context))
    server.snapshot.keep("stacks", lambda: places.at(places.home).stacks, places.put_home)
    server.snapshot.keep("stacks elsewhere", places.elsewhere, places.put_elsewhere)
    server.mount(PREFIX, answers)
    Response.places = places
    urls.url_paths = {"{0}/$": Response.dispatch}
    return places


__all__ = ["Places", "install"]
