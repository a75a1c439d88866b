"""The keys that say where the code comes from, and what of it starts a release."""

from typing import Annotated

from pydantic import Field, StrictBool, Tag

from pipeline.config.base import Model
from pipeline.config.bases.model import BaseImages
from pipeline.config.kinds import Branch, Globs, OneOf, RelativePath, Short, shaped
from pipeline.config.previews.model import PreviewOrNot


class Placed(Model):
    """Where in a repository the service is."""

    folder: RelativePath | None = None
    """The service's folder, where the repository holds more than this one service. All other paths start there. Pushes
    that change nothing in it start nothing, unless `push` has `paths` or `tags` of its own. CodeCommit and S3 do not
    tell what a push changes: there each one starts the pipeline, and what has not changed is not built again."""
    base_images: BaseImages = ()
    """Base images that other pipelines push to ECR: a new one starts a release, too."""


class CodeCommit(Placed):
    """A CodeCommit repository."""

    codecommit: (
        Annotated[str, shaped(r"^[\w.-]{1,100}$", "use letters, digits, `.`, `_` and `-`, up to 100 of them")] | None
    ) = None
    """The repository's name; the service's own when it is left out."""
    branch: Branch = "main"
    """The branch whose pushes are released."""
    existing: StrictBool = False
    """The repository is there already, as it is for the second service in it; otherwise the delivery stack makes it."""


class S3(Placed):
    """A zip with the repository's files in a bucket of this account and region: for code that is kept elsewhere, and
    packed and uploaded by what keeps it (`git archive --format zip HEAD | aws s3 cp - s3://BUCKET/KEY`). Each upload
    starts the pipeline, by EventBridge. The object's version stands wherever a commit's id does: in release.json, in
    the ledger, in the argument `{commit}`."""

    s3: Annotated[
        str,
        shaped(
            r"^[a-z0-9]([a-z0-9-]{1,61})[a-z0-9]$", "write a bucket's name: lower-case letters, digits and hyphens", 63
        ),
    ]
    """The bucket's name, which no other account may have."""
    key: Annotated[
        str,
        shaped(r"^[A-Za-z0-9!_.*'()-]+(/[A-Za-z0-9!_.*'()-]+)*\.zip$", "write a key that ends in .zip", 200),
    ]
    """The zip's key."""
    existing: StrictBool = False
    """The bucket is there already. It has to keep versions, send its events to EventBridge, and be encrypted with S3's
    own key. Otherwise the delivery stack makes it so, keeps older versions for 180 days, and leaves it when it goes."""


class Filter(Model):
    """Git's names by pattern: `*` stops at `/`, `**` does not. An exclusion wins over an inclusion."""

    include: Globs | None = None
    """Patterns of which one has to match."""
    exclude: Globs | None = None
    """Patterns of which none may match."""


FilterOrList = Annotated[Filter, Short("include", list)]


class Push(Model):
    """Which pushes start the pipeline."""

    branches: FilterOrList | None = None
    """Branches; the source's `branch` when neither these nor `tags` are given."""
    paths: FilterOrList | None = None
    """Changed files, of pushes to a branch; any when left out."""
    tags: FilterOrList | None = None
    """Tags: a push of one of them starts the pipeline with the commit that it names, whatever has changed."""


class PullRequests(Model):
    """Each pull request is tested, and its images are built, by a CodeBuild project of its own that the host calls; the
    pull request shows what came of it. Nothing is pushed or released. The build gets no secret and is in no network of
    yours, since it runs what nobody has reviewed; an image whose build needs a secret is not built."""

    into: Annotated[tuple[Branch, ...], Field(min_length=1, max_length=20)] | None = None
    """Branches that the pull requests are made into; the source's `branch` when left out."""
    forks: StrictBool = False
    """Build those from forks at once. Otherwise somebody who may write to the repository has to ask for it in a comment
    (`/codebuild_run`), since a build runs whatever the fork's owner wrote."""
    preview: PreviewOrNot = False
    """Deploy those that ask for it, each into a namespace of its own: true, or how; docs/pull-requests.md tells what
    that lets whom do."""


class Connected(Placed):
    """A repository that is read through a CodeConnections connection."""

    connection: Annotated[
        str,
        shaped(
            r"^arn:aws[a-z-]*:(codeconnections|codestar-connections):[a-z0-9-]+:\d{12}:connection/[0-9a-f-]{36}$",
            "write the connection's ARN: arn:aws:codeconnections:REGION:ACCOUNT:connection/ID",
        ),
    ]
    """The ARN of the connection, from the console's page Settings / Connections."""
    branch: Branch = "main"
    """The branch that a start by hand releases."""
    push: Push | None = None
    """Filters; without them every push to `branch` starts the pipeline."""
    pull_requests: Annotated[PullRequests, Short("into", list)] | None = None
    """Test pull requests; not done when it is left out. At GitLab for projects of gitlab.com."""


class GitHub(Connected):
    """A GitHub repository, read through a CodeConnections connection."""

    github: Annotated[str, shaped(r"^[A-Za-z0-9](-?[A-Za-z0-9])*/[\w.-]{1,100}$", "write it as owner/repository")]
    """`owner/repository`."""


class GitLab(Connected):
    """A GitLab repository, of gitlab.com or of an instance of your own: the connection says which."""

    gitlab: Annotated[
        str,
        shaped(r"^[A-Za-z0-9_][\w.-]*(/[A-Za-z0-9_][\w.-]*){1,20}$", "write it as group/project, with all groups", 255),
    ]
    """`group/project`, with the groups in between."""


class Bitbucket(Connected):
    """A Bitbucket Cloud repository, read through a CodeConnections connection."""

    bitbucket: Annotated[
        str, shaped(r"^[\w-]{1,62}/[a-z0-9_.-]{1,62}$", "write it as workspace/repository, the latter in lower case")
    ]
    """`workspace/repository`."""


Source = Annotated[
    Annotated[CodeCommit, Tag("<codecommit>")]
    | Annotated[GitHub, Tag("<github>")]
    | Annotated[GitLab, Tag("<gitlab>")]
    | Annotated[Bitbucket, Tag("<bitbucket>")]
    | Annotated[S3, Tag("<s3>")],
    OneOf(("codecommit", "github", "gitlab", "bitbucket", "s3")),
    Short("codecommit", str, words=("codecommit",)),
]
