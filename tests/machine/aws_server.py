"""The machine's AWS alone, with a gate that lets everybody in: `python -m tests.machine.aws_server`.

CodePipeline, CodeBuild and functions are moto's own here, but for the functions of custom resources: one that is
called `answer-…` answers as its environment says, as a stand-in for the functions room.
"""

import json
import os
import signal
import threading
import urllib.request
from typing import Any

import boto3
from moto.awslambda.models import LambdaFunction

from local import aws
from local.context import Context, Credentials, Principal, WSGIApplication
from local.settings import Home


class OpenIdentity:
    def __init__(self, home: Home) -> None:
        self.home = home

    def assume_as_service(self, role_arn: str, service: str, session_name: str) -> Credentials:
        return Credentials("AKIAIOSFODNN7EXAMPLE", "secret", "token")

    def session(self, credentials: Credentials) -> boto3.Session:
        return self.owner_session()

    def owner_session(self) -> boto3.Session:
        os.environ["AWS_ENDPOINT_URL"] = self.home.endpoint_url
        addresses = self.home.addresses
        return boto3.Session(addresses.access_key, addresses.secret_key, region_name=self.home.region)

    def principal(self, access_key: str, session_token: str | None) -> Principal | None:
        return Principal(f"arn:aws:iam::{self.home.account}:root", self.home.account, "root")

    def check(self, principal: Principal, action: str, resource: str) -> None:
        """Everybody may."""

    def middleware(self, app: WSGIApplication) -> WSGIApplication:
        return app


class NoEvents:
    def publish(self, source: str, detail_type: str, resources: list[str], detail: dict[str, Any]) -> None:
        """Nobody listens."""


def _answer(function: LambdaFunction, event: dict[str, Any]) -> None:
    said = function.environment_vars
    if said.get("STATUS") == "SILENT":
        return
    answer = {
        "Status": said.get("STATUS", "SUCCESS"),
        "Reason": said.get("REASON", ""),
        "PhysicalResourceId": event.get("PhysicalResourceId") or event["ResourceProperties"].get("Name", "made"),
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": {"Asked": event["RequestType"], "Echo": json.dumps(event["ResourceProperties"], sort_keys=True)},
    }
    request = urllib.request.Request(event["ResponseURL"], json.dumps(answer).encode(), method="PUT")
    urllib.request.urlopen(request).close()


def _invoke(self: LambdaFunction, body: str, request_headers: Any, response_headers: Any) -> str:
    threading.Thread(target=_answer, args=(self, json.loads(body))).start()
    return "{}"


def main() -> None:
    home = Home.open()
    server = aws.create_server(home)
    context = Context(home, OpenIdentity(home), NoEvents(), server)
    LambdaFunction.invoke = _invoke
    part = aws.install(context)
    server.start(context.identity.middleware)
    part.start()
    print("ready", flush=True)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    stop.wait()
    part.stop()
    server.stop()


if __name__ == "__main__":
    main()
