"""One look at a set that was healthy: what is wrong with it by now."""

import functools

from deployer.desired import Desired
from deployer.opening import learn_all
from deployer.world import World


def trouble_of(world: World, desired: Desired, *, last: bool, speaking: Desired | None = None) -> str:
    """What is wrong for good, or at the last look at all; "" while there is hope. `speaking`: the set whose secrets
    its pods may tell, where it is not the same one."""
    from deployer.wait.rollout import Rollout

    learn = functools.cache(lambda: learn_all(world, speaking or desired))
    with Rollout(world.cluster, world.inventory.id, world.redactor, learn=learn) as rollout:
        rollout.begin(desired, {})
        verdict = rollout.next(0.0)
        if verdict.doomed:
            return verdict.doomed
        return (rollout.trouble() or verdict.summary) if last and not verdict.healthy else ""
