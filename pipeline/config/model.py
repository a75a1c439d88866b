"""What may be written in pipeline.yaml. The JSON Schema and docs/pipeline.md are made from these classes."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
    Tag,
)
from pydantic_core import PydanticCustomError

from pipeline.config.kinds import (
    Branch,
    ChartPath,
    Globs,
    Name,
    Namespace,
    OneOf,
    RelativePath,
    ReleaseName,
    Short,
    TemplatePath,
    ValuePath,
    Within,
    shaped,
)
from pipeline.config.window import right_days, right_hours, right_zone


class Model(BaseModel):
    """Frozen, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class CodeCommit(Model):
    """A CodeCommit repository, made by the delivery stack."""

    codecommit: (
        Annotated[str, shaped(r"^[\w.-]{1,100}$", "use letters, digits, `.`, `_` and `-`, up to 100 of them")] | None
    ) = None
    """The repository's name; the service's own when it is left out."""
    branch: Branch = "main"
    """The branch whose pushes are released."""


class Filter(Model):
    """Git's names by pattern: `*` stops at `/`, `**` does not. An exclusion wins over an inclusion."""

    include: Globs | None = None
    """Patterns of which one has to match."""
    exclude: Globs | None = None
    """Patterns of which none may match."""


FilterOrList = Annotated[Filter, Short("include", list)]


class Push(Model):
    """Which pushes start the pipeline."""

    branches: FilterOrList | None = None
    """Branches; the source's `branch` when neither these nor `tags` are given."""
    paths: FilterOrList | None = None
    """Changed files, of pushes to a branch; any when left out."""
    tags: FilterOrList | None = None
    """Tags: a push of one of them starts the pipeline with the commit that it names, whatever has changed."""


class Connected(Model):
    """A repository that is read through a CodeConnections connection."""

    connection: Annotated[
        str,
        shaped(
            r"^arn:aws[a-z-]*:(codeconnections|codestar-connections):[a-z0-9-]+:\d{12}:connection/[0-9a-f-]{36}$",
            "write the connection's ARN: arn:aws:codeconnections:REGION:ACCOUNT:connection/ID",
        ),
    ]
    """The ARN of the connection, from the console's page Settings / Connections."""
    branch: Branch = "main"
    """The branch that a start by hand releases."""
    push: Push | None = None
    """Filters; without them every push to `branch` starts the pipeline."""


class GitHub(Connected):
    """A GitHub repository, read through a CodeConnections connection."""

    github: Annotated[str, shaped(r"^[A-Za-z0-9](-?[A-Za-z0-9])*/[\w.-]{1,100}$", "write it as owner/repository")]
    """`owner/repository`."""


class GitLab(Connected):
    """A GitLab repository, of gitlab.com or of an instance of your own: the connection says which."""

    gitlab: Annotated[
        str,
        shaped(r"^[A-Za-z0-9_][\w.-]*(/[A-Za-z0-9_][\w.-]*){1,20}$", "write it as group/project, with all groups", 255),
    ]
    """`group/project`, with the groups in between."""


class Bitbucket(Connected):
    """A Bitbucket Cloud repository, read through a CodeConnections connection."""

    bitbucket: Annotated[
        str, shaped(r"^[\w-]{1,62}/[a-z0-9_.-]{1,62}$", "write it as workspace/repository, the latter in lower case")
    ]
    """`workspace/repository`."""


Source = Annotated[
    Annotated[CodeCommit, Tag("<codecommit>")]
    | Annotated[GitHub, Tag("<github>")]
    | Annotated[GitLab, Tag("<gitlab>")]
    | Annotated[Bitbucket, Tag("<bitbucket>")],
    OneOf(("codecommit", "github", "gitlab", "bitbucket")),
    Short("codecommit", str, words=("codecommit",)),
]


class Image(Model):
    """One image, built from a Dockerfile."""

    context: RelativePath
    """The folder that the build may see."""
    dockerfile: RelativePath = "Dockerfile"
    """The Dockerfile, seen from the context."""
    args: dict[
        Annotated[str, shaped(r"^[A-Za-z_]\w*$", "name it as a variable: letters, digits and `_`, no digit first")], str
    ] = {}
    """Build arguments."""


class Test(Model):
    """The tests that run before anything is pushed."""

    command: Annotated[str, StringConstraints(min_length=1, max_length=4000)]
    """A shell command, run in the service's folder."""
    reports: tuple[RelativePath, ...] = ("reports/*.xml",)
    """JUnit XML files that the command writes, by pattern."""


class Scan(Model):
    """What the registry's scan of an image has to show before a release touches an environment. ECR scans each image
    when it is pushed. A release that goes back to an earlier one is not asked: what runs there may be worse."""

    block: Literal["critical", "high", "medium", "low"] = "high"
    """The least severity that stops a release."""
    unscanned: Literal["block", "allow"] = "block"
    """What becomes of an image that was not scanned, that the scanner cannot scan, or that has findings which nobody
    has rated. `block`: unscanned is not clean."""
    exceptions: RelativePath | None = None
    """A YAML list of findings that somebody answers for: `id`, `owner`, `reason`, `expires` (the last day), and
    `image` where it is of one alone. It goes with each commit; one that has ended is refused, and stops a release."""
    within: Annotated[timedelta, Within("1m", "1h", by="Shipline")] = timedelta(minutes=10)
    """How long a scan may take, counted from the push of the image; later it counts as not made."""


class Build(Model):
    """The CodeBuild project that makes the images."""

    buildspec: RelativePath | None = None
    """The service's own buildspec; `buildspec/build.yaml` when the service has it, else the one that comes along."""
    compute: Literal["small", "medium", "large"] = "medium"
    """CodeBuild's general-purpose sizes: 2, 4 or 8 vCPUs."""
    timeout: Annotated[timedelta, Within("5m", "8h", by="CodeBuild in a pipeline")] = timedelta(minutes=30)
    """How long a build may take."""


class Kustomize(Model):
    """A kustomization, built by kubectl."""

    kustomize: TemplatePath
    """Its folder, usually `manifests/overlays/{environment}`."""


class Manifests(Model):
    """Plain manifests."""

    manifests: TemplatePath
    """A folder of YAML files, or one file."""


class Chart(Model):
    """A Helm chart."""

    chart: ChartPath
    """Its folder; or a chart in the service's own ECR registry, by digest: `oci://HOST/REPOSITORY:VERSION@sha256:…`."""
    release: ReleaseName | None = None
    """The release's name; the service's when left out, with the chart's name added where there are several."""
    values: tuple[TemplatePath, ...] = ()
    """Values files, seen from the service's folder; a later one wins."""
    images: dict[ValuePath, Name] = {}
    """Where the values name an image when `image`, `repository`, `tag` and `digest` do not tell: `web.ref: web`."""


Delivery = Annotated[
    Annotated[Kustomize, Tag("<kustomize>")]
    | Annotated[Manifests, Tag("<manifests>")]
    | Annotated[Chart, Tag("<chart>")],
    OneOf(("kustomize", "manifests", "chart")),
]


class Approval(Model):
    """A person has to say yes before the environment is touched."""

    message: Annotated[str, StringConstraints(min_length=1, max_length=400)] | None = None
    """What the person is told."""
    expires: Annotated[timedelta, Within("5m", "60d", by="CodePipeline")] = timedelta(days=7)
    """After this time without an answer the release fails."""


def _yes_no_or_how(value: Any) -> str:
    return "<how>" if isinstance(value, dict | Approval) else "<yes-or-no>"


YesNoOrHow = Annotated[
    Annotated[Approval, Tag("<how>")] | Annotated[StrictBool, Tag("<yes-or-no>")], Discriminator(_yes_no_or_how)
]


def _path_or_none(value: Any) -> str:
    return "<none>" if value is False else "<path>"


PathOrNone = Annotated[
    Annotated[RelativePath, Tag("<path>")] | Annotated[Literal[False], Tag("<none>")], Discriminator(_path_or_none)
]


class Window(Model):
    """When releases may enter an environment. Outside of it they wait in front of the stage, and of several only the
    newest goes on. `aws codepipeline override-stage-condition` lets one in that cannot wait."""

    days: Annotated[str, AfterValidator(right_days)] = "Mon-Fri"
    """Days of the week: `Mon-Thu`, `Mon, Wed-Fri`."""
    hours: Annotated[str, AfterValidator(right_hours)]
    """From, and until when, in whole hours: `09:00-16:00`."""
    zone: Annotated[str, AfterValidator(right_zone)] = "UTC"
    """The time zone of the hours: `Europe/Berlin`."""


class Environment(Model):
    """One environment: a namespace that gets each release, in the order of the list."""

    name: Name
    """Its name; stages and functions carry it."""
    namespace: Namespace | None = None
    """Its namespace in the cluster; `<service>-<environment>` when left out."""
    approve: YesNoOrHow | None = None
    """Wait for a person: true, false, or how. By default the last of several environments does."""
    verify: PathOrNone | None = None
    """A buildspec that tries the release out; `buildspec/verify.yaml` when the service has it; false for none."""
    timeout: Annotated[timedelta, Within("30s", "6h", by="Shipline")] = timedelta(minutes=10)
    """How long the workloads may take to become healthy."""
    window: Window | None = None
    """When releases may enter; at any time when it is left out. CodePipeline's rule DeploymentWindow."""
    on_failure: Literal["rollback", "retry", "stop"] = "rollback"
    """What CodePipeline does when the stage fails. `rollback`: it runs the stage again with the last release that
    passed. `retry`: it runs the failed actions once more, and then stops. `stop`: it waits for a person. The deployer
    goes back by itself in any case when a release does not become healthy; this is about what fails after that, as
    `verify` does."""
    prune: Annotated[StrictInt, Field(ge=0, le=100)] = 50
    """Of all objects that are there, how many percent one release may delete: where it would be more, as a rule a
    folder was lost, and the release is refused. 100 allows all; sets of fewer than ten objects know no limit."""
    force_conflicts: StrictBool = False
    """Take over fields that somebody else has set, as `kubectl apply --force-conflicts` does. Otherwise such a release
    is refused with the field and its owner, and an object's annotation can still allow it for that object."""
    other_namespaces: tuple[Namespace, ...] = ()
    """Namespaces that are there already and that the release may put objects into besides its own, as operators do that
    bring a role for `kube-system`; the deployer may then change what is in them."""


def _no_parallel(value: Any) -> Any:
    if value == "parallel":
        raise PydanticCustomError(
            "parallel",
            "write superseded or queued: CodePipeline has no stage rollback in PARALLEL mode",
        )
    return value


class Pipeline(Model):
    """What happens to a push while an earlier one is on its way."""

    mode: Annotated[Literal["superseded", "queued"], BeforeValidator(_no_parallel)] = "superseded"
    """`superseded`: of those that wait in front of a stage only the newest goes in, so the last push is out soonest.
    `queued`: each goes in, in their order, up to fifty at once; every commit is released, a slow one holds up all."""


class Deployer(Model):
    """The Lambda functions that deploy, one per environment."""

    timeout: Annotated[timedelta, Within("30s", "15m", by="AWS Lambda")] = timedelta(minutes=15)
    """How long one invocation may take; a release that takes longer goes on in the next one."""
    memory: Annotated[StrictInt, Field(ge=256, le=10240)] = 1024
    """MiB."""
    history: Annotated[StrictInt, Field(ge=0, le=256)] = 10
    """How many revisions of a Helm release are kept, as many as Helm keeps by itself; 0 keeps all."""


class Nodes(Model):
    """The cluster's managed node group."""

    type: Annotated[str, shaped(r"^[a-z][a-z0-9-]*\.[a-z0-9-]+$", "write an EC2 instance type, as in m6i.large")] = (
        "m6i.large"
    )
    """The EC2 instance type (x86-64)."""
    least: Annotated[StrictInt, Field(ge=1, le=100)] = 2
    """How many nodes there are at least."""
    most: Annotated[StrictInt, Field(ge=1, le=100)] = 4
    """How many there may be."""


class Cluster(Model):
    """The EKS cluster that the cluster stack makes."""

    version: Literal["1.35", "1.36"] = "1.36"
    """Kubernetes, within one minor version of the deployer's kubectl."""
    nodes: Nodes = Nodes()
    """Its machines."""
    admins: tuple[
        Annotated[
            str,
            shaped(
                r"^arn:aws[a-z-]*:iam::\d{12}:(role|user)/[\w+=,.@/-]+$",
                "write the ARN of a role or user: arn:aws:iam::ACCOUNT:role/NAME",
            ),
        ],
        ...,
    ] = ()
    """IAM roles or users that may do everything in the cluster: the people who look after it."""


class ExistingCluster(Model):
    """An EKS cluster that is there already, in this account and region: the cluster stack makes only the namespaces.

    Its authentication mode has to know access entries (API, or API_AND_CONFIG_MAP), and its endpoint has to be public:
    the deployers have no network of their own. Whoever runs it looks after its version, its nodes and its people.
    """

    existing: Annotated[
        str,
        shaped(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$", "write the cluster's name, as `aws eks list-clusters` tells it"),
    ]
    """Its name."""


def _made_or_existing(value: Any) -> str:
    there = "existing" in value if isinstance(value, dict) else isinstance(value, ExistingCluster)
    return "<existing>" if there else "<how>"


MadeOrExisting = Annotated[
    Annotated[Cluster, Tag("<how>")] | Annotated[ExistingCluster, Tag("<existing>")], Discriminator(_made_or_existing)
]


class PipelineConfig(Model):
    """pipeline.yaml: one service, from a push to a verified release in each environment."""

    name: Name
    """The service's name: pipeline, cluster, repositories and stacks carry it."""
    source: Source
    """Where the code is pushed to."""
    images: dict[Name, Annotated[Image, Short("context", str)]] | None = None
    """The images, by name; by default one for each Dockerfile under `app/`."""
    test: Annotated[Test, Short("command", str)] | None = None
    """Unit tests, before any image is pushed."""
    build: Build = Build()
    """How images are built."""
    deploy: Annotated[tuple[Delivery, ...], Field(min_length=1, max_length=20)] | None = None
    """What is applied to the cluster; by default `manifests/` and the charts under `charts/`."""
    scan: Annotated[Scan, Short("block", str)] | None = None
    """A gate in front of every environment; none when it is left out, and each release says that it was not scanned."""
    secrets: tuple[Name, ...] = ()
    """Secrets with a generated value, one per environment, put into its namespace under this name."""
    environments: Annotated[tuple[Annotated[Environment, Short("name", str)], ...], Field(min_length=1, max_length=48)]
    """The environments, in the order in which a release passes them."""
    pipeline: Pipeline = Pipeline()
    """How releases follow one another."""
    deployer: Deployer = Deployer()
    """The functions that deploy."""
    cluster: MadeOrExisting = Cluster()
    """The cluster."""
