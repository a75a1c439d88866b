"""The keys that say who hears of releases, and what is seen of them."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, StrictBool

from pipeline.config.base import Model
from pipeline.config.kinds import Within, shaped

UUID = r"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"
UUID_REMEDY = "write the id that Amazon Q Developer's console shows: 01234567-89ab-cdef-0123-456789abcdef"
Happening = Literal["failed", "approval", "released", "rolled_back"]
HAPPENINGS: tuple[Happening, ...] = ("failed", "approval", "released", "rolled_back")
Mail = Annotated[
    str,
    shaped(
        r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}$",
        "write a mail address: ops@acme.example",
        254,
    ),
]


class Slack(Model):
    """A Slack channel, by AWS::Chatbot::SlackChannelConfiguration. Somebody has to let Amazon Q Developer into the
    workspace first, in its console. AWS allows a channel one configuration per account: a second service that speaks
    in the same channel sends to a `topic` that the first configuration listens to."""

    workspace: Annotated[str, shaped(r"^T[A-Z0-9]{6,254}$", "write the workspace's id, which begins with T: T0123ABCD")]
    """The workspace's id."""
    channel: Annotated[
        str, shaped(r"^[CG][A-Z0-9]{6,254}$", "write the channel's id, the end of its link: C0123ABCD, no name")
    ]
    """The channel's id."""


class Teams(Model):
    """A channel of Microsoft Teams, by AWS::Chatbot::MicrosoftTeamsChannelConfiguration. Somebody has to let Amazon Q
    Developer into the team first, in its console."""

    tenant: Annotated[str, shaped(UUID, UUID_REMEDY)]
    """The tenant's id."""
    team: Annotated[str, shaped(UUID, UUID_REMEDY)]
    """The team's id."""
    channel: Annotated[
        str,
        shaped(
            r"^19%3[aA][A-Za-z0-9_-]{1,200}%40thread\.(tacv2|skype)$",
            "write the channel's id as its link has it, URL-encoded: 19%3a…%40thread.tacv2",
        ),
    ]
    """The channel's thread id, URL-encoded."""


class Notify(Model):
    """Who is told what. EventBridge hears of this very pipeline, and publishes to SNS topics that are encrypted and
    that nobody else may publish to; each topic has its mail addresses or its channels."""

    mail: Annotated[tuple[Mail, ...], Field(max_length=50)] = ()
    """Addresses. SNS asks each for a confirmation before it sends anything else there."""
    slack: Slack | None = None
    """A Slack channel."""
    teams: Teams | None = None
    """A channel of Microsoft Teams."""
    topic: (
        Annotated[
            str,
            shaped(
                r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$",
                "write the ARN of a standard topic: arn:aws:sns:REGION:ACCOUNT:NAME",
            ),
        ]
        | None
    ) = None
    """A topic of yours, in this account and region, which gets what channels get: JSON in Amazon Q Developer's form of
    a custom notification. Its policy, and its key's, have to let `events.amazonaws.com` publish, and
    `cloudwatch.amazonaws.com` where there are alarms."""
    on: Annotated[tuple[Happening, ...], Field(min_length=1)] = HAPPENINGS
    """What is told. `failed`: an action failed; mails add its words. `approval`: a release waits for a person.
    `released`: one has passed all stages. `rolled_back`: CodePipeline takes a stage back to the release before."""


class Observe(Model):
    """What CloudWatch shows: a dashboard, the metrics that the deployers tell (namespace Shipline), and alarms."""

    alarms: StrictBool | None = None
    """Tell those of `notify` when the pipeline failed, when a deployer's function itself failed, and when an execution
    took longer than `longest`; true where there is a `notify`."""
    longest: Annotated[timedelta, Within("10m", "60d", by="Shipline")] = timedelta(days=1)
    """How long an execution may take, the time that it waits for people included; CloudWatch hears of it at its end."""
