"""The keys of `rollout`."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field, StrictInt, Tag

from pipeline.config.base import Model
from pipeline.config.kinds import Alarms, OneOf, Within, shaped

ROUTE = r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$"
SERVICE = r"^[a-z]([a-z0-9-]*[a-z0-9])?$"
LONGEST = 63 - len("-canary")  # what stands beside it is a Service, too
RouteName = Annotated[str, shaped(ROUTE, "write the HTTPRoute's name, in lower-case letters, digits and `-`", 253)]
ServiceName = Annotated[
    str, shaped(SERVICE, "write the Service's name, in lower-case letters, digits and `-`, up to 56 of them", LONGEST)
]
Pause = Annotated[timedelta, Within("10s", "6h", by="Shipline")]


class CanarySteps(Model):
    """More and more of the traffic. It is judged beside the version that runs; then the release itself is applied."""

    route: RouteName
    """The HTTPRoute of the Gateway API whose weights are moved: one of the release's manifests, with a rule that points
    to the Service."""
    service: ServiceName
    """The Service whose traffic it is about, one of the release's manifests, too. It chooses the pods of one
    Deployment, of which a second one is made, `NAME-canary`, with a Service of its own."""
    steps: Annotated[
        tuple[Annotated[StrictInt, Field(ge=1, le=99)], ...],
        Field(min_length=1, max_length=20),
    ] = (10, 50)
    """Percent of the traffic, one step after the other."""
    pause: Pause = timedelta(minutes=5)
    """How long each step is held while the new pods and the alarms are watched."""
    alarms: Alarms = ()
    """CloudWatch's metric alarms, in this account and region, that have to stay quiet meanwhile. When one rings, or the
    new pods do not stay healthy, the traffic goes back and the release fails. One that rang before the release began is
    not held against it."""


class BlueGreen(Model):
    """All of the traffic at once, to a new set as large as the old one, which stays until the new one has stood."""

    route: RouteName
    """The HTTPRoute whose weights are moved, as for a canary."""
    service: ServiceName
    """The Service whose traffic it is about, as for a canary; what is made beside it is called `NAME-green`."""
    soak: Pause = timedelta(minutes=10)
    """How long the new set has all the traffic, and is watched, before the release itself is applied."""
    alarms: Alarms = ()
    """The alarms that have to stay quiet meanwhile, as for a canary."""


class CanaryRollout(Model):
    """By a canary."""

    canary: CanarySteps
    """A new version gets more and more of the traffic."""


class BlueGreenRollout(Model):
    """By blue and green."""

    blue_green: BlueGreen
    """A new version gets all of the traffic at once, and the old one waits beside it."""


Rollout = Annotated[
    Annotated[CanaryRollout, Tag("<canary>")] | Annotated[BlueGreenRollout, Tag("<blue_green>")],
    OneOf(("canary", "blue_green")),
]
