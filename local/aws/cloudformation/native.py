"""Types that moto's own CloudFormation models make, for those that have no provider of ours."""

import copy
from typing import Any

from botocore.exceptions import ClientError
from moto.cloudformation.parsing import get_model_map
from moto.core.exceptions import ServiceException
from werkzeug.exceptions import HTTPException

from local.aws.clients import Aws
from local.aws.cloudformation.resource import CannotChange, Deployed, Desired, ResourceFailed, made

REFUSALS = (HTTPException, ServiceException, ClientError, ValueError, KeyError)


class Native:
    def __init__(self, aws: Aws, type_name: str) -> None:
        self.aws = aws
        self.cls: Any = get_model_map()[type_name]

    def create(self, desired: Desired) -> Deployed:
        model = self._call(
            self.cls.create_from_cloudformation_json,
            self._name(desired),
            self._document(desired.type_name, desired.properties),
            self.aws.account,
            self.aws.region,
            LogicalId=desired.logical_id,
            StackId=desired.stack_id,
            ResourceType=desired.type_name,
        )
        return made(desired, str(model.physical_resource_id), model=model)

    def update(self, deployed: Deployed, desired: Desired) -> Deployed:
        if hasattr(self.cls.update_from_cloudformation_json, "__isabstractmethod__"):
            raise CannotChange(f"the local AWS cannot change a {desired.type_name}: rename it, to make a new one")
        model = self._call(
            self.cls.update_from_cloudformation_json,
            original_resource=deployed.model,
            new_resource_name=self._name(desired) if self._is_named(desired) else deployed.physical_resource_id,
            cloudformation_json=self._document(desired.type_name, desired.properties),
            account_id=self.aws.account,
            region_name=self.aws.region,
        )
        return made(desired, str(model.physical_resource_id), model=model)

    def delete(self, deployed: Deployed) -> None:
        if hasattr(deployed.model, "delete"):
            self._call(deployed.model.delete, self.aws.account, self.aws.region)
        elif not hasattr(self.cls.delete_from_cloudformation_json, "__isabstractmethod__"):
            self._call(
                self.cls.delete_from_cloudformation_json,
                deployed.physical_resource_id,
                self._document(deployed.type_name, deployed.properties),
                self.aws.account,
                self.aws.region,
            )

    def _is_named(self, desired: Desired) -> bool:
        return self.cls.cloudformation_name_type() in desired.properties

    def _name(self, desired: Desired) -> str:
        return str(desired.properties.get(self.cls.cloudformation_name_type() or "", desired.name))

    def _document(self, type_name: str, properties: dict[str, Any]) -> dict[str, Any]:
        # moto's models write into it, and what the template says would seem to have changed with the next update.
        return {"Type": type_name, "Properties": copy.deepcopy(properties)}

    def _call(self, function: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except REFUSALS as error:
            raise ResourceFailed(str(getattr(error, "message", None) or error)) from error
