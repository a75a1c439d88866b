"""What AWS and Kubernetes would refuse at deploy time, refused here. The numbers are the services' own quotas."""

import json
import re
from collections.abc import Iterator

from pipeline.config.eksaction.plan import rendered
from pipeline.config.kinds import SLUG as SLUG_PATTERN
from pipeline.config.problems import Finding, Path
from pipeline.config.service import ChartDelivery, Service, Target
from pipeline.config.target import shape

SLUG = re.compile(SLUG_PATTERN)
STAGES = 50  # CodePipeline: stages in a pipeline
FUNCTION_NAME = 64  # Lambda
FUNCTION_ENVIRONMENT = 4096  # Lambda: bytes of all environment variables
PROJECT_ENVIRONMENT = 5500  # CodeBuild: characters of all environment variables
RELEASE_NAME = 53  # Helm
NAMESPACE = 63  # Kubernetes
RESERVED = ("codepipeline", "variables")  # CodePipeline's own variable namespaces
ACCOUNT, REGION = "123456789012", "ap-southeast-1"  # as long as they get


def findings(service: Service) -> Iterator[Finding]:
    yield from _stages(service)
    for index, target in enumerate(service.environments):
        yield from _names(service, target, ("environments", index))
        for number, part in enumerate(() if service.by_action else target.parts):
            where: Path = ("environments", index, *(("targets", number) if part.at else ()))
            yield from _function_size(service, part, where)
    yield from _project_size(service)


def _stages(service: Service) -> Iterator[Finding]:
    count = 2 + sum(2 if target.approval else 1 for target in service.environments)
    if count > STAGES:
        wrong = f"the pipeline would have {count} stages; CodePipeline takes {STAGES}"
        yield Finding(("environments",), wrong, "have fewer environments or approvals, or split the service")
    names = [f"{target.name}-approval" for target in service.environments if target.approval]
    for index, target in enumerate(service.environments):
        if target.name in names:
            wrong = (
                f"`{target.name}` is also the name of the approval stage of `{target.name.removesuffix('-approval')}`"
            )
            yield Finding(("environments", index, "name"), wrong, "name it otherwise")


def _names(service: Service, target: Target, where: Path) -> Iterator[Finding]:
    because: tuple[Path, ...] = (("name",),)
    name = (*where, "name")
    if target.name in RESERVED:
        yield Finding(name, f"`{target.name}` is CodePipeline's own word", "name it otherwise")
    function = f"{service.name}-deploy-{target.name}"
    if len(function) > FUNCTION_NAME and not service.by_action:
        wrong = f"the function {function} has {len(function)} characters; Lambda takes {FUNCTION_NAME}"
        yield Finding(name, wrong, "shorten the environment's name or the service's", because)
    if len(target.namespace) > NAMESPACE:
        wrong = f"the namespace {target.namespace} has {len(target.namespace)} characters; Kubernetes takes {NAMESPACE}"
        yield Finding((*where, "namespace"), wrong, "write a shorter `namespace:`", because)
    if target.namespace.startswith("kube-"):
        yield Finding((*where, "namespace"), f"`{target.namespace}` is Kubernetes' own", "name it otherwise")
    for item in target.deliveries:
        if isinstance(item, ChartDelivery) and len(item.release) > RELEASE_NAME:
            wrong = f"the release {item.release} has {len(item.release)} characters; Helm takes {RELEASE_NAME}"
            yield Finding(("deploy",), wrong, "write a shorter `release:`", because)


def _function_size(service: Service, target: Target, where: Path) -> Iterator[Finding]:
    """The deployer reads what it is to do from one environment variable."""
    secrets = {
        name: f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{service.name}/{target.name}/{name}-123456"
        for name in service.secrets
    }
    images = {image.name: _repository(service, image.name) for image in service.images}
    role = f"arn:aws:iam::{ACCOUNT}:role/{service.name}-target-{target.key}" if target.at else ""
    charts = {name: _repository(service, f"charts/{name}") for name in service.pushed}
    value = json.dumps(shape(service, target, REGION, f"{service.name}-releases", images, secrets, role, charts))
    if len(value) > FUNCTION_ENVIRONMENT - 200:
        wrong = f"its function would need {len(value)} bytes of environment; Lambda takes {FUNCTION_ENVIRONMENT}"
        yield Finding(where, wrong, "have fewer images, charts, values files or secrets in one service")


def _project_size(service: Service) -> Iterator[Finding]:
    described = {
        image.name: {
            "repository": _repository(service, image.name),
            "args": dict(image.args),
            "context": image.context,
            "secrets": {secret.name: secret.reference for secret in image.secrets},
            "platforms": image.platforms,
        }
        for image in service.images
    }
    size = sum(
        len(part)
        for part in (
            json.dumps(described),
            service.tests.command,
            json.dumps(service.tests.reports),
            service.tests.coverage.report if service.tests.coverage else "",
            json.dumps(service.carried),
            *(f"{name}{path}{_repository(service, f'charts/{name}')}" for name, path in service.pushed.items()),
            json.dumps(rendered(service)) if service.by_action else "",
            *(f"BUILD_ARG_{rule.argument}{_repository(service, rule.name)}" for rule in service.registry.cache),
            *(f"{base.argument}{_repository(service, base.repository)}" for base in service.source.bases),
        )
    )
    if size > PROJECT_ENVIRONMENT - 500:
        wrong = f"the build would need {size} characters of environment; CodeBuild takes {PROJECT_ENVIRONMENT}"
        yield Finding(("images",), wrong, "have fewer images or build arguments, or put the test into a script")


def _repository(service: Service, image: str) -> str:
    if service.registry.harbor:
        return service.registry.harbor.repository(image)
    return f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{service.name}/{image}"
