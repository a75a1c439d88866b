"""What may be written in pipeline.yaml. The JSON Schema and docs/pipeline.md are made from these classes."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
    Tag,
)
from pydantic_core import PydanticCustomError

from pipeline.config.base import Model
from pipeline.config.building import Build, Image, Test
from pipeline.config.cluster.model import Cluster, MadeOrExisting
from pipeline.config.conditions.model import Conditions
from pipeline.config.eksaction.model import EksAction, functions_or_action
from pipeline.config.freeze import Freezes
from pipeline.config.gitops.model import GitOps
from pipeline.config.kept import ListedOrNamed
from pipeline.config.kinds import (
    Alarms,
    ChartPath,
    Name,
    Namespace,
    OneOf,
    RelativePath,
    ReleaseName,
    Short,
    TemplatePath,
    ValuePath,
    Within,
    yes_no_or_how,
)
from pipeline.config.namespaces import PodSecurity, Quota
from pipeline.config.registry.model import Registry
from pipeline.config.rollout.model import Rollout
from pipeline.config.signing import Sign
from pipeline.config.sources import Source
from pipeline.config.targets.model import Target
from pipeline.config.telling import Notify, Observe
from pipeline.config.window import right_days, right_hours, right_zone


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
    push: StrictBool = False
    """Push the chart of the folder as an OCI artifact with each release, into an ECR repository of its own,
    `<service>/charts/<chart>`, whose tags never move; every environment is then released from there, by the digest that
    release.json names. Its version is the chart's own with the commit behind it, `1.2.0+0a1b2c3d4e5f`, and `_` for `+`
    in the tag: a label that holds the version needs `replace "+" "_"`, as `helm create` writes it. The newest thousand
    stay, whatever `registry: keep` says. With `sign` charts are signed as images are. Previews and `shipline deploy`
    take the chart of the folder. Off unless you ask: then each environment gets the copy in the release's artifact."""


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


YesNoOrHow = Annotated[
    Annotated[Approval, Tag("<how>")] | Annotated[StrictBool, Tag("<yes-or-no>")], Discriminator(yes_no_or_how)
]
SeenOrHow = Annotated[
    Annotated[Observe, Tag("<how>")] | Annotated[StrictBool, Tag("<yes-or-no>")], Discriminator(yes_no_or_how)
]
SignedOrHow = Annotated[
    Annotated[Sign, Tag("<how>")] | Annotated[StrictBool, Tag("<yes-or-no>")], Discriminator(yes_no_or_how)
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
    soak: Annotated[timedelta, Within("10s", "12h", by="Shipline")] | None = None
    """How long a release is watched, counted from when it was healthy, before it counts as passed: an action of its own
    at the end of the stage. What becomes unhealthy meanwhile, or an alarm that rings, fails the stage, and `on_failure`
    says what then. Not at all when it is left out."""
    alarms: Alarms = ()
    """CloudWatch's metric alarms, in this account and region, that have to stay quiet during the soak. One that rang
    before the release began is not held against it, so that what mends it gets in."""
    rollout: Rollout | None = None
    """How traffic goes over to a new version, before the release itself is applied: by a `canary` or by `blue_green`;
    with its pods when it is left out. It is about releases of manifests and kustomizations, from the second one on."""
    window: Window | None = None
    """When releases may enter; at any time when it is left out. CodePipeline's rule DeploymentWindow."""
    conditions: Conditions | None = None
    """What CodePipeline asks before the stage is entered, and after it has succeeded or failed; nothing when it is left
    out. Where a person approves, it is asked after the answer."""
    freeze: Freezes = ()
    """Times in which nothing new is released, such as holidays and the end of a year."""
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
    pod_security: PodSecurity | None = None
    """The Pod Security Standard that the namespace enforces, in the cluster's version: `restricted`, `baseline` or
    `privileged`. Pods that break it are not made, and whoever applies them is warned. When it is left out, the labels
    are nobody's business but yours."""
    quota: Quota | None = None
    """How much its pods may ask for; as much as there is when it is left out."""
    isolate: StrictBool = False
    """A NetworkPolicy for all its pods: they are reached from their own namespace alone, and reach nothing else but
    DNS. What a release needs besides, such as its load balancer's way in, it allows by NetworkPolicies of its own. A
    cluster made here is made to enforce it; in one that is there already its network has to."""
    targets: Annotated[tuple[Annotated[Target, Short("cluster", str)], ...], Field(max_length=48)] = ()
    """Clusters that the environment is released to, in waves; the service's own cluster when it is left out. Each
    target has a deployer, a line in the ledger and a plan in the approval of its own; `verify` and `soak` are of each
    target, before the next wave begins. `alarms` are those of the pipeline's own account and region."""


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


FunctionsOrAction = Annotated[
    Annotated[Deployer, Tag("<functions>")] | Annotated[EksAction, Tag("<action>")], Discriminator(functions_or_action)
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
    registry: Registry | None = None
    """Where images are kept; in ECR when it is left out."""
    deploy: Annotated[tuple[Delivery, ...], Field(min_length=1, max_length=20)] | None = None
    """What is applied to the cluster; by default `manifests/` and the charts under `charts/`."""
    gitops: GitOps | None = None
    """Deliver by commits to a configuration repository that Argo CD or Flux reconciles, instead of `deploy`."""
    scan: Annotated[Scan, Short("block", str)] | None = None
    """A gate in front of every environment; none when it is left out, and each release says that it was not scanned."""
    secrets: ListedOrNamed = ()
    """Secrets of each environment's namespace, by name: a list of those whose value is generated, or for each name its
    reference. The values are in no file: one that looks like a secret, in a manifest, in values or in an argument, is
    refused, unless its line ends with `# not a secret`."""
    sign: SignedOrHow = False
    """Sign what the build makes, and let each deployer verify it before it plans: true, with a KMS key that the
    delivery stack makes (`alias/<service>-images`), or with which key. Nothing is signed or verified when it is left
    out. What is signed and how people verify it is told in docs/supply-chain.md."""
    sbom: StrictBool = False
    """A software bill of materials of each image, as CycloneDX JSON, in each release: the build has syft read the image
    in ECR, by the digest that is released, and no deployer takes a release without it or with another one than
    release.json names. It is kept as long as the release's artifact; the ledger names it. Each build fetches syft from
    PyPI, one version by its hash, and reads every image, also those that have not changed, so it takes longer: off
    unless you ask."""
    environments: Annotated[tuple[Annotated[Environment, Short("name", str)], ...], Field(min_length=1, max_length=48)]
    """The environments, in the order in which a release passes them."""
    pipeline: Pipeline = Pipeline()
    """How releases follow one another."""
    deployer: FunctionsOrAction = Deployer()
    """The functions that deploy; or `eks-action`, CodePipeline's own EKS action in their place. The build then renders
    each environment's manifests and kustomizations with the digests of its images into the release, as
    `rendered/ENVIRONMENT.yaml`, and the action runs `kubectl apply` with that file on the service's cluster, by an
    access entry for the environment's namespace alone. It waits for no rollout, deletes nothing that has left the
    manifests, asks no gate between build and deployment, writes no ledger and leaves no plan to approve; a rollback is
    CodePipeline's own. What needs a deployer is refused beside it; docs/eks-action.md tells what is left."""
    notify: Annotated[Notify, Short("mail", str, listed=True), Short("mail", list)] | None = None
    """Who is told of releases: a mail address, a list of them, or more ways; nobody when it is left out."""
    observe: SeenOrHow = False
    """A CloudWatch dashboard of the pipeline, the deployers and their releases, and alarms: true, or how."""
    cluster: MadeOrExisting = Cluster()
    """The cluster."""
