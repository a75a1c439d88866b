"""What all tests share: the running machine, and the rule that nothing is skipped where everything can run."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from cli.environment import exports
from local.settings import CHECKOUT, Home

SHIPLINE = Path(sys.executable).parent / "shipline"


@dataclass
class RunningMachine:
    """A machine of the tests' own, in a folder of its own, driven by the same command as a user's."""

    home: Home
    environ: dict[str, str]  # what `shipline env` exports, on top of the process's own

    def client(self, service: str, account: str = "", region: str = "") -> Any:
        """A boto3 client of an account's owner, the machine's own by default."""
        access_key, secret_key = self.home.owner_keys(account or self.home.account)
        return boto3.client(
            service,
            endpoint_url=self.home.endpoint_url,
            region_name=region or self.home.region,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
        )

    def bootstrap(self, account: str, region: str) -> None:
        """CDK's roles in another account or region, which trust the machine's own account."""
        administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
        trust = ["--trust", self.home.account, "--cloudformation-execution-policies", administrator]
        told = exports(self.home, self.environ, account, region)
        where = f"aws://{account}/{region}"
        self.run("cdk", "bootstrap", where, *trust, cwd=self.home.root, env={**self.environ, **told})

    def make_cluster(self, name: str, account: str = "", region: str = "") -> None:
        """One that is there already, as far as a service is concerned."""
        ec2 = self.client("ec2", account, region)
        subnets = [each["SubnetId"] for each in ec2.describe_subnets()["Subnets"][:2]]
        self.client("eks", account, region).create_cluster(
            name=name,
            roleArn=f"arn:aws:iam::{account or self.home.account}:role/{name}",
            resourcesVpcConfig={"subnetIds": subnets, "endpointPublicAccess": True},
            accessConfig={"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False},
        )

    def run(
        self, *argv: str, timeout: float = 300, check: bool = True, **more: Any
    ) -> "subprocess.CompletedProcess[str]":
        """A stock tool in the environment that `shipline env` gives; its output is in the failure."""
        done = subprocess.run(
            argv,
            text=True,
            capture_output=True,
            timeout=timeout,
            check=False,
            **{"cwd": CHECKOUT, "env": self.environ, **more},
        )
        if check and done.returncode:
            raise AssertionError(f"{' '.join(argv)} exited {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def up(self) -> None:
        self.run(str(SHIPLINE), "up")

    def kill(self) -> None:
        """The machine dies as by the kernel's hand: nothing is told, nothing is closed."""
        pid = int((self.home.run / "machine.pid").read_text())
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
            time.sleep(0.02)


@pytest.fixture(scope="session")
def machine() -> Iterator[RunningMachine]:
    # A short path: sockets below it must fit into the 107 bytes of a socket's address.
    root = Path(tempfile.mkdtemp(prefix="shipline-"))
    environ = {**os.environ, "SHIPLINE_HOME": str(root)}
    subprocess.run([SHIPLINE, "up"], env=environ, check=True)
    try:
        exported = subprocess.run(
            [SHIPLINE, "env", "--output", "json"], env=environ, check=True, capture_output=True, text=True
        ).stdout
        yield RunningMachine(Home.open(environ), environ | json.loads(exported))
    finally:
        subprocess.run([SHIPLINE, "down"], env=environ, check=True)
        shutil.rmtree(root)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A skipped or xfailed test fails the run on a machine where everything can run."""
    from local.toolchain import problems  # not at import: unit tests of one room need no other room

    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    left_out = sum(len(reporter.stats.get(kind, [])) for kind in ("skipped", "xfailed", "xpassed")) if reporter else 0
    if left_out and not problems() and session.exitstatus == 0:
        reporter.write_line(
            f"{left_out} tests were skipped or expected to fail: none may be, on this machine", red=True
        )
        session.exitstatus = 1
