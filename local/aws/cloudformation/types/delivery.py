"""CodeCommit, CodeBuild and CodePipeline: the template's words become the API's, and the API does the rest."""

from typing import Any

from local.aws.clients import Aws
from local.aws.cloudformation.convert import api, arguments
from local.aws.cloudformation.resource import Deployed, Desired, ResourceFailed, made
from local.aws.cloudformation.types.base import Api, forgiving

REPORT_GROUP = Api(
    service="codebuild",
    create="CreateReportGroup",
    name="Name",
    identifier="output.reportGroup.arn",
    attributes={"Arn": "output.reportGroup.arn"},
    update="UpdateReportGroup",
    update_with={"arn": "id"},
    update_only=frozenset({"ExportConfig", "Tags"}),
    settings=frozenset({"DeleteReports"}),
    delete="DeleteReportGroup",
    delete_with={"arn": "id", "deleteReports": "properties.DeleteReports == `true`"},
)


class Project:
    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    @property
    def codebuild(self) -> Any:
        return self.aws.client("codebuild")

    def create(self, desired: Desired) -> Deployed:
        given = self._arguments("CreateProject", {"Name": desired.name, **desired.properties})
        project = self.codebuild.create_project(**given)["project"]
        return made(desired, project["name"], {"Arn": project["arn"]})

    def update(self, deployed: Deployed, desired: Desired) -> Deployed:
        said = {**desired.properties, "Name": deployed.physical_resource_id}
        self.codebuild.update_project(**self._arguments("UpdateProject", said))
        return made(desired, deployed.physical_resource_id, deployed.attributes)

    def delete(self, deployed: Deployed) -> None:
        forgiving(self.codebuild, "DeleteProject", {"name": deployed.physical_resource_id})

    def _arguments(self, operation: str, said: dict[str, Any]) -> dict[str, Any]:
        if said.get("Visibility", "PRIVATE") != "PRIVATE":
            raise ResourceFailed("the local AWS does not have public builds (Visibility)")
        # Nobody outside can call a webhook of this machine's.
        said = {key: value for key, value in said.items() if key not in ("Visibility", "Triggers")}
        return arguments(self.codebuild, operation, said)


class Repository:
    """`Code` is the first commit; everything else is CodeCommit's own."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    @property
    def codecommit(self) -> Any:
        return self.aws.client("codecommit")

    def create(self, desired: Desired) -> Deployed:
        refused = {"Code", "Triggers"} & desired.properties.keys()
        if refused:
            raise ResourceFailed(f"the local AWS does not have {', '.join(sorted(refused))} of CodeCommit repositories")
        given = arguments(self.codecommit, "CreateRepository", desired.properties)
        found = self.codecommit.create_repository(**given)["repositoryMetadata"]
        known = {
            "Arn": found["Arn"],
            "Name": found["repositoryName"],
            "CloneUrlHttp": found["cloneUrlHttp"],
            "CloneUrlSsh": found.get("cloneUrlSsh", ""),
        }
        return made(desired, found["repositoryId"], known)

    def update(self, deployed: Deployed, desired: Desired) -> Deployed:
        name, description = deployed.attributes["Name"], desired.properties.get("RepositoryDescription", "")
        if description != deployed.properties.get("RepositoryDescription", ""):
            self.codecommit.update_repository_description(repositoryName=name, repositoryDescription=description)
        return made(desired, deployed.physical_resource_id, deployed.attributes)

    def delete(self, deployed: Deployed) -> None:
        forgiving(self.codecommit, "DeleteRepository", {"repositoryName": deployed.attributes["Name"]})


PIPELINE_ELSEWHERE = {"DisableInboundStageTransitions", "RestartExecutionOnUpdate", "Tags"}


class Pipeline:
    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    @property
    def codepipeline(self) -> Any:
        return self.aws.client("codepipeline")

    def create(self, desired: Desired) -> Deployed:
        said = desired.properties
        name = said.get("Name", desired.name)
        tags = {"tags": self._tags(said)} if said.get("Tags") else {}
        answer = self.codepipeline.create_pipeline(pipeline=self._declaration(name, said), **tags)["pipeline"]
        self._transitions(name, [], said.get("DisableInboundStageTransitions", []))
        return made(desired, name, {"Version": str(answer["version"])})

    def update(self, deployed: Deployed, desired: Desired) -> Deployed:
        said, name = desired.properties, deployed.physical_resource_id
        answer = self.codepipeline.update_pipeline(pipeline=self._declaration(name, said))["pipeline"]
        key = "DisableInboundStageTransitions"
        self._transitions(name, deployed.properties.get(key, []), said.get(key, []))
        if str(said.get("RestartExecutionOnUpdate", "false")).lower() == "true":
            self.codepipeline.start_pipeline_execution(name=name)
        return made(desired, name, {"Version": str(answer["version"])})

    def delete(self, deployed: Deployed) -> None:
        forgiving(self.codepipeline, "DeletePipeline", {"name": deployed.physical_resource_id})

    def _declaration(self, name: str, said: dict[str, Any]) -> dict[str, Any]:
        kept = {key: value for key, value in said.items() if key not in PIPELINE_ELSEWHERE} | {"Name": name}
        if "ArtifactStores" in kept:
            kept["ArtifactStores"] = {each["Region"]: each["ArtifactStore"] for each in kept["ArtifactStores"]}
        shape = self.codepipeline.meta.service_model.operation_model("CreatePipeline").input_shape.members["pipeline"]
        return dict(api(shape, kept, ""))

    def _tags(self, said: dict[str, Any]) -> list[dict[str, str]]:
        return [{"key": tag["Key"], "value": tag["Value"]} for tag in said["Tags"]]

    def _transitions(self, name: str, before: list[dict[str, Any]], now: list[dict[str, Any]]) -> None:
        common = {"pipelineName": name, "transitionType": "Inbound"}
        for stage in now:
            self.codepipeline.disable_stage_transition(**common, stageName=stage["StageName"], reason=stage["Reason"])
        for stage in {each["StageName"] for each in before} - {each["StageName"] for each in now}:
            self.codepipeline.enable_stage_transition(**common, stageName=stage)
