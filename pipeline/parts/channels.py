"""Channels of Slack and Microsoft Teams that listen to a topic, by Amazon Q Developer in chat applications."""

from aws_cdk import Aws
from aws_cdk import aws_chatbot as chatbot
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from pipeline.config.service import Notices
from pipeline.parts.policies import allow

# What somebody in a channel may ask of the pipeline; nobody approves there: an answer is given by a person with a name.
ASKED = [
    "codepipeline:GetPipeline",
    "codepipeline:GetPipelineExecution",
    "codepipeline:GetPipelineState",
    "codepipeline:ListActionExecutions",
    "codepipeline:ListPipelineExecutions",
]
LOGGED = "ERROR"  # messages that could not be shown


class Channels(Construct):
    """Their role may ask for this pipeline's state, and the guardrail lets nobody in a channel do more."""

    def __init__(self, scope: Construct, construct_id: str, service: str, notices: Notices, topic: sns.ITopic) -> None:
        super().__init__(scope, construct_id)
        pipeline = f"arn:{Aws.PARTITION}:codepipeline:{Aws.REGION}:{Aws.ACCOUNT_ID}:{service}"
        guardrail = iam.ManagedPolicy(
            self,
            "Guardrail",
            description=f"What may be asked of {service} from a channel",
            statements=[allow(ASKED, pipeline)],
        )
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("chatbot.amazonaws.com"))
        role.add_managed_policy(guardrail)
        if notices.slack:
            chatbot.CfnSlackChannelConfiguration(
                self,
                "Slack",
                configuration_name=f"{service}-slack",
                slack_workspace_id=notices.slack.workspace,
                slack_channel_id=notices.slack.channel,
                iam_role_arn=role.role_arn,
                guardrail_policies=[guardrail.managed_policy_arn],
                sns_topic_arns=[topic.topic_arn],
                logging_level=LOGGED,
            )
        if notices.teams:
            chatbot.CfnMicrosoftTeamsChannelConfiguration(
                self,
                "Teams",
                configuration_name=f"{service}-teams",
                teams_tenant_id=notices.teams.tenant,
                team_id=notices.teams.team,
                teams_channel_id=notices.teams.channel,
                iam_role_arn=role.role_arn,
                guardrail_policies=[guardrail.managed_policy_arn],
                sns_topic_arns=[topic.topic_arn],
                logging_level=LOGGED,
            )
