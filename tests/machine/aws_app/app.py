"""A CDK app of two stacks with the types that a delivery needs, for the tests of the machine's AWS.

`-c word=…` changes the base stack's log retention and everything that depends on the key alias; `-c broken=1` adds a
resource that cannot be made; `-c wrong=1` one whose properties are wrong; `-c answer=FAILED` lets the custom resource
fail.
"""

import sys

import aws_cdk as cdk
from aws_cdk import (
    aws_cloudwatch,
    aws_codebuild,
    aws_codecommit,
    aws_codeconnections,
    aws_codepipeline,
    aws_codepipeline_actions,
    aws_dynamodb,
    aws_ec2,
    aws_ecr,
    aws_eks,
    aws_events,
    aws_events_targets,
    aws_iam,
    aws_kms,
    aws_lambda,
    aws_logs,
    aws_s3,
    aws_secretsmanager,
    aws_sns,
    aws_sns_subscriptions,
    aws_ssm,
)
from constructs import Construct

CODE = "def handle(event, context):\n    return event\n"
# A custom resource's function: it answers what it was asked, or fails when its properties say so.
ANSWERING = """
import json
import urllib.request

def handle(event, context):
    said = event["ResourceProperties"]
    answer = {key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")}
    failed = said["Status"] == "FAILED" and event["RequestType"] != "Delete"
    answer |= {
        "Status": "FAILED" if failed else "SUCCESS",
        "Reason": "no such namespace",
        "PhysicalResourceId": event.get("PhysicalResourceId", said["Name"]),
        "Data": {"Asked": f"{event['RequestType']} {said['Word']} {said['Count']!r}"},
    }
    request = urllib.request.Request(event["ResponseURL"], json.dumps(answer).encode(), method="PUT")
    urllib.request.urlopen(request).close()
"""


class Base(cdk.Stack):
    def __init__(self, scope: Construct, name: str, **more: object) -> None:
        super().__init__(scope, name, env=cdk.Environment(account="123456789012", region="us-east-1"), **more)
        word = self.node.try_get_context("word") or "first"
        self.key = aws_kms.Key(self, "Key", enable_key_rotation=True, alias=f"alias/{word}")
        self.bucket = aws_s3.Bucket(
            self,
            "Bucket",
            encryption=aws_s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            versioned=True,
            block_public_access=aws_s3.BlockPublicAccess.BLOCK_ALL,
            removal_policy=cdk.RemovalPolicy.DESTROY,
            lifecycle_rules=[aws_s3.LifecycleRule(expiration=cdk.Duration.days(30))],
        )
        self.table = aws_dynamodb.TableV2(
            self,
            "Table",
            table_name="ledger",
            partition_key=aws_dynamodb.Attribute(name="pk", type=aws_dynamodb.AttributeType.STRING),
            sort_key=aws_dynamodb.Attribute(name="sk", type=aws_dynamodb.AttributeType.STRING),
            point_in_time_recovery_specification=aws_dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        self.secret = aws_secretsmanager.Secret(
            self,
            "Secret",
            secret_name="shop/api-token",
            generate_secret_string=aws_secretsmanager.SecretStringGenerator(
                secret_string_template='{"user": "shop"}', generate_string_key="password", password_length=24
            ),
        )
        self.repository = aws_ecr.Repository(
            self,
            "Images",
            image_tag_mutability=aws_ecr.TagMutability.IMMUTABLE,
            image_scan_on_push=True,
            empty_on_delete=True,
            removal_policy=cdk.RemovalPolicy.DESTROY,
            lifecycle_rules=[aws_ecr.LifecycleRule(max_image_count=50)],
        )
        self.logs = aws_logs.LogGroup(
            self,
            "Logs",
            retention=aws_logs.RetentionDays.ONE_WEEK if word == "first" else aws_logs.RetentionDays.ONE_MONTH,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        self.topic = aws_sns.Topic(self, "Topic", enforce_ssl=True)
        self.topic.add_subscription(aws_sns_subscriptions.EmailSubscription("somebody@example.com"))
        self.alarm = aws_cloudwatch.Alarm(
            self,
            "Alarm",
            metric=aws_cloudwatch.Metric(namespace="Shop", metric_name="Errors"),
            threshold=1,
            evaluation_periods=1,
        )
        aws_ssm.StringParameter(self, "Parameter", parameter_name="/shop/word", string_value=word)
        self.vpc = aws_ec2.Vpc(self, "Vpc", max_azs=3, nat_gateways=1, restrict_default_security_group=False)
        self.role = aws_iam.Role(
            self,
            "Deployer",
            assumed_by=aws_iam.ServicePrincipal("lambda.amazonaws.com"),
            managed_policies=[
                aws_iam.ManagedPolicy.from_aws_managed_policy_name("service-role/AWSLambdaBasicExecutionRole")
            ],
        )
        self.table.grant_read_write_data(self.role)
        self._cluster()
        if self.node.try_get_context("broken"):
            cdk.CfnResource(
                self,
                "Broken",
                type="AWS::SNS::Subscription",
                properties={"TopicArn": "arn:aws:sns:us-east-1:123456789012:absent", "Protocol": "email"},
            ).add_dependency(self.bucket.node.default_child)
        if self.node.try_get_context("wrong"):
            cdk.CfnResource(
                self, "Wrong", type="AWS::AppRunner::Service", properties={"Nonsense": True, "ServiceName": ["a"]}
            )
        if self.node.try_get_context("unknown"):
            cdk.CfnResource(self, "Unknown", type="AWS::Nothing::Here")

    def _cluster(self) -> None:
        service = aws_iam.Role(
            self,
            "ClusterRole",
            assumed_by=aws_iam.ServicePrincipal("eks.amazonaws.com"),
            managed_policies=[aws_iam.ManagedPolicy.from_aws_managed_policy_name("AmazonEKSClusterPolicy")],
        )
        node = aws_iam.Role(self, "NodeRole", assumed_by=aws_iam.ServicePrincipal("ec2.amazonaws.com"))
        cluster = aws_eks.CfnCluster(
            self,
            "Cluster",
            name="shop",
            version="1.36",
            role_arn=service.role_arn,
            resources_vpc_config=aws_eks.CfnCluster.ResourcesVpcConfigProperty(
                subnet_ids=[each.subnet_id for each in self.vpc.private_subnets], endpoint_private_access=True
            ),
            access_config=aws_eks.CfnCluster.AccessConfigProperty(
                authentication_mode="API", bootstrap_cluster_creator_admin_permissions=True
            ),
            logging=aws_eks.CfnCluster.LoggingProperty(
                cluster_logging=aws_eks.CfnCluster.ClusterLoggingProperty(
                    enabled_types=[aws_eks.CfnCluster.LoggingTypeConfigProperty(type="audit")]
                )
            ),
        )
        group = aws_eks.CfnNodegroup(
            self,
            "Nodes",
            cluster_name=cluster.ref,
            node_role=node.role_arn,
            subnets=[each.subnet_id for each in self.vpc.private_subnets],
        )
        aws_eks.CfnAddon(self, "Dns", cluster_name=cluster.ref, addon_name="coredns").add_dependency(group)
        aws_eks.CfnAccessEntry(
            self,
            "Entry",
            cluster_name=cluster.ref,
            principal_arn=self.role.role_arn,
            access_policies=[
                aws_eks.CfnAccessEntry.AccessPolicyProperty(
                    policy_arn="arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy",
                    access_scope=aws_eks.CfnAccessEntry.AccessScopeProperty(type="namespace", namespaces=["shop-dev"]),
                )
            ],
        )
        cdk.CfnOutput(self, "Endpoint", value=cluster.attr_endpoint)
        cdk.CfnOutput(self, "SecurityGroup", value=cluster.attr_cluster_security_group_id)


class Delivery(cdk.Stack):
    def __init__(self, scope: Construct, name: str, base: Base) -> None:
        super().__init__(scope, name, env=cdk.Environment(account="123456789012", region="us-east-1"))
        layer = aws_lambda.LayerVersion(self, "Layer", code=aws_lambda.Code.from_asset("layer"))
        function = aws_lambda.Function(
            self,
            "Function",
            function_name="shop-deploy-dev",
            runtime=aws_lambda.Runtime.PYTHON_3_11,
            handler="index.handle",
            code=aws_lambda.Code.from_inline(CODE),
            layers=[layer],
            timeout=cdk.Duration.minutes(15),
            memory_size=1024,
            environment={"BUCKET": base.bucket.bucket_name, "ALIAS": base.key.key_arn},
            log_group=base.logs,
        )
        answering = aws_lambda.Function(
            self,
            "Answering",
            function_name="namespaces",
            runtime=aws_lambda.Runtime.PYTHON_3_11,
            handler="index.handle",
            code=aws_lambda.Code.from_inline(ANSWERING),
        )
        custom = cdk.CustomResource(
            self,
            "Namespaces",
            service_token=answering.function_arn,
            resource_type="Custom::Namespaces",
            properties={
                "Name": "shop-namespaces",
                "Word": self.node.try_get_context("word") or "first",
                "Count": 3,
                "Status": self.node.try_get_context("answer") or "SUCCESS",
            },
        )
        repository = aws_codecommit.Repository(self, "Source", repository_name="shop")
        project = aws_codebuild.PipelineProject(
            self,
            "Build",
            project_name="shop-build",
            build_spec=aws_codebuild.BuildSpec.from_object({"version": "0.2", "phases": {}}),
            environment_variables={"WORD": aws_codebuild.BuildEnvironmentVariable(value="x")},
        )
        source, built = aws_codepipeline.Artifact("Source"), aws_codepipeline.Artifact("Release")
        pipeline = aws_codepipeline.Pipeline(
            self,
            "Pipeline",
            pipeline_name="shop",
            pipeline_type=aws_codepipeline.PipelineType.V2,
            artifact_bucket=base.bucket,
            cross_account_keys=False,
            stages=[
                aws_codepipeline.StageProps(
                    stage_name="Source",
                    actions=[
                        aws_codepipeline_actions.CodeCommitSourceAction(
                            action_name="Source",
                            repository=repository,
                            output=source,
                            trigger=aws_codepipeline_actions.CodeCommitTrigger.NONE,
                        )
                    ],
                ),
                aws_codepipeline.StageProps(
                    stage_name="Build",
                    actions=[
                        aws_codepipeline_actions.CodeBuildAction(
                            action_name="Build", project=project, input=source, outputs=[built]
                        ),
                        aws_codepipeline_actions.LambdaInvokeAction(
                            action_name="Deploy", lambda_=function, inputs=[built], run_order=2
                        ),
                    ],
                ),
            ],
        )
        aws_events.Rule(
            self,
            "Push",
            event_pattern=aws_events.EventPattern(source=["aws.codecommit"], resources=[repository.repository_arn]),
            targets=[aws_events_targets.CodePipeline(pipeline)],
        )
        aws_codeconnections.CfnConnection(self, "GitHub", connection_name="github", provider_type="GitHub")
        function.add_permission("Events", principal=aws_iam.ServicePrincipal("events.amazonaws.com"))
        cdk.CfnOutput(self, "Asked", value=custom.get_att_string("Asked"))
        cdk.CfnOutput(self, "Images", value=base.repository.repository_uri)


app = cdk.App()
base = Base(app, "Base")
Delivery(app, "Delivery", base)
app.synth()
sys.exit(0)
