"""Which resource an operation is about: the service authorization reference, as far as roles here need it.

Per service, ARN templates in order of particularity: the first whose parameters are all in the request is the
resource. A parameter that already is an ARN is taken as it is. No template fits: the resource is `*`, which only
a statement with `Resource: "*"` allows.
"""

# What follows "arn:aws:SERVICE:REGION:ACCOUNT:" unless the template is a whole ARN or names a parameter alone.
TEMPLATES: dict[str, tuple[str, ...]] = {
    "dynamodb": (
        "table/{TableName}/index/{IndexName}",
        "table/{TableName}",
        "{ResourceArn}",
        "{TableArn}",
        "{StreamArn}",
        "{BackupArn}",
        "{ExportArn}",
    ),
    "ecr": ("repository/{repositoryName}", "{resourceArn}"),
    "eks": (
        "access-entry/{name}/{principalArn}",
        "nodegroup/{name}/{nodegroupName}/*",
        "addon/{name}/{addonName}/*",
        "cluster/{name}",
        "cluster/{clusterName}",
        "{resourceArn}",
    ),
    "codepipeline": (
        "{pipelineName}/{stageName}/{actionName}",
        "{pipelineName}/{stageName}",
        "{pipelineName}",
        "{pipeline.name}",
        "webhook:{webhook.name}",
        "{name}",
        "{resourceArn}",
    ),
    "codebuild": (
        "project/{projectName}",
        "report-group/{reportGroupName}",
        "{reportGroupArn}",
        "{projectArn}",
        "{resourceArn}",
        "project/{name}",
        "{arn}",
    ),
    "codecommit": ("{repositoryName}", "{resourceArn}"),
    "lambda": (
        "function:{FunctionName}",
        "layer:{LayerName}:{VersionNumber}",
        "layer:{LayerName}",
        "event-source-mapping:{UUID}",
        "{ARN}",
        "{Resource}",
        "{Arn}",
    ),
    "logs": (
        "log-group:{logGroupName}:log-stream:{logStreamName}",
        "log-group:{logGroupName}:log-stream:",
        "{logGroupIdentifier}",
        "log-group:{logGroupNamePrefix}:log-stream:",
        "{resourceArn}",
    ),
    "kms": ("key/{KeyId}", "{AliasName}"),
    # A secret's ARN ends in six characters that a caller who names it does not know.
    "secretsmanager": ("secret:{SecretId}-??????", "secret:{Name}-??????"),
    "ssm": ("parameter/{Name}", "parameter/{Path}"),
    "cloudformation": ("stack/{StackName}/*", "changeSet/{ChangeSetName}/*"),
    "sts": ("{RoleArn}",),
    "iam": (
        "arn:aws:iam::{account}:role/{RoleName}",
        "{PolicyArn}",
        "arn:aws:iam::{account}:user/{UserName}",
        "arn:aws:iam::{account}:group/{GroupName}",
        "arn:aws:iam::{account}:instance-profile/{InstanceProfileName}",
        "arn:aws:iam::{account}:policy/{PolicyName}",
    ),
    "events": (
        "{EventBusArn}",
        "rule/{EventBusName}/{Rule}",
        "rule/{Rule}",
        "rule/{EventBusName}/{Name}",
        "rule/{Name}",
        "{ResourceARN}",
    ),
    "sns": ("{TopicArn}", "{ResourceArn}", "{TargetArn}", "{Name}"),
    "sqs": ("{QueueName}",),
    "states": ("{stateMachineArn}", "{executionArn}", "{resourceArn}", "stateMachine:{name}"),
    "codeconnections": ("{ConnectionArn}", "{HostArn}", "{ResourceArn}"),
    "codestar-connections": ("{ConnectionArn}", "{HostArn}", "{ResourceArn}"),
    "cloudwatch": ("{ResourceARN}", "alarm:{AlarmName}"),
}

# Operations that have no resource of their own although their parameters look as if they had.
WITHOUT_RESOURCE: frozenset[str] = frozenset(
    (
        "ssm:DescribeParameters",
        "sts:GetCallerIdentity",
        "sts:GetAccessKeyInfo",
        "cloudwatch:PutMetricData",
        "cloudwatch:GetMetricData",
        "cloudwatch:GetMetricStatistics",
        "lambda:ListFunctions",
        "kms:CreateKey",
        "codebuild:ListProjects",
    )
)

# Which operation hands a role to a service, and where in its parameters: it also needs iam:PassRole on that role.
PASSED_ROLES: dict[str, str] = {
    "cloudformation:CreateStack": "RoleARN",
    "cloudformation:UpdateStack": "RoleARN",
    "cloudformation:DeleteStack": "RoleARN",
    "cloudformation:CreateChangeSet": "RoleARN",
    "lambda:CreateFunction": "Role",
    "lambda:UpdateFunctionConfiguration": "Role",
    "codebuild:CreateProject": "serviceRole",
    "codebuild:UpdateProject": "serviceRole",
    "codepipeline:CreatePipeline": "pipeline.roleArn",
    "codepipeline:UpdatePipeline": "pipeline.roleArn",
    "eks:CreateCluster": "roleArn",
    "eks:CreateNodegroup": "nodeRole",
    "events:PutRule": "RoleArn",
}
