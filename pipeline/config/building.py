"""What may be written of images, their build and its tests."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import (
    BeforeValidator,
    Field,
    StrictBool,
    StringConstraints,
)

from pipeline.config.base import Model
from pipeline.config.builders.model import DockerServer, Step, no_lambda
from pipeline.config.kinds import (
    EC2_ID,
    KMS_KEY,
    SECRET,
    Percent,
    RelativePath,
    Short,
    Within,
    shaped,
)
from pipeline.config.platforms import DEFAULT, Platforms


class BuildSecret(Model):
    """A value that `RUN --mount=type=secret,id=NAME` sees while an image is built, and nothing else does: it is in no
    variable, argument, log, template or layer. The build's role may read exactly what is named here, so whoever may
    change what the build runs may read it, too."""

    reference: Annotated[
        str,
        shaped(
            SECRET,
            "write a Secrets Manager secret's name or whole ARN, with `:KEY` for one key of its JSON, "
            "or ssm:/NAME for a parameter",
            600,
        ),
    ]
    """Where it is kept, in this account unless an ARN says otherwise: the name or the whole ARN of a Secrets Manager
    secret, with `:KEY` behind it for one key of a JSON object, or `ssm:/NAME` for a parameter. It has to be there
    when the build runs. A new value makes no new image."""
    key: Annotated[str, shaped(KMS_KEY, "write the key's ARN: arn:aws:kms:REGION:ACCOUNT:key/ID")] | None = None
    """The ARN of the KMS key that encrypts it; not needed for AWS's own keys."""


class Image(Model):
    """One image, built from a Dockerfile."""

    context: RelativePath
    """The folder that the build may see."""
    dockerfile: RelativePath = "Dockerfile"
    """The Dockerfile, seen from the context."""
    args: dict[
        Annotated[str, shaped(r"^[A-Za-z_]\w*$", "name it as a variable: letters, digits and `_`, no digit first")], str
    ] = {}
    """Build arguments. `{commit}` in a value stands for the id of the commit that is built; then every commit makes an
    image of its own, whether its sources have changed or not."""
    secrets: dict[
        Annotated[
            str, shaped(r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$", "use letters, digits, `.`, `_` and `-`, up to 64 of them")
        ],
        Annotated[BuildSecret, Short("reference", str)],
    ] = {}
    """Secrets of the build, by the id that the Dockerfile mounts them with."""
    platforms: Platforms = DEFAULT
    """The processors that it is for: `amd64`, `arm64` or both. Both make two images under one index, whose digest is
    what is released, and each node takes its own. They are part of what names an image, so another list makes another
    one. Where all images are for `arm64` alone, Arm machines of CodeBuild build them; otherwise x86 machines build all,
    one platform after the other, and emulate arm64 with QEMU, which they fetch from Docker Hub, for each RUN that is
    not in a stage `FROM --platform=$BUILDPLATFORM`: that takes several times as long. A cluster made here needs nodes
    to match; in EKS Auto Mode the default node pool is amd64."""


class Coverage(Model):
    """How much of the code the tests have to run. Less fails the build before anything is pushed, and so does a report
    that is missing, that the tests did not write, or that holds nothing of what is asked for."""

    lines: Percent | None = None
    """Lines, in percent; asked for when it is here."""
    branches: Percent | None = None
    """Branches, in percent; asked for when it is here."""
    report: RelativePath = "coverage.xml"
    """The file that the tests write, in Cobertura's XML. CodeBuild shows it, too, as the report group
    `<service>-build-coverage`. A buildspec of the service's own has to run the step `test` of Shipline's tools, and to
    report `.shipline/coverage/coverage.xml` if CodeBuild is to show it."""


class Test(Model):
    """The tests that run before anything is pushed."""

    command: Annotated[str, StringConstraints(min_length=1, max_length=4000)]
    """A shell command, run in the service's folder."""
    reports: tuple[RelativePath, ...] = ("reports/*.xml",)
    """JUnit XML files that the command writes, by pattern."""
    coverage: Coverage | None = None
    """What the tests have to cover; nothing when it is left out."""


class BuildNetwork(Model):
    """Subnets that builds run in, of a VPC of this account that is there already: for package registries and databases
    that only the VPC reaches. Builds there get no public address, so all that they need, AWS's own APIs included, has
    to be reached through a NAT gateway or VPC endpoints."""

    id: Annotated[str, shaped(EC2_ID.format("vpc"), "write the VPC's id: vpc-0123456789abcdef0")]
    """The VPC's id."""
    subnets: Annotated[
        tuple[
            Annotated[str, shaped(EC2_ID.format("subnet"), "write the id of a subnet: subnet-0123456789abcdef0")], ...
        ],
        Field(min_length=1, max_length=16),
    ]
    """Ids of its private subnets; a build runs in one of them."""
    security_groups: Annotated[
        tuple[
            Annotated[str, shaped(EC2_ID.format("sg"), "write the id of a security group: sg-0123456789abcdef0")], ...
        ],
        Field(min_length=1, max_length=5),
    ]
    """Ids of security groups of the VPC, which say what builds may reach."""


class Build(Model):
    """The CodeBuild project that makes the images."""

    buildspec: RelativePath | None = None
    """The service's own buildspec; `buildspec/build.yaml` when the service has it, else the one that comes along."""
    compute: Annotated[Literal["small", "medium", "large", "xlarge", "2xlarge"], BeforeValidator(no_lambda)] = "medium"
    """CodeBuild's general-purpose sizes: 2, 4, 8, 36 or 72 vCPUs. Its Lambda compute runs no docker, so it builds no
    image."""
    timeout: Annotated[timedelta, Within("5m", "8h", by="CodeBuild in a pipeline")] = timedelta(minutes=30)
    """How long a build may take, in whole minutes."""
    queue_timeout: Annotated[timedelta, Within("5m", "8h", by="CodeBuild")] | None = None
    """How long a build may wait for a machine, in whole minutes; CodeBuild's own eight hours when it is left out. Then
    the release fails instead of waiting on."""
    cache: StrictBool = False
    """Keep the layers of each image's build in ECR, beside the image as the tag `cache-…`, for 30 days after the last
    build that had new ones: then a build runs only what has changed since. The tags `cache-…` may move, all others stay
    immutable. BuildKit does it, in a container that each build fetches from Docker Hub; where it cannot be had, a build
    goes on without. Off unless you ask: a RUN whose words are the same is not run again, so `apt-get upgrade` brings
    nothing new until something before it changes. Pull requests are built without."""
    vpc: BuildNetwork | None = None
    """Where builds run; in no network of yours when it is left out."""
    docker_server: Annotated[DockerServer, Short("size", str)] | None = None
    """Have a docker server of CodeBuild's build the images, by its size: it keeps their layers from build to build, and
    the build itself runs without privileged mode. None when it is left out; pull requests are built without."""
    steps: Annotated[tuple[Step, ...], Field(max_length=20)] = ()
    """What is done in front of the build, one after the other, in the pipeline's stage `Build`; none when it is left
    out. A step that fails ends the release before anything is built or pushed."""
