"""Charts: the layer's helm renders, driven through pyhelm3's Command; nothing is installed by it.

The Command's own `run` goes through a shell and logs what it runs, so it is replaced by the argv runner; its `template`
lacks the flags that make a chart see the cluster it goes to, so they are added.
"""

import asyncio
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyhelm3 import Command

from deployer.artifact import inside, refuse_links
from deployer.bump import values as values_bump
from deployer.bump.references import Images
from deployer.errors import Fatal
from deployer.helm.chart import Chart, Hook
from deployer.process import ToolFailed, run
from deployer.render import Rendered, Surroundings, Tools
from deployer.render.documents import objects
from deployer.render.plain import read_text
from deployer.target import Source
from deployer.yaml.reader import read

_DOCUMENT = re.compile(r"^---[ \t]*$", re.M)
_SOURCE = re.compile(r"^# Source: (\S+)", re.M)
_LOOKUP = re.compile(r"\{\{[^}]*\blookup\s+[\"'$.(]")
_MOST_TEMPLATE_BYTES = 8 * 1024 * 1024


class Templates(Command):  # type: ignore[misc]  # pyhelm3 ships no types
    """helm for templates and chart metadata only."""

    async def run(self, command: list[Any], input: bytes | None = None) -> bytes:  # noqa: A002 (pyhelm3's name)
        return run([str(self._executable), *(str(part) for part in command)], input or b"")

    async def manifest(self, release: str, chart: Path, files: list[Path], around: Surroundings) -> str:
        """The chart's text for this cluster, hooks and crds/ included."""
        command: list[Any] = ["template", release, chart, "--include-crds", "--namespace", around.namespace]
        for path in files:
            command += ["--values", path]
        command += ["--kube-version", around.kube_version]
        for version in around.api_versions:
            command += ["--api-versions", version]
        if release in around.installed:
            command.append("--is-upgrade")
        return (await self.run(command)).decode()


def render(folder: Path, source: Source, images: Images, tools: Tools, around: Surroundings) -> Rendered:
    root = inside(folder, source.path)
    refuse_links(folder)
    _check_templates(folder, root)
    files = [inside(folder, path) for path in source.values]
    for path in [root / "values.yaml", *files]:
        _bump(folder, path, images)
    helm = Templates(executable=tools.helm)
    try:
        text = asyncio.run(helm.manifest(source.release, root, files, around))
    except ToolFailed as failed:
        raise Fatal(f"helm: {_said(failed, folder)}", subject=source.path, kind="ConfigurationError") from failed
    documents = list(_documents(text, source.path))
    plain = [(name, body) for name, body, hook in documents if not hook]
    chart = Chart(
        release=source.release,
        metadata=_mapping(folder, root / "Chart.yaml"),
        values=_mapping(folder, root / "values.yaml"),
        config=_merged([_mapping(folder, path) for path in files]),
        # As in Helm's own records: crds/ is the chart's, not the release's.
        manifest="".join(f"---\n{body}\n" for name, body in plain if not _is_crd(name)),
        hooks=tuple(hook for _, _, hook in documents if hook),
    )
    found = [item for name, body in plain for item in objects(body, name or source.path)]
    return Rendered(source, tuple(found), chart)


def _documents(text: str, where: str) -> Iterator[tuple[str, str, Hook | None]]:
    """(template, text, hook) of each document that holds an object."""
    for body in _DOCUMENT.split(text):
        named = _SOURCE.search(body)
        name = named[1] if named else where
        for document in read(body, name):
            yield name, body.strip("\n"), _hook(document.value, name, body)


def _hook(item: Any, path: str, body: str) -> Hook | None:
    meta = item.get("metadata") if isinstance(item, dict) else None
    notes = (meta.get("annotations") if isinstance(meta, dict) else None) or {}
    events = tuple(word.strip() for word in str(notes.get("helm.sh/hook") or "").split(",") if word.strip())
    if not events:
        return None
    policies = str(notes.get("helm.sh/hook-delete-policy") or "before-hook-creation")
    weight = str(notes.get("helm.sh/hook-weight") or "0")
    if not re.fullmatch(r"[-+]?[0-9]{1,9}", weight):
        raise Fatal(f"helm.sh/hook-weight is {weight!r}, not a number.", subject=path, kind="ConfigurationError")
    return Hook(
        name=str(meta.get("name")) if meta else "",
        kind=str(item.get("kind")),
        path=path,
        manifest=body.strip("\n"),
        object=objects(body, path)[0],
        events=tuple("test" if event == "test-success" else event for event in events),
        weight=int(weight),
        delete_policies=tuple(word.strip() for word in policies.split(",") if word.strip()),
    )


def _bump(folder: Path, path: Path, images: Images) -> None:
    if path.is_file():
        name = str(path.relative_to(folder))
        text = read_text(path, name)
        bumped = values_bump.bump(text, images, name)
        if bumped != text:
            path.write_bytes(bumped.encode())


def _check_templates(folder: Path, root: Path) -> None:
    """Fatal for what a chart cannot do here: ask the cluster, bring links in an archive, lack its dependencies."""
    if not (root / "Chart.yaml").is_file():
        raise Fatal("no Chart.yaml in it.", subject=str(root.relative_to(folder)), kind="ConfigurationError")
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(folder))
        if path.suffix == ".tgz":
            _check_archive(path, name)
        elif path.is_file() and "templates" in path.parts and _LOOKUP.search(read_text(path, name)):
            raise _lookup(name)


def _check_archive(path: Path, name: str) -> None:
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                if (
                    not (member.isfile() or member.isdir())
                    or member.name.startswith("/")
                    or ".." in member.name.split("/")
                ):
                    raise Fatal(f"{member.name!r} in it is a link or escapes.", subject=name, kind="ConfigurationError")
                if "/templates/" in member.name and member.isfile() and member.size < _MOST_TEMPLATE_BYTES:
                    content = archive.extractfile(member)
                    if content and _LOOKUP.search(content.read().decode(errors="replace")):
                        raise _lookup(f"{name}:{member.name}")
    except (tarfile.TarError, EOFError, OSError) as error:
        raise Fatal(f"not a chart archive: {error}.", subject=name, kind="ConfigurationError") from error


def _lookup(name: str) -> Fatal:
    return Fatal(
        "`lookup` is refused: what a release contains must not depend on what a cluster happens to hold.",
        subject=name,
        remedy="Hand the value in by a values file or a Secret.",
        kind="ConfigurationError",
    )


def _mapping(folder: Path, path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    name = str(path.relative_to(folder))
    documents = read(read_text(path, name), name)
    value = documents[0].value if documents else {}
    if not isinstance(value, dict):
        raise Fatal("must be a mapping.", subject=name, kind="ConfigurationError")
    return value


def _merged(values: list[dict[str, Any]]) -> dict[str, Any]:
    """Later files win; mappings are merged, lists replaced, as Helm does."""
    merged: dict[str, Any] = {}
    for each in values:
        for key, value in each.items():
            old = merged.get(key)
            merged[key] = _merged([old, value]) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def _is_crd(name: str) -> bool:
    return "/crds/" in name


def _said(failed: ToolFailed, folder: Path) -> str:
    text = failed.stderr.removeprefix("Error: ").replace(f"{folder}/", "").replace(str(folder), "the artifact")
    return text.replace("\n\nUse --debug flag to render out invalid YAML", "")
