"""A cluster's name → its API server, and a token that says who we are."""

import base64
from dataclasses import dataclass

import boto3
from botocore.exceptions import ClientError
from botocore.signers import RequestSigner

from namespaces.errors import NotYet

# The authenticator takes a token for 15 minutes after its signature, whatever the URL says.
EXPIRES = 60


@dataclass(frozen=True)
class ApiServer:
    endpoint: str  # https://…
    authority: str  # PEM
    token: str


def api_server(session: boto3.Session, cluster: str) -> ApiServer:
    """NotYet while the function's own policy is not in force: IAM takes some seconds."""
    try:
        described = session.client("eks").describe_cluster(name=cluster)["cluster"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "AccessDeniedException":
            raise NotYet(str(error)) from error
        raise
    authority = base64.b64decode(described["certificateAuthority"]["data"]).decode()
    return ApiServer(described["endpoint"], authority, token(session, cluster))


def token(session: boto3.Session, cluster: str) -> str:
    """A presigned GetCallerIdentity, bound to the cluster by a signed header, as `aws eks get-token` makes it."""
    client = session.client("sts")
    signer = RequestSigner(
        client.meta.service_model.service_id,
        session.region_name,
        "sts",
        "v4",
        session.get_credentials(),
        session.events,
    )
    request = {
        "method": "GET",
        "url": f"{client.meta.endpoint_url}/?Action=GetCallerIdentity&Version=2011-06-15",
        "body": {},
        "headers": {"x-k8s-aws-id": cluster},
        "context": {},
    }
    url = signer.generate_presigned_url(request, operation_name="", expires_in=EXPIRES, region_name=session.region_name)
    return "k8s-aws-v1." + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")
