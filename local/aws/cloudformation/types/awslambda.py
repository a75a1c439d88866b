"""Functions, versions, aliases, layers and permissions, through Lambda's own API."""

import io
import zipfile
from typing import Any

from local.aws.clients import Aws
from local.aws.cloudformation.convert import arguments
from local.aws.cloudformation.resource import Deployed, Desired, made
from local.aws.cloudformation.types.base import Api, forgiving, tags_of

NOT_CONFIGURATION = {"Code", "FunctionName", "Tags", "ReservedConcurrentExecutions", "PackageType", "Architectures"}
# Of a function, what CloudFormation says in the same template but other operations take.
ELSEWHERE = {"ReservedConcurrentExecutions", "RuntimeManagementConfig", "RecursiveLoop"}


class Function:
    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    def create(self, desired: Desired) -> Deployed:
        client, said = self.aws.client("lambda"), dict(desired.properties)
        said.setdefault("FunctionName", desired.name)
        code = said.pop("Code")
        given = arguments(client, "CreateFunction", {k: v for k, v in said.items() if k not in ELSEWHERE})
        given["Code"] = _code(client, "CreateFunction", code, said)
        answer = client.create_function(**given)
        self._concurrency(answer["FunctionName"], said)
        return made(desired, answer["FunctionName"], {"Arn": answer["FunctionArn"]})

    def update(self, deployed: Deployed, desired: Desired) -> Deployed:
        client, name, said = self.aws.client("lambda"), deployed.physical_resource_id, desired.properties
        if said["Code"] != deployed.properties["Code"]:
            client.update_function_code(FunctionName=name, **_code(client, "CreateFunction", said["Code"], said))
        settings = {k: v for k, v in said.items() if k not in NOT_CONFIGURATION | ELSEWHERE}
        given = arguments(client, "UpdateFunctionConfiguration", settings)
        given.setdefault("Environment", {"Variables": {}})
        given.setdefault("Layers", [])
        client.update_function_configuration(FunctionName=name, **given)
        self._retag(deployed, said)
        self._concurrency(name, said)
        return made(desired, name, deployed.attributes)

    def delete(self, deployed: Deployed) -> None:
        forgiving(self.aws.client("lambda"), "DeleteFunction", {"FunctionName": deployed.physical_resource_id})

    def _retag(self, deployed: Deployed, said: dict[str, Any]) -> None:
        client, arn = self.aws.client("lambda"), deployed.attributes["Arn"]
        before, now = tags_of(deployed.properties), tags_of(said)
        if before.keys() - now.keys():
            client.untag_resource(Resource=arn, TagKeys=sorted(before.keys() - now.keys()))
        if now != before and now:
            client.tag_resource(Resource=arn, Tags=now)

    def _concurrency(self, name: str, said: dict[str, Any]) -> None:
        if "ReservedConcurrentExecutions" in said:
            self.aws.client("lambda").put_function_concurrency(
                FunctionName=name, ReservedConcurrentExecutions=int(said["ReservedConcurrentExecutions"])
            )


def _code(client: Any, operation: str, code: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    """Inline code becomes the zip of one file, `index.py` or `index.js`, that CloudFormation makes of it."""
    if "ZipFile" not in code:
        shape = client.meta.service_model.operation_model(operation).input_shape.members["Code"]
        return {key: value for key, value in code.items() if key in shape.members}
    buffer = io.BytesIO()
    name = "index.py" if said.get("Runtime", "").startswith("python") else "index.js"
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), code["ZipFile"])
    return {"ZipFile": buffer.getvalue()}


VERSION = Api(
    service="lambda",
    create="PublishVersion",
    identifier="output.FunctionArn",
    attributes={"Version": "output.Version", "FunctionArn": "output.FunctionArn"},
    delete="DeleteFunction",
    delete_with={"FunctionName": "properties.FunctionName", "Qualifier": "attributes.Version"},
)
ALIAS = Api(
    service="lambda",
    create="CreateAlias",
    identifier="output.AliasArn",
    attributes={"AliasArn": "output.AliasArn"},
    update="UpdateAlias",
    update_with={"FunctionName": "properties.FunctionName", "Name": "properties.Name"},
    update_only=frozenset({"FunctionVersion", "Description", "RoutingConfig"}),
    delete="DeleteAlias",
    delete_with={"FunctionName": "properties.FunctionName", "Name": "properties.Name"},
)


class LayerVersion:
    """Immutable: every change is a new version, with a number of its own."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    def create(self, desired: Desired) -> Deployed:
        client, said = self.aws.client("lambda"), dict(desired.properties)
        said.setdefault("LayerName", desired.name)
        answer = client.publish_layer_version(**arguments(client, "PublishLayerVersion", said))
        known = {"LayerVersionArn": answer["LayerVersionArn"], "LayerName": said["LayerName"]}
        return made(desired, answer["LayerVersionArn"], known | {"Version": answer["Version"]})

    def update(self, deployed: Deployed, desired: Desired) -> Deployed:
        fresh = self.create(desired)
        self.delete(deployed)
        return fresh

    def delete(self, deployed: Deployed) -> None:
        forgiving(
            self.aws.client("lambda"),
            "DeleteLayerVersion",
            {"LayerName": deployed.attributes["LayerName"], "VersionNumber": int(deployed.attributes["Version"])},
        )


class Permission:
    """One statement of a function's own policy; a change is a new statement."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    def create(self, desired: Desired) -> Deployed:
        client = self.aws.client("lambda")
        given = arguments(client, "AddPermission", desired.properties) | {"StatementId": desired.name}
        client.add_permission(**given)
        return made(desired, desired.name, {"Id": desired.name})

    def update(self, deployed: Deployed, desired: Desired) -> Deployed:
        self.delete(deployed)
        return self.create(desired)

    def delete(self, deployed: Deployed) -> None:
        forgiving(
            self.aws.client("lambda"),
            "RemovePermission",
            {"FunctionName": deployed.properties["FunctionName"], "StatementId": deployed.physical_resource_id},
        )
