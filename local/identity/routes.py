"""Which operation of a REST service a path means, by botocore's own model of the service."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader
from botocore.model import ServiceModel

from local.identity.request import WireRequest

_LABEL = re.compile(r"\{([^}]+)\}")
_loader = Loader()


@dataclass(frozen=True)
class Route:
    operation: str
    method: str
    path: re.Pattern[str]
    loose: re.Pattern[str]  # the last label may hold slashes: not all clients encode those of an ARN
    labels: tuple[str, ...]
    query: tuple[tuple[str, str | None], ...]  # what must be there; None: with any value
    headers: tuple[str, ...]  # what must be there

    def match(self, request: WireRequest, arguments: Mapping[str, str], *, loosely: bool) -> dict[str, str] | None:
        found = (self.loose if loosely else self.path).fullmatch(request.raw_path)
        if found is None:
            return None
        if any(name not in arguments or (value is not None and arguments[name] != value) for name, value in self.query):
            return None
        if any(request.header(name) is None for name in self.headers):
            return None
        return {label: unquote(value) for label, value in zip(self.labels, found.groups(), strict=True)}


def find(service: str, request: WireRequest) -> tuple[str, dict[str, str]] | None:
    """(operation, path parameters); None when the service has no such path."""
    arguments = request.arguments
    candidates = routes(service).get(request.method, ())
    for loosely in (False, True):
        for route in candidates:
            parameters = route.match(request, arguments, loosely=loosely)
            if parameters is not None:
                return route.operation, parameters
    return None


@lru_cache(maxsize=64)
def routes(service: str) -> dict[str, tuple[Route, ...]]:
    """A service's routes by method, the most particular first; empty for a service botocore does not know."""
    try:
        model = ServiceModel(_loader.load_service_model(service, "service-2"), service)
    except UnknownServiceError:
        return {}
    by_method: dict[str, list[Route]] = {}
    for name in model.operation_names:
        route = _route(model, name)
        by_method.setdefault(route.method, []).append(route)
    return {method: tuple(sorted(each, key=_generality)) for method, each in by_method.items()}


def _route(model: ServiceModel, name: str) -> Route:
    operation = model.operation_model(name)
    path, _, query = operation.http["requestUri"].partition("?")
    wanted: dict[str, str | None] = {}
    for item in filter(None, query.split("&")):
        key, equals, value = item.partition("=")
        wanted[key] = value if equals else None
    headers: list[str] = []
    shape = operation.input_shape
    for member in shape.required_members if shape else ():
        serialization = shape.members[member].serialization
        if serialization.get("location") == "querystring":
            wanted.setdefault(serialization["name"], None)
        elif serialization.get("location") == "header":
            headers.append(serialization["name"])
    labels = tuple(label.rstrip("+") for label in _LABEL.findall(path))
    return Route(
        name,
        operation.http["method"],
        _path_pattern(path, loose=False),
        _path_pattern(path, loose=path.rstrip("/").endswith("}")),
        labels,
        tuple(wanted.items()),
        tuple(headers),
    )


def _path_pattern(path: str, *, loose: bool) -> re.Pattern[str]:
    pieces = _LABEL.split(path.rstrip("/"))
    expression = ""
    for index, piece in enumerate(pieces):
        if index % 2 == 0:
            expression += re.escape(piece)
        elif piece.endswith("+"):
            expression += "(.+)"
        else:
            expression += "(.*[^/])" if loose and index == len(pieces) - 2 else "([^/]+)"
    # A key of S3 may end in a slash; elsewhere a slash at the end means nothing.
    return re.compile(expression if path.endswith("+}") else expression + "/?", re.DOTALL)


def _generality(route: Route) -> tuple[int, int, int]:
    """Sorts fixed paths before labels, and more conditions before fewer."""
    fixed = len(_LABEL.sub("", route.path.pattern))
    return -len(route.query) - len(route.headers), len(route.labels), -fixed
