"""The action types that AWS knows: how many artifacts they take and which settings they must have."""

from dataclasses import dataclass

from local.codepipeline.model import ActionType

COMMANDS, EXPORTED, FILES = "Commands", "OutputVariables", "Files"  # of a compute action, beside its configuration


@dataclass(frozen=True)
class Limits:
    inputs: tuple[int, int]
    outputs: tuple[int, int]
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


def _aws(category: str, provider: str) -> ActionType:
    return ActionType(category, "AWS", provider, "1")


# AWS documentation, "Action structure reference": artifact counts and required configuration per provider.
KNOWN: dict[ActionType, Limits] = {
    _aws("Source", "CodeCommit"): Limits(
        (0, 0), (1, 1), ("RepositoryName", "BranchName"), ("PollForSourceChanges", "OutputArtifactFormat")
    ),
    _aws("Source", "CodeStarSourceConnection"): Limits(
        (0, 0), (1, 1), ("ConnectionArn", "FullRepositoryId", "BranchName"), ("OutputArtifactFormat", "DetectChanges")
    ),
    _aws("Source", "S3"): Limits((0, 0), (1, 1), ("S3Bucket", "S3ObjectKey"), ("PollForSourceChanges",)),
    _aws("Source", "ECR"): Limits((0, 0), (1, 1), ("RepositoryName",), ("ImageTag",)),
    ActionType("Source", "ThirdParty", "GitHub", "1"): Limits(
        (0, 0), (1, 1), ("Owner", "Repo", "Branch", "OAuthToken"), ("PollForSourceChanges",)
    ),
    _aws("Build", "CodeBuild"): Limits(
        (1, 5),
        (0, 5),
        ("ProjectName",),
        ("PrimarySource", "EnvironmentVariables", "BatchEnabled", "CombineArtifacts"),
    ),
    _aws("Test", "CodeBuild"): Limits(
        (1, 5),
        (0, 5),
        ("ProjectName",),
        ("PrimarySource", "EnvironmentVariables", "BatchEnabled", "CombineArtifacts"),
    ),
    _aws("Build", "ECRBuildAndPublish"): Limits((1, 1), (0, 0), ("ECRRepositoryName",)),
    _aws("Test", "DeviceFarm"): Limits((1, 1), (0, 0), ("AppType", "DevicePoolArn", "ProjectId")),
    _aws("Compute", "Commands"): Limits((1, 10), (0, 1), (COMMANDS,)),
    _aws("Invoke", "Lambda"): Limits((0, 5), (0, 5), ("FunctionName",), ("UserParameters",)),
    _aws("Invoke", "StepFunctions"): Limits((0, 1), (0, 1), ("StateMachineArn",)),
    _aws("Invoke", "CodePipeline"): Limits((0, 0), (0, 0), ("PipelineName",)),
    _aws("Invoke", "InspectorScan"): Limits((1, 1), (0, 1), ("InspectorRunMode",)),
    _aws("Approval", "Manual"): Limits((0, 0), (0, 0), (), ("CustomData", "ExternalEntityLink", "NotificationArn")),
    _aws("Deploy", "AppConfig"): Limits((1, 1), (0, 0), ("Application", "Environment", "ConfigurationProfile")),
    _aws("Deploy", "CloudFormation"): Limits((0, 10), (0, 1), ("ActionMode", "StackName")),
    _aws("Deploy", "CloudFormationStackSet"): Limits((1, 10), (0, 0), ("StackSetName", "TemplatePath")),
    _aws("Deploy", "CodeDeploy"): Limits((1, 1), (0, 0), ("ApplicationName", "DeploymentGroupName")),
    _aws("Deploy", "CodeDeployToECS"): Limits((1, 5), (0, 0), ("ApplicationName", "DeploymentGroupName")),
    _aws("Deploy", "EC2"): Limits((1, 1), (0, 0), ("InstanceTagKey", "InstanceType")),
    _aws("Deploy", "ECS"): Limits((1, 1), (0, 0), ("ClusterName", "ServiceName")),
    _aws("Deploy", "EKS"): Limits(
        (1, 1),
        (0, 0),
        ("ClusterName",),
        (
            *("HelmChartLocation", "HelmReleaseName", "HelmValuesFiles"),
            *("ManifestFiles", "Namespace", "SecurityGroupIds", "Subnets"),
        ),
    ),
    _aws("Deploy", "ElasticBeanstalk"): Limits((1, 1), (0, 0), ("ApplicationName", "EnvironmentName")),
    _aws("Deploy", "Lambda"): Limits((1, 1), (0, 0), ("FunctionName",)),
    _aws("Deploy", "S3"): Limits((1, 1), (0, 0), ("BucketName", "Extract")),
    _aws("Deploy", "ServiceCatalog"): Limits((1, 1), (0, 0), ("ProductId",)),
}
