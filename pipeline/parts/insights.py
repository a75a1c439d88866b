"""The log groups of Container Insights: made before the agent would make them without an end."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct

from pipeline.config.cluster.equipment.plan import InsightsPlan

OF_METRICS = ("performance",)
OF_LOGS = ("application", "dataplane", "host")


def log_groups(scope: Construct, cluster: str, plan: InsightsPlan) -> list[logs.CfnLogGroup]:
    made = []
    for kind in (*OF_METRICS, *(OF_LOGS if plan.logs else ())):
        name = f"/aws/containerinsights/{cluster}/{kind}"
        group = logs.CfnLogGroup(scope, f"Log-{kind}", log_group_name=name, retention_in_days=plan.days)
        group.apply_removal_policy(RemovalPolicy.DESTROY)
        made.append(group)
    return made
