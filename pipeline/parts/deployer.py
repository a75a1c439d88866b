"""The function that deploys to one environment."""

from collections.abc import Mapping

from aws_cdk import Aws, Duration, Size, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from pipeline.config.gitops.plan import GitOpsPlan
from pipeline.config.kinds import PACKED_CHART
from pipeline.config.service import ChartDelivery, Service, Target
from pipeline.config.target import shape
from pipeline.parts.acknowledge import acknowledge
from pipeline.parts.logs import log_group
from pipeline.parts.policies import allow, fixed, rights, write_logs
from pipeline.parts.reach import reach_of
from pipeline.parts.readsecrets import read_secrets
from pipeline.parts.registry import may_ask
from pipeline.parts.repositories import Repositories
from pipeline.parts.shared import Shared

RUNTIME = lambda_.Runtime.PYTHON_3_11
RUNTIME_REASON = "The zip holds wheels and bytecode for Python 3.11, and is tried out with it before it gets here."


class Deployer(Construct):
    """`function`, and the `role` it runs as: what it may do is exactly what one deployment needs."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        service: Service,
        target: Target,
        shared: Shared,
        secrets: Mapping[str, secretsmanager.Secret],
    ) -> None:
        super().__init__(scope, construct_id)
        name = f"{service.name}-deploy-{target.key}"
        group = log_group(self, "Log", f"/aws/lambda/{name}")
        reach = reach_of(service.name, target)
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            role_name=reach.deployer if reach else None,
        )
        for statement in [write_logs(group), *_statements(service, target, shared, list(secrets.values()))]:
            self.role.add_to_policy(statement)
        arns = {key: secret.secret_arn for key, secret in secrets.items()}
        role = reach.there(reach.deploying) if reach else ""
        images, charts = shared.repositories.uris, shared.charts.uris if shared.charts else {}
        table = shared.deployers.ledger.table_name
        told = shape(service, target, Aws.REGION, table, images, arns, role, charts)
        if shared.signer:
            told["sign"] = shared.signer.told
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=name,
            description=f"Deploys {service.name} to {target.label}",
            runtime=RUNTIME,
            architecture=lambda_.Architecture.X86_64,
            handler="deployer.start.handle",
            code=shared.deployers.code,
            layers=[shared.deployers.tools],
            role=fixed(self.role),
            timeout=Duration.seconds(int(service.deployer.timeout.total_seconds())),
            memory_size=service.deployer.memory,
            ephemeral_storage_size=Size.mebibytes(1024),
            log_group=group,
            environment={"SHIPLINE_TARGET": Stack.of(self).to_json_string(told)},
        )
        self.function.node.add_dependency(*rights(self.role))
        if shared.inside:
            shared.inside.place(self.function, self.role, name)
        acknowledge(self.role, {"AwsSolutions-IAM5[Resource::*]": "CodePipeline's job results know no resources."})
        acknowledge(self.function, {"AwsSolutions-L1": RUNTIME_REASON})


def _statements(
    service: Service, target: Target, shared: Shared, secrets: list[secretsmanager.Secret]
) -> list[iam.PolicyStatement]:
    reach = reach_of(service.name, target)
    statements = [
        allow(["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], shared.deployers.ledger.table_arn),
        allow(["sts:AssumeRole"], reach.there(reach.deploying))
        if reach
        else allow(["eks:DescribeCluster"], shared.cluster.arn),
        *may_ask(service, shared.repositories),
        # These three know no resources: a job is known by the id that only its function is given.
        allow(
            [
                "codepipeline:GetJobDetails",
                "codepipeline:PutJobFailureResult",
                "codepipeline:PutJobSuccessResult",
            ],
            "*",
        ),
    ]
    if target.freeze:  # what ran before may come back
        statements.append(allow(["dynamodb:Query"], shared.deployers.ledger.table_arn))
    if shared.signer:
        statements += [*shared.signer.deployer, allow(["ecr:BatchGetImage"], *shared.repositories.arns)]
    if target.watched:
        statements.append(allow(["cloudwatch:DescribeAlarms"], *map(_alarm, target.watched)))
    if target.gitops:
        statements += _committing(target.gitops)
    if secrets:
        statements.append(allow(["secretsmanager:GetSecretValue"], *(secret.secret_arn for secret in secrets)))
    statements += read_secrets(target.secrets)
    return [*statements, *read_charts(target, shared.charts)]


def read_charts(target: Target, pushed: Repositories | None = None) -> list[iam.PolicyStatement]:
    """What fetching its charts from ECR needs; `pushed` holds those of the service's own build."""
    charts = [*_packed_charts(target), *(_pushed_charts(target, pushed) if pushed else [])]
    if not charts:
        return []
    reading = allow(["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], *charts)
    return [reading, allow(["ecr:GetAuthorizationToken"], "*")]  # knows no resources


def _committing(place: GitOpsPlan) -> list[iam.PolicyStatement]:
    """To read the configuration repository, and to commit to its one branch; which folder, IAM cannot say."""
    repository = f"arn:{Aws.PARTITION}:codecommit:{Aws.REGION}:{Aws.ACCOUNT_ID}:{place.repository}"
    reading = ["codecommit:GetBranch", "codecommit:GetCommit", "codecommit:GetFile", "codecommit:GetFolder"]
    writing = allow(["codecommit:CreateCommit"], repository)
    writing.add_condition("StringEquals", {"codecommit:References": f"refs/heads/{place.branch}"})
    return [allow(reading, repository), writing]


def _alarm(name: str) -> str:
    return f"arn:{Aws.PARTITION}:cloudwatch:{Aws.REGION}:{Aws.ACCOUNT_ID}:alarm:{name}"


def _pushed_charts(target: Target, repositories: Repositories) -> list[str]:
    charts = [item for item in target.deliveries if isinstance(item, ChartDelivery) and item.pushed]
    return [repositories.by_image[name].repository_arn for name in dict.fromkeys(item.name for item in charts)]


def _packed_charts(target: Target) -> list[str]:
    """The repositories of the charts that come from ECR."""
    found = [PACKED_CHART.fullmatch(item.chart) for item in target.deliveries if isinstance(item, ChartDelivery)]
    return [
        f"arn:{Aws.PARTITION}:ecr:{chart['region']}:{chart['account']}:repository/{chart['path']}"
        for chart in found
        if chart
    ]
