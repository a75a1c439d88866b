"""The role that a deployer takes where its target is in another account or region.

Its own role may take that one alone, and that one trusts nobody else. A session lasts longer than any invocation, so
each invocation takes it once.
"""

from typing import Any

from deployer.errors import Fatal, Unavailable
from deployer.kube.token import AwsKeys
from deployer.target import Role

LASTS = 3600  # seconds: as long as a role that was taken by a role may last, four times as long as a function runs


def keys_of(client: Any, role: Role, session: str) -> AwsKeys:
    """The role's keys. `client` is boto3's for STS; `session` names who is at work, in the target account's trail."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        found = client.assume_role(
            RoleArn=role.arn, RoleSessionName=session, ExternalId=role.external_id, DurationSeconds=LASTS
        )["Credentials"]
    except ClientError as error:
        told = error.response["Error"]
        raise Fatal(
            f"{told.get('Code', '')}: {told.get('Message', '')}",
            subject=f"role {role.arn}",
            remedy="The target's stack makes it, and trusts this function's role when it says the ExternalId "
            f"{role.external_id}: deploy the stacks again (`cdk deploy --all`).",
            kind="PermissionError",
        ) from error
    except BotoCoreError as error:
        raise Unavailable(str(error), subject=f"role {role.arn}") from error
    return AwsKeys(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])
