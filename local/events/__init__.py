"""EventBridge on this machine: moto keeps the rules, we match them and start their targets.

service event or PutEvents → rules of the bus that are enabled → pattern → target's input → target, under the
rule's role. A delivery that is refused is told in the machine's log, and starts nothing.
"""

from local.context import Context, Part
from local.events.bus import Bus, create
from local.events.secrets import announce

__all__ = ["Bus", "create", "install"]


def install(context: Context) -> Part:
    if not isinstance(context.events, Bus):
        raise TypeError("the context's events are not this room's")
    context.events.attach()
    announce(context.events, context.home)
    return context.events
