"""Which provider makes which CloudFormation type."""

from collections.abc import Callable

from local.aws.clients import Aws
from local.aws.cloudformation.resource import Provider
from local.aws.cloudformation.types import awslambda, delivery, dynamodb, ec2, ecr, eks, iam, records, s3, secrets
from local.aws.cloudformation.types.base import Api, ApiType
from local.aws.cloudformation.types.metadata import Metadata


def _described(api: Api) -> Callable[[Aws], Provider]:
    return lambda aws: ApiType(aws, api)


def _network(type_name: str) -> Callable[[Aws], Provider]:
    return lambda aws: ec2.Ec2(aws, type_name)


PROVIDERS: dict[str, Callable[[Aws], Provider]] = {
    "AWS::CDK::Metadata": Metadata,
    "AWS::CloudWatch::Alarm": _described(records.ALARM),
    "AWS::CodeBuild::Project": delivery.Project,
    "AWS::CodeBuild::ReportGroup": _described(delivery.REPORT_GROUP),
    "AWS::CodeCommit::Repository": delivery.Repository,
    "AWS::CodePipeline::Pipeline": delivery.Pipeline,
    "AWS::DynamoDB::GlobalTable": dynamodb.GlobalTable,
    "AWS::DynamoDB::Table": dynamodb.Table,
    "AWS::EC2::EgressOnlyInternetGateway": ec2.EgressOnlyGateway,
    "AWS::EC2::VPCCidrBlock": _described(ec2.CIDR_BLOCK),
    "AWS::ECR::Repository": ecr.Repository,
    "AWS::EKS::AccessEntry": eks.AccessEntry,
    "AWS::EKS::Addon": _described(eks.ADDON),
    "AWS::EKS::Cluster": eks.Cluster,
    "AWS::EKS::FargateProfile": _described(eks.FARGATE),
    "AWS::EKS::Nodegroup": _described(eks.NODEGROUP),
    "AWS::EKS::PodIdentityAssociation": _described(eks.POD_IDENTITY),
    "AWS::Events::Rule": records.Rule,
    "AWS::IAM::ManagedPolicy": iam.ManagedPolicy,
    "AWS::IAM::Policy": iam.InlinePolicy,
    "AWS::IAM::Role": iam.Role,
    "AWS::KMS::Alias": _described(records.KEY_ALIAS),
    "AWS::KMS::Key": records.Key,
    "AWS::Lambda::Alias": _described(awslambda.ALIAS),
    "AWS::Lambda::Function": awslambda.Function,
    "AWS::Lambda::LayerVersion": awslambda.LayerVersion,
    "AWS::Lambda::Permission": awslambda.Permission,
    "AWS::Lambda::Version": _described(awslambda.VERSION),
    "AWS::Logs::LogGroup": records.LogGroup,
    "AWS::S3::Bucket": s3.Bucket,
    "AWS::S3::BucketPolicy": s3.BucketPolicy,
    "AWS::SNS::Subscription": _described(records.SUBSCRIPTION),
    "AWS::SNS::TopicPolicy": records.TopicPolicy,
    "AWS::SSM::Parameter": records.Parameter,
    "AWS::SecretsManager::Secret": secrets.Secret,
    **{type_name: _network(type_name) for type_name in ec2.DELETES},
    ec2.INGRESS: ec2.Ingress,
    ec2.ROUTE: ec2.Route,
    ec2.SUBNET: ec2.Subnet,
    ec2.VPC: ec2.Vpc,
}
