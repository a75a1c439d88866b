"""Images: the engine that builds them, and the registry that keeps them under their ECR names.

- `engine`: podman's Docker-compatible service in a sandbox of its own, on `home.engine_socket`.
- `front`: who may push and pull what, by the tokens of GetAuthorizationToken and the caller's policies; behind it
  `store` (docker-registry, on a socket) keeps the bytes, and `catalog` keeps ECR's API telling the same story.
- `base`: an image to build from where no registry outside answers.

The front has two doors: TLS on `registry_ip`:443 for the machine, under ECR's host name, and the machine's one
HTTP port for the node.
"""

from local.context import Context, Launched
from local.images.view import build_environment, build_prefix, build_programs, function_binds, function_environment

__all__ = ["build_environment", "build_prefix", "build_programs", "function_binds", "function_environment", "install"]


def install(context: Context) -> Launched:
    from local.images.part import Images  # loads moto and boto3: only who runs the machine needs them

    return Images(context)
