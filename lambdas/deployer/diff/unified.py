"""The same difference as a unified diff of YAML, for who reads those; secrets stand covered in it."""

from collections.abc import Iterable
from difflib import unified_diff
from typing import Any

from deployer.diff.cover import Covered
from deployer.diff.model import ObjectDiff
from deployer.objects import Object


def unified(diffs: Iterable[ObjectDiff], context: int = 3) -> str:
    """Empty when nothing changes."""
    lines: list[str] = []
    for diff in diffs:
        name = f"{diff.namespace + '/' if diff.namespace else ''}{diff.kind}/{diff.name}"
        old, new = (yaml_of(item) if item else [] for item in (diff.before, diff.after))
        lines += unified_diff(old, new, f"live/{name}", f"release/{name}", n=context, lineterm="")
    return "\n".join(lines) + "\n" if lines else ""


def yaml_of(item: Object) -> list[str]:
    """Lines of YAML."""
    import yaml

    class Dumper(yaml.CSafeDumper):
        """Texts of many lines as blocks; no anchors."""

        def ignore_aliases(self, data: Any) -> bool:
            return True

    def block(dumper: yaml.CSafeDumper, value: str) -> yaml.ScalarNode:
        style = "|" if "\n" in value else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, block)
    text: str = yaml.dump(shown(item), Dumper=Dumper, sort_keys=False, allow_unicode=True, width=10_000)
    return text.splitlines()


def shown(value: Any) -> Any:
    """A covered object in JSON's types: what is covered as a text that says how long it is."""
    if isinstance(value, dict):
        return {name: shown(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shown(each) for each in value]
    if isinstance(value, Covered):
        return f"{value.rest} {value}" if value.rest else str(value)
    return value
