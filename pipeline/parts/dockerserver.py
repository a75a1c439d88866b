"""The docker server of a CodeBuild project: a machine that keeps the layers of its builds."""

from aws_cdk import aws_codebuild as codebuild

from pipeline.config.builders.plan import DockerServer


def give_docker_server(project: codebuild.Project, server: DockerServer) -> None:
    """CDK's own words for it want security groups as constructs; these are ids."""
    groups = {"SecurityGroupIds": list(server.security_groups)} if server.security_groups else {}
    resource = project.node.default_child
    assert isinstance(resource, codebuild.CfnProject)
    told = {"ComputeType": f"BUILD_GENERAL1_{server.size.upper()}", **groups}
    resource.add_property_override("Environment.DockerServer", told)
