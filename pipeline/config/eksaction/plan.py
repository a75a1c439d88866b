"""What a build renders for CodePipeline's EKS action."""

from pipeline.config.service import KustomizeDelivery, ManifestsDelivery, Service, Target

FOLDER = "rendered"  # of the Release artifact


def manifest(target: Target) -> str:
    """The one file that the action applies, in the Release artifact."""
    return f"{FOLDER}/{target.name}.yaml"


def rendered(service: Service) -> dict[str, list[list[str]]]:
    """By environment what its file is made of: (kind, path in the service's folder)."""
    return {
        target.name: [each for item in target.deliveries if (each := _told(item))] for target in service.environments
    }


def _told(item: object) -> list[str]:
    match item:
        case KustomizeDelivery(path):
            return ["kustomize", path]
        case ManifestsDelivery(path):
            return ["manifests", path]
    return []
