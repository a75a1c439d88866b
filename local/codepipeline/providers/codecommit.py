"""Source / CodeCommit: the branch's head (or the commit that was asked for) as a zip in the artifact bucket.

AWS reads the branch and the commit with the action's role, and wants codecommit:UploadArchive for the zip.
"""

import re
from datetime import UTC, datetime

from local.codepipeline.providers import output
from local.codepipeline.runner import Done, Outcome, Refused, Work
from local.codepipeline.state import Revision
from local.codepipeline.times import iso
from local.git import Repositories, arn

GIT_TIME = re.compile(r"(\d+) [+-]\d{4}")


def fetch(work: Work) -> Outcome:
    wanted = work.run.resolved
    if wanted.get("OutputArtifactFormat", "CODE_ZIP") != "CODE_ZIP":
        return Refused(
            "ConfigurationError", "OutputArtifactFormat CODEBUILD_CLONE_REF is not available on this machine"
        )
    repository, branch = wanted["RepositoryName"], wanted["BranchName"]
    credentials = work.credentials()
    session = work.roles.open(credentials)
    codecommit = session.client("codecommit")
    override = work.run.override
    commit_id = (
        override.value
        if override and override.kind == "COMMIT_ID"
        else codecommit.get_branch(repositoryName=repository, branchName=branch)["branch"]["commitId"]
    )
    commit = codecommit.get_commit(repositoryName=repository, commitId=commit_id)["commit"]
    for action in ("UploadArchive", "GetUploadArchiveStatus"):
        work.roles.check(credentials, f"codecommit:{action}", arn(work.home, repository))
    with Repositories(work.home).archive(repository, commit_id) as body:
        output.put(work, session, body)
    message = commit["message"].rstrip("\n")
    variables = {
        "RepositoryName": repository,
        "BranchName": branch,
        "CommitId": commit_id,
        "CommitMessage": message,
        "AuthorDate": _when(commit["author"]["date"]),
        "CommitterDate": _when(commit["committer"]["date"]),
    }
    created = datetime.now(UTC).timestamp()
    return Done(variables, Revision(commit_id, message, created), summary=message[:2048] or None)


def _when(date: str) -> str:
    """CodeCommit's `1570419781 +0200` as the variable has it."""
    found = GIT_TIME.fullmatch(date)
    return iso(float(found.group(1))) if found else date
