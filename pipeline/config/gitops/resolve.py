"""The model → the plan of one environment."""

from pipeline.config.gitops.model import GitOps
from pipeline.config.gitops.plan import GitOpsPlan

NAMESPACES = {"argocd": "argocd", "flux": "flux-system"}


def plan(given: GitOps | None, service: str, environment: str) -> GitOpsPlan | None:
    """None where the environment is delivered to directly."""
    if given is None or environment not in (given.environments or (environment,)):
        return None
    application = given.application or f"{service}-{{environment}}"
    return GitOpsPlan(
        repository=given.codecommit,
        branch=given.branch,
        path=given.path.replace("{environment}", environment),
        by=given.by,
        application=application.replace("{environment}", environment),
        namespace=given.namespace or NAMESPACES[given.by],
    )
