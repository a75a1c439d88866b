"""What `shipline env` exports: the variables that point any shell's stock tools at this machine."""

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from local.settings import Home

# A profile or a session of a real account would win over, or be mixed with, this machine's keys.
UNSET = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN")

LOCAL_HOSTS = ("127.0.0.1", "localhost")


def exports(
    home: Home, environ: Mapping[str, str], account: str | None = None, region: str | None = None
) -> dict[str, str]:
    """Variable → value; what the user's own environment holds in lists (PATH, git's settings) is kept. The owner's keys
    are those of `account`; without one the machine's own is meant."""
    account, region = account or home.account, region or home.region
    access_key, secret_key = home.owner_keys(account)
    return {
        "AWS_ENDPOINT_URL": home.endpoint_url,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": access_key,
        "AWS_SECRET_ACCESS_KEY": secret_key,
        "AWS_EC2_METADATA_DISABLED": "true",
        "CDK_DEFAULT_ACCOUNT": account,
        "CDK_DEFAULT_REGION": region,
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
        "KUBECONFIG": str(home.kubeconfig),
        "DOCKER_HOST": f"unix://{home.engine_socket}",
        # Programs differ in which of the two spellings they read.
        "NO_PROXY": _joined(",", LOCAL_HOSTS, environ.get("NO_PROXY", "")),
        "no_proxy": _joined(",", LOCAL_HOSTS, environ.get("no_proxy", "")),
        "PATH": _joined(":", tool_folders(home), environ.get("PATH", "")),
        **git_settings(home, environ),
    }


def tool_folders(home: Home) -> tuple[str, ...]:
    """This environment's programs (aws, shipline, node), then those of the toolchain (cdk, helm, kubectl)."""
    return (str(Path(sys.executable).parent), str(home.tools / "bin"))


def child_environment(
    home: Home, environ: Mapping[str, str], account: str | None = None, region: str | None = None
) -> dict[str, str]:
    """A whole environment for a program that is to work with this machine and no other."""
    kept = {name: value for name, value in environ.items() if name not in UNSET}
    return {**kept, **exports(home, environ, account, region)}


def git_settings(home: Home, environ: Mapping[str, str]) -> dict[str, str]:
    """Git asks the AWS CLI for a password, as CodeCommit's users do; for this machine's URL, and no other one."""
    section = f"credential.{home.endpoint_url}"
    aws = shlex.quote(str(Path(sys.executable).parent / "aws"))
    ours = [
        (f"{section}.helper", ""),  # forgets the helpers that were set before: none of them shall store this password
        # `get` alone knows the option, without which the helper answers for amazonaws.com only.
        (
            f"{section}.helper",
            f"!f() {{ test $1 != get || {aws} codecommit credential-helper get --ignore-host-check; }}; f",
        ),
        (f"{section}.useHttpPath", "true"),
    ]
    count = int(environ.get("GIT_CONFIG_COUNT") or 0)
    theirs = [(environ.get(f"GIT_CONFIG_KEY_{i}", ""), environ.get(f"GIT_CONFIG_VALUE_{i}", "")) for i in range(count)]
    pairs = [pair for pair in theirs if not pair[0].startswith(f"{section}.")] + ours
    settings = {"GIT_CONFIG_COUNT": str(len(pairs))}
    for i, (key, value) in enumerate(pairs):
        settings |= {f"GIT_CONFIG_KEY_{i}": key, f"GIT_CONFIG_VALUE_{i}": value}
    return settings


def shell_lines(variables: Mapping[str, str]) -> list[str]:
    """Lines for a POSIX shell's `eval`."""
    return [
        f"unset {' '.join(UNSET)}",
        *(f"export {name}={shlex.quote(value)}" for name, value in variables.items()),
    ]


def _joined(separator: str, first: tuple[str, ...], rest: str) -> str:
    """`first`, then what `rest` has beyond that."""
    return separator.join([*first, *(part for part in rest.split(separator) if part and part not in first)])
