"""What is wrong with targets: of one environment, of all of them together, and of where the pipeline is."""

import re
from collections.abc import Iterator

from pipeline.config.cluster.plan import ClusterPlan
from pipeline.config.kinds import SLUG
from pipeline.config.problems import Finding, Path, repeated
from pipeline.config.service import Service, Target
from pipeline.config.targets.plan import Place
from pipeline.config.targets.regions import partition

ACTIONS = 50  # CodePipeline: of a stage
ROOM = 60  # characters of an approval that each target's plan needs at least
CUSTOM_DATA = 1_000  # CodePipeline: characters of an approval's text
LONGEST_NAME = 64  # Lambda's and IAM's
ROLE = "SHIPLINE_ROLE"  # the variable that tells a buildspec which role to take


def findings(service: Service, *, written: bool) -> Iterator[Finding]:
    """`written`: the definition says which cluster."""
    for index, environment in enumerate(service.environments):
        where: Path = ("environments", index, "targets")
        if environment.targets:
            yield from _applied(environment, where)
            yield from _alone(environment, where)
            yield from _verified(service, environment, index)
            yield from _own(service, environment, where)
    yield from _same(service)
    yield from _names(service)
    if written and not service.here:
        remedy = "leave `cluster:` out, or release an environment there"
        yield Finding(("cluster",), f"no environment is released to the cluster {service.cluster.name}", remedy)


def elsewhere(service: Service, region: str | None) -> Iterator[Finding]:
    """What only the pipeline's own region tells."""
    for index, environment in enumerate(service.environments):
        for number, place in enumerate(environment.targets):
            if region and place.region and partition(place.region) != partition(region):
                wrong = f"{place.region} is in the partition {partition(place.region)}, and the pipeline in {region}"
                remedy = "give that partition a pipeline of its own: no role is taken across partitions"
                yield Finding(("environments", index, "targets", number, "region"), wrong, remedy)


def homeless(service: Service, account: str | None, region: str | None) -> str:
    """Why the stacks cannot be made; "" when they can. A role elsewhere trusts one role of an account that is known."""
    there = [part for part in service.parts if part.at and part.at.elsewhere]
    if not there or (account and region):
        return ""
    return (
        f"{there[0].label} is in another account or region, and the pipeline's own are not known; "
        "log in to the pipeline's account, or set CDK_DEFAULT_ACCOUNT and CDK_DEFAULT_REGION"
    )


def _applied(environment: Target, where: Path) -> Iterator[Finding]:
    if environment.gitops:
        wrong = f"{environment.name} is delivered by `gitops`, whose reconciler knows its clusters"
        yield Finding(where, wrong, "leave it out, or name other environments under `gitops: environments:`")


def _alone(environment: Target, where: Path) -> Iterator[Finding]:
    places = environment.targets
    names: list[tuple[Path, str]] = [((*where, i), place.name) for i, place in enumerate(places)]
    yield from repeated(names, "targets of an environment need different names: write `name:`")
    for number, place in enumerate(places):
        if not re.match(SLUG, place.name):
            remedy = "write `name:` with lower-case letters, digits and single hyphens"
            yield Finding((*where, number, "cluster"), f"`{place.name}` cannot name a target", remedy)
    yield from _waves(places, where)
    kinds = 1 + bool(environment.verify) + bool(environment.soak)
    actions = kinds * len(places)
    if max(actions, len(places) + 1) > ACTIONS:
        wrong = f"its stage would have {actions} actions; CodePipeline takes {ACTIONS}"
        yield Finding(where, wrong, "make two environments of it, or leave `verify` or `soak` out")
    if environment.approval and (room := approval_room(environment)) < ROOM:
        wrong = f"an approval has room for {max(room, 0)} characters of each target's plan, which is too little"
        yield Finding(where, wrong, "shorten the approval's message, or make two environments of it")


def approval_room(environment: Target) -> int:
    """Characters of each target's plan that fit into the approval of all of them."""
    if environment.approval is None:
        return 0
    bare = sum(len(part.at.name) + 3 for part in environment.parts if part.at)
    left = CUSTOM_DATA - len(environment.approval.message) - len(BELOW) - 4 - bare
    # CodePipeline counts the text with its variables, too.
    written = sum(len(f"#{{{part.key}_plan.summary}}") for part in environment.parts)
    return left // len(environment.targets) if written <= left else 0


BELOW = "All of it: the output artifact of each action Plan-TARGET."


def _waves(places: tuple[Place, ...], where: Path) -> Iterator[Finding]:
    there = {place.wave for place in places}
    for number, place in enumerate(places):
        missing = next((wave for wave in range(1, place.wave) if wave not in there), None)
        if missing:
            wrong = f"wave {place.wave} would wait for wave {missing}, which has no target"
            yield Finding((*where, number, "wave"), wrong, "count the waves from 1, without a gap")
            return


def _verified(service: Service, environment: Target, index: int) -> Iterator[Finding]:
    """A buildspec of the service's own has to take the role that reaches the target."""
    if environment.verify is None or not any(place.elsewhere for place in environment.targets):
        return
    file = service.folder / environment.verify
    if file.is_file() and ROLE not in file.read_text(errors="replace"):
        wrong = (
            f"{environment.verify} does not take the role ({ROLE}) that reaches targets in another account or region"
        )
        yield Finding(("environments", index, "verify"), wrong, "see docs/targets.md, or write `verify: false`")


def _own(service: Service, environment: Target, where: Path) -> Iterator[Finding]:
    """The cluster that is made here is in this account and region, and takes an environment once."""
    if not isinstance(service.cluster, ClusterPlan):
        return
    own = [i for i, place in enumerate(environment.targets) if place.cluster == service.cluster.name]
    for number in own:
        if environment.targets[number].elsewhere and service.here:
            wrong = f"the cluster {service.cluster.name} is made here, in the pipeline's own account and region"
            yield Finding(
                (*where, number, "cluster"), wrong, "leave `account` and `region` out, or name another cluster"
            )
    for number in own[1:]:
        remedy = "leave it out: people's rights are by environment"
        yield Finding((*where, number), f"{service.cluster.name} is a target of the environment already", remedy)


def _same(service: Service) -> Iterator[Finding]:
    """Two releases of one service in one namespace would prune each other's objects."""
    seen: dict[tuple[str | None, ...], bool] = {}  # whether a target is there
    for index, environment in enumerate(service.environments):
        for number, part in enumerate(environment.parts):
            place = part.at
            key = (place.cluster, place.region, place.account) if place else (service.cluster.name, None, None)
            if (*key, part.namespace) in seen and (place or seen[*key, part.namespace]):
                where: Path = ("environments", index, *(("targets", number) if place else ()))
                wrong = f"the namespace {part.namespace} of the cluster {key[0]} is released to already"
                yield Finding(where, wrong, "write another `namespace:`, or leave one of the two out")
            seen.setdefault((*key, part.namespace), place is not None)


def _names(service: Service) -> Iterator[Finding]:
    """Functions and roles are named by service, environment and target."""
    seen: dict[str, str] = {}
    for index, environment in enumerate(service.environments):
        for number, part in enumerate(environment.parts):
            where: Path = ("environments", index, *(("targets", number) if part.at else ()))
            other = seen.setdefault(part.key, part.label)
            if other != part.label:
                wrong = (
                    f"`{part.label}` and `{other}` would have functions of one name, {service.name}-deploy-{part.key}"
                )
                yield Finding(where, wrong, "write another `name:`")
            longest = f"{service.name}-namespaces-{part.key}"
            if part.at and len(longest) > LONGEST_NAME:
                wrong = f"the function {longest} has {len(longest)} characters; Lambda takes {LONGEST_NAME}"
                yield Finding(where, wrong, "write a shorter `name:`", (("name",),))
