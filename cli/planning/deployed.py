"""What CloudFormation has: each stack's template, and whether it can be updated."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cli.errors import CommandError
from cli.planning.template import Template

DENIED = ("AccessDenied", "AccessDeniedException", "ExpiredToken", "InvalidClientTokenId", "SignatureDoesNotMatch")
ABSENT = ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE")  # a stack of these has no resources
# Status of a stack that was never made whole → what to do.
FAILED_CREATIONS = {
    "ROLLBACK_COMPLETE": "cdk deploy deletes it by itself, and makes it anew",
    "ROLLBACK_FAILED": "delete it: aws cloudformation delete-stack --stack-name {name}",
    "CREATE_FAILED": "delete it: aws cloudformation delete-stack --stack-name {name}",
}
REMEDIES = {
    "DELETE_FAILED": "its events say what held it; then: aws cloudformation delete-stack --stack-name {name}",
    "UPDATE_FAILED": "take the failed update back: aws cloudformation rollback-stack --stack-name {name}",
    "UPDATE_ROLLBACK_FAILED": "end the way back: aws cloudformation continue-update-rollback --stack-name {name}",
    "IMPORT_ROLLBACK_FAILED": "end the way back: aws cloudformation continue-update-rollback --stack-name {name}",
}


@dataclass(frozen=True)
class Deployed:
    """`status` is empty for a stack that is not there; `remedy` for one that takes an update."""

    name: str
    status: str = ""
    template: Template = field(default_factory=dict)
    note: str = ""
    remedy: str = ""


def read(cloudformation: Any, name: str) -> Deployed:
    """CommandError (2) when the identity may not read it."""
    found = _asked(name, lambda: cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])
    if found is None or found in ABSENT:
        return Deployed(name, note="is not there yet: all of it is new")
    if found in FAILED_CREATIONS:
        note = f"was never made whole ({found}): all of it is new, once what is left of it is deleted"
        return Deployed(name, found, note=note, remedy=FAILED_CREATIONS[found].format(name=name))
    body = _asked(name, lambda: cloudformation.get_template(StackName=name, TemplateStage="Original")["TemplateBody"])
    if not isinstance(body, Mapping):  # boto3 reads JSON, and leaves other text as it is
        raise CommandError(f"the template of {name} is no JSON: another tool than CDK has deployed it")
    return Deployed(name, found, body, *_obstacle(name, found))


def _asked(name: str, call: Callable[[], Any]) -> Any:
    """The answer; None when CloudFormation says that there is no such stack."""
    from botocore.exceptions import ClientError

    try:
        return call()
    except ClientError as error:
        told = error.response["Error"]
        if told["Code"] == "ValidationError" and "does not exist" in told["Message"]:
            return None
        if told["Code"] in DENIED:
            raise CommandError(
                f"CloudFormation does not tell what is deployed of {name}: {told['Message']}",
                "allow your identity cloudformation:DescribeStacks and cloudformation:GetTemplate, or log in anew",
            ) from error
        raise


def _obstacle(name: str, status: str) -> tuple[str, str]:
    """Why the stack takes no update now, and what to do; nothing for one that does."""
    if status.endswith("_IN_PROGRESS"):
        remedy = f"plan again when it has ended: aws cloudformation describe-stacks --stack-name {name}"
        return f"takes no update now ({status}); compared with the template that it has at this moment", remedy
    if status in REMEDIES:
        return f"takes no update as it is ({status})", REMEDIES[status].format(name=name)
    return "", ""
