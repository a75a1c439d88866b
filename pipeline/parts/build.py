"""The Build stage's project: it tests, builds and pushes the images, and writes the Release artifact."""

import json
from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from pipeline.assets import TOOLKIT
from pipeline.config.eksaction.plan import rendered
from pipeline.config.platforms import DEFAULT
from pipeline.config.service import ImageSource, Service, Tests
from pipeline.parts.acknowledge import acknowledge
from pipeline.parts.bases import base_variables, may_pull_bases
from pipeline.parts.buildnetwork import DESCRIBED
from pipeline.parts.policies import allow
from pipeline.parts.project import BuildProject, ProjectPlan, Report
from pipeline.parts.readsecrets import read_secrets
from pipeline.parts.registry import PUSH, acknowledge_caches, build_variables, may_push, robot
from pipeline.parts.repositories import Repositories
from pipeline.parts.shared import Shared
from pipeline.parts.signing import Signer
from pipeline.parts.source import Source

ASKING = "ecr:GetAuthorizationToken knows no resources; what its token may do, the other statements say."
COVERAGE = Report("coverage", "coverage.xml", ".shipline/coverage", "COBERTURAXML")


def build_tools(scope: Construct) -> assets.Asset:
    """What the commands of the toolkit's buildspecs are."""
    return assets.Asset(
        scope, "BuildTools", path=str(TOOLKIT / "buildspec" / "tools"), exclude=["**/__pycache__", "**/*.pyc", ".*"]
    )


def read_tools(tools: assets.Asset) -> iam.PolicyStatement:
    return allow(["s3:GetObject"], tools.bucket.arn_for_objects(tools.s3_object_key))


def build_name(service: Service) -> str:
    return f"{service.name}-build"


def build_project(
    scope: Construct,
    service: Service,
    source: Source,
    shared: Shared,
    tools: assets.Asset,
) -> BuildProject:
    repositories, signer = shared.repositories, shared.signer
    plan = ProjectPlan(
        name=build_name(service),
        buildspec=_in_repository(service, service.build.buildspec),
        fallback="build.yaml",
        variables={
            **told(scope, service, service.images, repositories, tools),
            **_signing(scope, signer),
            **_charts(scope, service, shared.charts),
            **({"SHIPLINE_RENDER": json.dumps(rendered(service))} if service.by_action else {}),
            **({"SHIPLINE_BUILD_CACHE": "1"} if service.build.cache else {}),
            **build_variables(service.registry),
            **base_variables(service.source.bases),
            **source.variables,
        },
        queue_timeout=service.build.queue_timeout,
        network=service.build.network,
        docker_server=service.build.docker_server,
        reports=extra_reports(service),
        timeout=service.build.timeout,
        compute=service.build.compute,
        arm=service.build.arm,
        images=True,
        statements=[
            *may_push(service, repositories),
            *([allow(PUSH, *shared.charts.arns)] if shared.charts else []),
            *may_pull_bases(service),
            read_tools(tools),
            *read_secrets([secret for image in service.images for secret in image.secrets]),
            *source.statements,
            *(signer.build if signer else []),
        ],
    )
    build = BuildProject(scope, "Build", plan, shared.artifacts)
    reasons = [] if service.registry.harbor and not service.source.bases else [ASKING]
    if service.build.network:
        reasons.append(DESCRIBED)
    if reasons:
        acknowledge(build.role, {"AwsSolutions-IAM5[Resource::*]": " ".join(reasons)})
    acknowledge_caches(build.role, service.registry)
    return build


def extra_reports(service: Service) -> list[Report]:
    """Beside those that the toolkit's buildspecs name."""
    return [COVERAGE] if service.tests.coverage else []


def told(
    scope: Construct,
    service: Service,
    images: Sequence[ImageSource],
    repositories: Repositories,
    tools: assets.Asset,
    *,
    trusted: bool = True,
) -> dict[str, str]:
    """What the tools are told of the service by variables; `trusted`: what is built was reviewed."""
    return {
        "SHIPLINE_SERVICE": service.name,
        "SHIPLINE_IMAGES": Stack.of(scope).to_json_string(_images(images, repositories)),
        "SHIPLINE_TEST": service.tests.command,
        "SHIPLINE_REPORTS": json.dumps(service.tests.reports),
        "SHIPLINE_TOOLS": tools.s3_object_url,
        "SHIPLINE_DELIVERY": json.dumps(service.carried),
        **_coverage(service.tests),
        **robot(service.registry, trusted=trusted),
        **({"SHIPLINE_FOLDER": service.source.folder} if service.source.folder else {}),
        **({"SHIPLINE_SBOM": "1"} if service.sbom else {}),
    }


def _in_repository(service: Service, path: str | None) -> str | None:
    """A path in the service's folder, as CodeBuild finds it in the source."""
    return f"{service.source.folder}/{path}" if path and service.source.folder else path


def _signing(scope: Construct, signer: Signer | None) -> dict[str, str]:
    if signer is None:
        return {}
    return {"SHIPLINE_SIGN": Stack.of(scope).to_json_string({"key": signer.key, "source": signer.source})}


def _charts(scope: Construct, service: Service, repositories: Repositories | None) -> dict[str, str]:
    if repositories is None:
        return {}
    uris = repositories.uris
    told = {name: {"path": path, "repository": uris[name]} for name, path in service.pushed.items()}
    return {"SHIPLINE_CHARTS": Stack.of(scope).to_json_string(told)}


def _coverage(tests: Tests) -> dict[str, str]:
    gate = tests.coverage
    if gate is None:
        return {}
    asked = {"lines": gate.lines, "branches": gate.branches, "report": gate.report}
    return {"SHIPLINE_COVERAGE": json.dumps(asked)}


def _images(images: Sequence[ImageSource], repositories: Repositories) -> dict[str, dict[str, object]]:
    return {
        image.name: {
            "repository": repositories.uris[image.name],
            "context": image.context,
            "dockerfile": image.dockerfile,
            "args": dict(image.args),
            **_secrets(image),
            **({"platforms": list(image.platforms)} if image.platforms != DEFAULT else {}),
        }
        for image in images
    }


def _secrets(image: ImageSource) -> dict[str, object]:
    return {"secrets": {secret.name: secret.reference for secret in image.secrets}} if image.secrets else {}
