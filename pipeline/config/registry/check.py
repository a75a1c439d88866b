"""What ECR or Harbor would refuse, what would take from others, and what cannot go together."""

from collections.abc import Iterator

from pipeline.config.problems import Finding, Path, repeated
from pipeline.config.registry.model import Registry
from pipeline.config.registry.plan import PULL_SECRET, RegistryPlan
from pipeline.config.registry.resolve import UPSTREAMS
from pipeline.config.service import ChartDelivery, Service
from pipeline.config.tools import unrun

PREFIX = 30  # ECR: characters of a pull-through cache's prefix
NAME: Path = ("name",)


def findings(registry: Registry | None, service: Service) -> Iterator[Finding]:
    if registry is None:
        return
    plan = service.registry
    if registry.keep:
        yield from _unmarked(service)
    if registry.harbor:
        yield from _beside_harbor(registry)
        yield from _harbor(service)
        yield from _asks_ecr(service)
    if registry.cache:
        yield from _cache(plan)
        yield from unrun(service, ("registry", "cache"))
    if registry.harbor:
        yield from unrun(service, ("registry", "harbor"))
    if registry.replicate:
        yield from _replicated(registry, plan)


def elsewhere(service: Service, account: str | None, region: str | None) -> Iterator[Finding]:
    """What has to be in the region and account that the stacks are deployed to, or must not."""
    plan = service.registry
    if region and plan.key and plan.key.split(":")[3] != region:
        wrong = f"the key is in {plan.key.split(':')[3]}, and the repositories in {region}"
        yield Finding(("registry", "key"), wrong, f"name a key of {region}")
    keys = {name: key for key, (_, name, _) in UPSTREAMS.items()}
    for rule in plan.cache:
        yield from _secret_elsewhere(("registry", "cache", keys[rule.name]), rule.secret, account, region)
    if plan.harbor:
        for key, secret in (("robot", plan.harbor.robot), ("pull", plan.harbor.pull)):
            yield from _secret_elsewhere(("registry", "harbor", key), secret, None, region)
    for index, copy in enumerate(plan.copies):
        if copy.region == region and copy.account in (None, account):
            where: Path = ("registry", "replicate", "to", index)
            yield Finding(where, f"{region} is where the images are pushed to", "name another region or account")


def _beside_harbor(registry: Registry) -> Iterator[Finding]:
    for key in ("keep", "key", "cache", "replicate"):
        if getattr(registry, key):
            wrong = f"`{key}` is ECR's, and the images are in Harbor"
            yield Finding(
                ("registry", key), wrong, "leave it out, and set it in Harbor's project, or leave `harbor` out"
            )


def _unmarked(service: Service) -> Iterator[Finding]:
    """Who applies nothing does not know when an image is needed no more."""
    for target in service.environments:
        if target.gitops:
            wrong = f"nobody marks what {target.name} runs, which is released by `gitops`"
            yield Finding(("registry", "keep"), wrong, "leave `keep` out: without it far more images stay")
            return


def _asks_ecr(service: Service) -> Iterator[Finding]:
    """What is made of ECR's own API, and there is no Harbor's for."""
    remedy = "leave it out, or keep the images in ECR"
    if service.signing:
        yield Finding(
            ("sign",), "signatures are written to ECR and read from there, and the images are in Harbor", remedy
        )
    for image in service.images:
        if len(image.platforms) > 1:
            where: Path = ("images", image.name, "platforms")
            yield Finding(where, "an index of several platforms is made in ECR, and the images are in Harbor", remedy)
    if service.build.cache:
        yield Finding(("build", "cache"), "layers are kept in ECR, and the images are in Harbor", remedy)
    if any(target.gitops for target in service.environments):
        yield Finding(("gitops",), "what is committed is looked up in ECR, and the images are in Harbor", remedy)


def _harbor(service: Service) -> Iterator[Finding]:
    harbor = service.registry.harbor
    assert harbor is not None
    secret = PULL_SECRET.format(service=service.name)
    if secret in service.secrets:
        where: Path = ("secrets", service.secrets.index(secret))
        yield Finding(where, f"`{secret}` is the Secret that pods pull with", "name it otherwise")
    if harbor.robot == harbor.pull:
        wrong = "it is the robot that pushes, and every namespace would hold it"
        yield Finding(("registry", "harbor", "pull"), wrong, "name another secret, of a robot that only pulls")
    for target in service.environments[:1]:
        for position, item in enumerate(target.deliveries):
            if isinstance(item, ChartDelivery) and item.chart not in item.files:
                wrong = "charts are pulled from the ECR that has the images, and these are in Harbor"
                yield Finding(("deploy", position, "chart"), wrong, "keep the chart in the repository: charts/NAME")


def _cache(plan: RegistryPlan) -> Iterator[Finding]:
    where: Path = ("registry", "cache")
    if not plan.cache:
        yield Finding(where, "it caches nothing", "write `public: true` or another upstream, or leave the key out")
    for rule in plan.cache:
        if len(rule.prefix) > PREFIX:
            wrong = f"the prefix {rule.prefix} has {len(rule.prefix)} characters; ECR takes {PREFIX}"
            yield Finding(where, wrong, "shorten the service's name, or leave this upstream out", (NAME,))


def _replicated(registry: Registry, plan: RegistryPlan) -> Iterator[Finding]:
    assert registry.replicate is not None
    where: Path = ("registry", "replicate")
    if not registry.replicate.whole_registry:
        wrong = "the account has one replication configuration per region, and this stack would replace all of it"
        remedy = "write `whole_registry: true` if this service is to own it, or keep it where the account is kept"
        yield Finding(where, wrong, remedy)
    named: list[tuple[Path, str]] = [
        ((*where, "to", index), f"{copy.region} {copy.account}" if copy.account else copy.region)
        for index, copy in enumerate(plan.copies)
    ]
    yield from repeated(named, "once is enough")


def _secret_elsewhere(where: Path, secret: str | None, account: str | None, region: str | None) -> Iterator[Finding]:
    if not secret or not secret.startswith("arn:"):
        return
    there, owner = secret.split(":")[3:5]
    if region and there != region:
        yield Finding(where, f"the secret is in {there}, and the pipeline in {region}", f"name one of {region}")
    if account and owner != account:
        yield Finding(
            where, f"the secret is of account {owner}, and the pipeline of {account}", "name one of this account"
        )
