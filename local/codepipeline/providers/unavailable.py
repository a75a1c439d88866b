"""Every provider that this machine does not have: the action fails with the reason, it never passes silently."""

from local.codepipeline.runner import Outcome, Refused, Work

INSTEAD = {
    "CodeStarSourceConnection": (
        "GitHub, GitLab and Bitbucket cannot be reached from this machine: use `source: codecommit` in pipeline.yaml "
        "and push to the repository that the machine serves"
    ),
    "GitHub": "GitHub cannot be reached from this machine: use CodeCommit, which it serves",
}


def unavailable(work: Work) -> Outcome:
    provider = work.run.type.provider
    message = f"provider {provider} is not available on this machine"
    if provider in INSTEAD:
        message += f": {INSTEAD[provider]}"
    return Refused("ConfigurationError", message)
