"""A template's text as data, refused when it says what nothing here understands."""

import json
from typing import Any
from urllib.parse import unquote, urlparse

import yaml
from moto.cloudformation.utils import yaml_tag_constructor

from local.aws.clients import Aws
from local.aws.cloudformation.graph import Circular, order, references
from local.aws.cloudformation.scope import unknown_functions
from local.aws.cloudformation.store import invalid

PSEUDO = "AWS::"


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms; dates stay text."""


_Loader.add_multi_constructor("!", lambda loader, suffix, node: yaml_tag_constructor(loader, f"!{suffix}", node))
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def parse(text: str) -> dict[str, Any]:
    try:
        template = json.loads(text) if text.lstrip().startswith("{") else yaml.load(text, Loader=_Loader)  # noqa: S506
    except (ValueError, yaml.YAMLError) as error:
        raise invalid(f"Template format error: {error}") from None
    if not isinstance(template, dict) or not template.get("Resources"):
        raise invalid("Template format error: At least one Resources member must be defined.")
    _refuse(template)
    return template


def _refuse(template: dict[str, Any]) -> None:
    if "Transform" in template:
        raise invalid(f"the local AWS does not have template transforms ({template['Transform']})")
    unknown = unknown_functions({key: template.get(key) for key in ("Resources", "Outputs", "Conditions")})
    if unknown:
        raise invalid(f"the local AWS does not have {', '.join(sorted(unknown))}")
    resources = template["Resources"]
    untyped = [name for name, body in resources.items() if "Type" not in body]
    if untyped:
        raise invalid(
            f"Template format error: [/Resources/{untyped[0]}] Every Resources object must contain a Type member."
        )
    known = {*resources, *template.get("Parameters", {})}
    for part in (resources, template.get("Outputs", {})):
        missing = {name for name in references(part) if name not in known and not name.startswith(PSEUDO)}
        if missing:
            names = ", ".join(sorted(missing))
            raise invalid(f"Template format error: Unresolved resource dependencies [{names}] in the template")
    try:
        order(resources)
    except Circular as error:
        raise invalid(str(error)) from None


def fetched(url: str, aws: Aws) -> str:
    """A template from S3: virtual-hosted, or path style on amazonaws.com and on this machine."""
    parts = urlparse(url)
    host, path = parts.hostname or "", unquote(parts.path.lstrip("/"))
    if host in ("127.0.0.1", "localhost") or host.startswith(("s3.", "s3-")):
        bucket, _, key = path.partition("/")
    else:
        bucket, key = host.split(".s3")[0], path
    return str(aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode())
