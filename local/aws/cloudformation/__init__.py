"""CloudFormation: the account's stacks, brought about on this machine.

request → template (parsed, refused) → scope (expressions, by moto's parser) → execution (in dependency order) →
a provider per type → events, outputs. moto's own stack engine is not used: its change sets are found by name across
stacks, it never rolls back, drops resources it does not know, and does not see that a dependent changed.
"""

from moto.cloudformation import urls
from moto.cloudformation.parsing import get_model_map

from local.aws.clients import Aws
from local.aws.cloudformation.operations import Operations
from local.aws.cloudformation.registry import Registry
from local.aws.cloudformation.response import Response
from local.aws.cloudformation.store import Stacks
from local.aws.cloudformation.types.custom import PREFIX, Answers
from local.aws.server import AwsServer
from local.context import Context


def install(context: Context, server: AwsServer) -> Operations:
    """Routes CloudFormation to ours, and keeps its stacks with the machine's other state."""
    get_model_map()
    answers, aws = Answers(context.failed_runs), Aws(context)
    operations = Operations(Stacks(aws.account, aws.region), Registry(aws, answers), server.snapshot.touch)
    server.snapshot.keep("stacks", lambda: operations.stacks, lambda stacks: setattr(operations, "stacks", stacks))
    server.mount(PREFIX, answers)
    Response.operations = operations
    urls.url_paths = {"{0}/$": Response.dispatch}
    return operations


__all__ = ["Operations", "install"]
