"""Charts: looked through, bumped, rendered by the layer's helm; nothing is installed by it."""

from pathlib import Path
from typing import Any

from deployer.artifact import inside
from deployer.bump import values as values_bump
from deployer.bump.references import Images
from deployer.definitions import kinds
from deployer.errors import Fatal
from deployer.helm.chart import Chart
from deployer.helm.output import NOTES, taken_apart
from deployer.helm.sources import Sources
from deployer.helm.template import names, template, template_there
from deployer.hidden import named_values
from deployer.process import ToolFailed
from deployer.render import Rendered, Surroundings, Tools, check
from deployer.render.plain import read_text
from deployer.target import Source
from deployer.yaml.reader import read

# A chart's NOTES.txt is a template like the others, known by its path.
_WRAPPED = """apiVersion: v1
kind: ConfigMap
metadata: {name: shipline-notes}
data: {notes: {{ include (print .Template.BasePath "/NOTES.txt") . | toJson }}}
"""


def render(folder: Path, source: Source, images: Images, tools: Tools, around: Surroundings) -> Rendered:
    root = inside(folder, source.path)
    sources = Sources.read(folder, root)
    files = [inside(folder, path) for path in source.values]
    own = root / "values.yaml"
    for path in sorted(root.rglob("values.yaml")):
        if path != own:  # a chart inside the chart
            _bump(folder, [path], images, {})
    _bump(folder, [*([own] if own.is_file() else []), *files], images, dict(source.images))
    definitions = sources.definitions()
    brought = kinds(definitions)
    values = [read_text(path, str(path.relative_to(folder))) for path in files]
    drive = template_there if sources.asks({*around.api_versions, *names(brought)}, values) else template
    defaults, config = _mapping(folder, own), _merged([_mapping(folder, path) for path in files])
    around.learn(named_values([defaults, config]))
    if (root / "templates" / "NOTES.txt").is_file():
        (root / "templates" / NOTES).write_text(_WRAPPED)
    try:
        text = drive(tools.helm, source.release, root, files, around, brought)
    except ToolFailed as failed:
        raise Fatal(f"helm: {_said(failed, folder)}", subject=source.path, kind="ConfigurationError") from failed
    output = taken_apart(text, source.path)
    check.labels([*output.objects, *(hook.object for hook in output.hooks)], images, text)
    chart = Chart(
        release=source.release,
        metadata=_mapping(folder, root / "Chart.yaml"),
        values=defaults,
        config=config,
        manifest=output.manifest,
        hooks=output.hooks,
        notes=output.notes,
        definitions=definitions,
    )
    return Rendered(source, output.objects, chart)


def _bump(folder: Path, paths: list[Path], images: Images, declared: dict[str, str]) -> None:
    """Sets the images in the values files of one chart, its own first."""
    texts = {str(path.relative_to(folder)): read_text(path, str(path.relative_to(folder))) for path in paths}
    for name, text in values_bump.bump_all(texts, images, declared).items():
        if text != texts[name]:
            (folder / name).write_bytes(text.encode())


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


def _said(failed: ToolFailed, folder: Path) -> str:
    text = failed.stderr.replace(f"{folder}/", "").replace(str(folder), "the artifact")
    lines = [line for line in text.splitlines() if line and not line.startswith("level=")]
    told = "\n".join(lines).removeprefix("Error: ")
    return told.partition("Use --debug flag to render out invalid YAML")[0].strip()
