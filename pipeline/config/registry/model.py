"""The keys below `registry:`."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Discriminator, Field, StrictBool, StrictInt, Tag

from pipeline.config.base import Model
from pipeline.config.kinds import KMS_KEY, WHOLE_SECRET, shaped

KEY_REMEDY = "write the key's ARN: arn:aws:kms:REGION:ACCOUNT:key/ID"
KeyArn = Annotated[str, shaped(KMS_KEY, KEY_REMEDY)]
SecretName = Annotated[str, shaped(WHOLE_SECRET, "write the name or the whole ARN of a Secrets Manager secret", 600)]


def _as_word(value: Any) -> Any:
    """`true`, which other upstreams take, is told with what to write instead."""
    return str(value).lower() if isinstance(value, bool) else value


UpstreamSecret = Annotated[
    str,
    BeforeValidator(_as_word),
    shaped(
        r"^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:ecr-pullthroughcache/[A-Za-z0-9/_+=.@-]+$",
        "write the ARN of a secret whose name begins with ecr-pullthroughcache/, which ECR asks for",
        612,
    ),
]
HOST = r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+(:[0-9]{1,5})?$"
PROJECT = r"^[a-z0-9]+([._-][a-z0-9]+)*$"  # Harbor's own rule


class Cache(Model):
    """Pull-through caches of ECR: a Dockerfile takes its base images from this account's ECR, which fetches each once
    and looks for a newer one once a day. Each upstream is a rule of the whole registry with a prefix of this service's
    own, `SERVICE.hub/` for Docker Hub, and a build argument that each Dockerfile gets which declares it:
    `ARG CACHE_HUB=docker.io`, then `FROM ${CACHE_HUB}/library/python:3.13`. Builds of pull requests may not fill a
    cache: there the argument has the Dockerfile's own value. The cached repositories are made by ECR with its own
    defaults, and stay when the rule goes."""

    docker_hub: UpstreamSecret | None = None
    """The ARN of the secret that ECR asks Docker Hub with, `{"username", "accessToken"}`: argument `CACHE_HUB`."""
    github: UpstreamSecret | None = None
    """The same for ghcr.io: argument `CACHE_GITHUB`."""
    gitlab: UpstreamSecret | None = None
    """The same for registry.gitlab.com: argument `CACHE_GITLAB`."""
    public: StrictBool = False
    """public.ecr.aws, which asks for no secret: argument `CACHE_PUBLIC`."""
    quay: StrictBool = False
    """quay.io, likewise: argument `CACHE_QUAY`."""
    k8s: StrictBool = False
    """registry.k8s.io, likewise: argument `CACHE_K8S`."""


class Destination(Model):
    """Where images are copied to."""

    region: Annotated[str, shaped(r"^[a-z]{2,3}(-[a-z]+)+-[0-9]$", "write a region, as in eu-west-1", 25)]
    """The region."""
    account: Annotated[str, shaped(r"^[0-9]{12}$", "write the account's twelve digits in quotes")] | None = None
    """The account; this one when it is left out. Another one's registry has to allow it by its own policy."""


class Replicate(Model):
    """Copies of this service's repositories in other regions and accounts, of all that is pushed from then on. ECR
    makes the repositories there, with its own defaults or those of a repository creation template of yours: neither
    `keep` nor `key` reaches them."""

    to: Annotated[tuple[Destination, ...], Field(min_length=1, max_length=25)]
    """The regions and accounts."""
    whole_registry: StrictBool = False
    """Has to be true. AWS keeps one replication configuration per account and region, with the rules of everybody: this
    service's stack writes all of it, replaces what is there, and takes it away when the key goes. Where several
    services are copied, leave this out, and keep the configuration where the account is kept."""


class Harbor(Model):
    """Images in a Harbor instead of ECR, as HOST/PROJECT/IMAGE. Its certificate has to come from a public authority,
    and the builds and the deployers have to reach it. Robot accounts are read from Secrets Manager, each as the JSON
    that Harbor itself gives for one: `{"name": "robot$…", "secret": "…"}`; their passwords are in no template,
    variable, argument or log. With `scan`, the project has to scan images when they are pushed. How long images stay,
    who else may pull them and whether tags may move are the project's own settings: releases go by digest."""

    host: Annotated[str, shaped(HOST, "write the host alone, as in harbor.acme.io: no https://, no path", 253)]
    """Its host, with `:PORT` where that is not 443."""
    project: Annotated[
        str, shaped(PROJECT, "use lower-case letters and digits, with single `.`, `_` or `-` between them", 255)
    ]
    """The project, which is there already."""
    robot: SecretName
    """The name or ARN of the secret with the robot that pushes: the build's role alone may read it. It needs the rights
    to push and pull repositories and to read artifacts."""
    pull: SecretName
    """The secret with the robot that pulls. Deployers may read it: they ask Harbor for digests and scans (it needs the
    rights to pull repositories, to read artifacts and their additions), and put it into the namespace as the Secret
    `SERVICE-registry`, which pods name: `imagePullSecrets: [{name: SERVICE-registry}]`. A new password gets there with
    the next release."""
    key: KeyArn | None = None
    """The ARN of the KMS key that encrypts both secrets; not needed for AWS's own key."""


def _arn_or_made(value: Any) -> str:
    return "<yes-or-no>" if isinstance(value, bool) else "<arn>"


KeyOrMade = Annotated[
    Annotated[KeyArn, Tag("<arn>")] | Annotated[StrictBool, Tag("<yes-or-no>")], Discriminator(_arn_or_made)
]


class Registry(Model):
    """Where the images are kept, and for how long. By default in ECR, a repository per image: tags never move, nobody
    but this account pulls, AWS's own key encrypts, and the newest thousand pushes stay."""

    keep: Annotated[StrictInt, Field(ge=5, le=10_000)] | None = None
    """How many of the newest images of each name stay. Beside them stays whatever an environment runs, is getting, or
    ran before: its deployer marks those by the tags `in-ENVIRONMENT`, `.next` and `.before`, the only ones that move,
    and a rule in front of all others holds them. So deployers may then write tags. Deployments from a desk mark
    nothing. A release that waits long for an approval may lose its image to newer pushes, and is then refused."""
    key: KeyOrMade | None = None
    """What encrypts the repositories: the ARN of a KMS key of this region, or true for one that is made here, and stays
    when the stack goes. ECR cannot change it later: CloudFormation would have to make the repositories anew, which
    their names forbid, and `shipline plan` says so beforehand. Decide before the first deployment."""
    cache: Cache | None = None
    """Base images through this account's ECR; none when it is left out."""
    replicate: Replicate | None = None
    """Copies elsewhere; none when it is left out."""
    harbor: Harbor | None = None
    """A Harbor instead of ECR; none of the other keys goes with it."""
