"""The keys of `gitops`."""

from typing import Annotated, Literal

from pydantic import Field

from pipeline.config.base import Model
from pipeline.config.kinds import Branch, Name, Namespace, TemplatePath, shaped

_PART = r"([a-z0-9]|\{environment\})"
OBJECT = rf"^{_PART}(([a-z0-9.-]|\{{environment\}})*{_PART})?$"


class GitOps(Model):
    """Releases as commits: the deployer puts the images' digests into a configuration repository, Argo CD or Flux
    brings them to the cluster, and the stage waits until that is healthy. The deployer itself may write nothing to the
    cluster, and read one object: the one named here."""

    codecommit: Annotated[str, shaped(r"^[\w.-]{1,100}$", "use letters, digits, `.`, `_` and `-`, up to 100 of them")]
    """The configuration repository, in CodeCommit in this account and region. It is there already, and is not the
    pipeline's source: CodeCommit starts a pipeline with each push, and so would each release with the next."""
    branch: Branch = "main"
    """The branch that is committed to, and that is reconciled."""
    path: TemplatePath = "envs/{environment}"
    """The folder whose files are changed, and no others: image references in kustomizations, manifests and Helm values,
    each byte beside them as it was. A file has to name the image once; a release then keeps its digest."""
    by: Literal["argocd", "flux"]
    """What reconciles: Argo CD, EKS's managed one too, or Flux."""
    application: (
        Annotated[
            str,
            shaped(OBJECT, "use lower-case letters, digits, `-` and `.`, and `{environment}` as the placeholder", 200),
        ]
        | None
    ) = None
    """The Argo CD Application, or the Flux Kustomization, whose health counts; `<service>-<environment>` when left out.
    It is in the service's cluster. A Kustomization has to `wait`, or to have `healthChecks`."""
    namespace: Namespace | None = None
    """The namespace of that object; `argocd` or `flux-system` when left out. It is made if it is not there."""
    environments: Annotated[tuple[Name, ...], Field(min_length=1, max_length=48)] | None = None
    """The environments that are delivered this way; all when it is left out. `deploy` is for the others."""
