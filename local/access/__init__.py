"""Who may use the cluster: EKS tokens reviewed against our STS, access entries kept as RBAC bindings."""

from typing import cast

from local.access.entries import all_entries
from local.access.kube import Kube
from local.access.reconcile import Reconciler
from local.access.review import TokenReviews
from local.access.token import Callers
from local.aws import eks
from local.context import Context, Part

__all__ = ["REVIEW_PATH", "install"]

REVIEW_PATH = "/_shipline/token-review"


def install(context: Context) -> Part:
    """Mounts the webhook; the API server may ask it before `start`, and gets true answers."""
    reconciler = Reconciler(lambda: Kube(context.home), all_entries)
    # The Authority behind the context's Identity also tells a session that is over from a key that nobody has.
    reviews = TokenReviews(cast(Callers, context.identity), eks.clusters, all_entries, reconciler.settled)
    context.server.mount(REVIEW_PATH, reviews)
    eks.on_change(lambda _: reconciler.wake())
    return reconciler
