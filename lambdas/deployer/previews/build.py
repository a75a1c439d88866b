"""Which pull request a build is of: by CodeBuild's own word, since the build itself runs whatever its branch says."""

import re
from typing import Any

from deployer.aws import failed
from deployer.errors import Fatal

SOURCE = re.compile(r"pr/([1-9][0-9]{0,6})")  # of a build that GitHub's webhook started for a pull request


def pull_request(codebuild: Any, build: str, project: str) -> int:
    """Fatal unless the build is one of the project, runs now, and was started for a pull request."""
    from botocore.exceptions import ClientError

    if build.partition(":")[0] != project:  # nor may the role ask about others
        raise _bad(build, f"it is none of {project}")
    try:
        found = codebuild.batch_get_builds(ids=[build])["builds"]
    except ClientError as error:
        raise failed(error, f"build {build}") from error
    if not found or found[0]["projectName"] != project:
        raise _bad(build, f"{project} has no such build")
    if found[0]["buildStatus"] != "IN_PROGRESS":
        raise _bad(build, f"it has ended ({found[0]['buildStatus']})")
    source = SOURCE.fullmatch(str(found[0].get("sourceVersion") or ""))
    if source is None:
        raise _bad(build, "it was not started for a pull request")
    return int(source[1])


def _bad(build: str, reason: str) -> Fatal:
    return Fatal(f"{reason}.", subject=f"build {build}", kind="PermissionError")
