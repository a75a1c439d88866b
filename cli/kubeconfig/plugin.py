"""An exec plugin of a kubeconfig, run as kubectl runs it: an argv list, the user's own environment, one answer."""

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cli.errors import CommandError
from cli.kubeconfig.files import Entry
from deployer.values import dataclass

VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
TIMEOUT = 60.0  # seconds; a plugin may wait for a person
EARLY = dt.timedelta(seconds=60)  # before a token's end it is not used any more


@dataclass(frozen=True)
class Credential:
    """What a plugin answered; its repr shows nothing."""

    token: str
    certificate: str  # PEM
    key: str  # PEM
    until: dt.datetime | None

    def __repr__(self) -> str:
        return "Credential(…)"

    def fresh(self) -> bool:
        return self.until is None or dt.datetime.now(dt.UTC) < self.until - EARLY


def run_plugin(user: Entry, cluster: Entry, environ: Mapping[str, str]) -> Credential:
    """CommandError (2) with the plugin's own words when it gives no credential."""
    told = user.data.get("exec")
    if not isinstance(told, dict) or not told.get("command"):
        raise CommandError(f"user {user.name!r}: `exec` needs a command", "see the kubeconfig")
    version = str(told.get("apiVersion") or "")
    if version not in VERSIONS:
        raise CommandError(
            f"user {user.name!r}: exec plugins of {version or 'no apiVersion'} are not supported",
            f"use {VERSIONS[0]}; for EKS: aws eks update-kubeconfig",
        )
    command = _command(user, str(told["command"]), environ)
    argv = [command, *(str(part) for part in told.get("args") or [])]
    variables = {str(item["name"]): str(item["value"]) for item in told.get("env") or []}
    info = json.dumps(_info(told, version, cluster))
    try:
        done = subprocess.run(
            argv,
            env={**environ, **variables, "KUBERNETES_EXEC_INFO": info},
            stdin=None if _interactive(user, told) else subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT,
            check=False,
        )
    except FileNotFoundError as error:
        hint = str(told.get("installHint") or "install it, or put it on the PATH")
        raise CommandError(f"user {user.name!r}: the plugin {told['command']} is not there", hint) from error
    except OSError as error:
        raise CommandError(f"user {user.name!r}: {command}: {error.strerror}", "see the kubeconfig") from error
    except subprocess.TimeoutExpired as error:
        raise CommandError(f"user {user.name!r}: {command} did not answer within {TIMEOUT:.0f} s") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()[-1_000:]
        raise CommandError(f"user {user.name!r}: {command} failed with exit code {done.returncode}: {said}")
    return _credential(user, done.stdout, version)


def _command(user: Entry, command: str, environ: Mapping[str, str]) -> str:
    """As kubectl looks for it: a path is seen from the kubeconfig, a bare name from the PATH."""
    if os.sep in command:
        return str(user.folder / Path(command).expanduser())
    return shutil.which(command, path=environ.get("PATH")) or command


def _interactive(user: Entry, told: Mapping[str, Any]) -> bool:
    mode = told.get("interactiveMode") or "IfAvailable"
    if mode == "Always" and not sys.stdin.isatty():
        raise CommandError(f"user {user.name!r}: its plugin asks questions, and there is no terminal")
    return mode != "Never" and sys.stdin.isatty()


def _info(told: Mapping[str, Any], version: str, cluster: Entry) -> dict[str, Any]:
    spec: dict[str, Any] = {"interactive": sys.stdin.isatty() and told.get("interactiveMode") != "Never"}
    if told.get("provideClusterInfo"):
        known = {
            "server": cluster.text("server"),
            "certificate-authority-data": cluster.text("certificate-authority-data"),
        }
        spec["cluster"] = {key: value for key, value in known.items() if value}
    return {"apiVersion": version, "kind": "ExecCredential", "spec": spec}


def _credential(user: Entry, answer: bytes, version: str) -> Credential:
    # What it answered may hold a token, so an error tells of it only that it is wrong.
    try:
        told = json.loads(answer)
        status = told["status"]
        until = status.get("expirationTimestamp")
        found = Credential(
            str(status.get("token") or ""),
            str(status.get("clientCertificateData") or ""),
            str(status.get("clientKeyData") or ""),
            dt.datetime.fromisoformat(until.replace("Z", "+00:00")) if until else None,
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CommandError(f"user {user.name!r}: its plugin's answer is no ExecCredential") from None
    if told.get("apiVersion") != version:
        raise CommandError(f"user {user.name!r}: its plugin answers in {told.get('apiVersion')}, not {version}")
    if not found.token and not (found.certificate and found.key):
        raise CommandError(f"user {user.name!r}: its plugin gave neither a token nor a certificate")
    return found
