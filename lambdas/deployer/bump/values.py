"""Helm values: the shapes in which charts name an image.

image: registry.example/shop/web:1                         -> repository@digest
image: {repository: shop/web, tag: "1", digest: ""}        -> repository and digest set
image: {repository: shop/web, tag: "1"}                    -> repository set, tag becomes TAG@sha256:…
image: {registry: …, repository: shop/web, tag: "1"}       -> the host goes into registry
global: {imageRegistry: …}                                 -> the host goes there, where all images are the release's

A chart's files are looked at together: the tag may stand in one file and its repository in another.
"""

from collections.abc import Iterator, Mapping

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from deployer.bump.references import Image, Images
from deployer.errors import Fatal
from deployer.values import dataclass, field
from deployer.yaml.nodes import compose
from deployer.yaml.spans import Edit, apply_edits, entry, place, replace_scalar, scalar
from deployer.yaml.stream import Part, split

Path = tuple[str, ...]
_WHOLE = ("image", "reference")


@dataclass(frozen=True)
class _File:
    name: str
    part: Part
    root: Node

    def set(self, node: ScalarNode | None, value: str) -> Iterator[Edit]:
        if node and node.value != value:
            yield replace_scalar(self.part, node, value, self.name)


@dataclass(frozen=True)
class _Plan:
    """Where the files name an image in parts, and which parts they name there."""

    images: dict[Path, Image] = field(default_factory=dict)
    keys: dict[Path, set[str]] = field(default_factory=dict)
    registry: str = ""  # of global.imageRegistry, where it is set


def bump(text: str, images: Images, name: str, declared: Mapping[str, str] | None = None) -> str:
    """One file's text with the release's images by digest; see `bump_all`."""
    return bump_all({name: text}, images, declared or {})[name]


def bump_all(files: Mapping[str, str], images: Images, declared: Mapping[str, str]) -> dict[str, str]:
    """The values files of one chart, its own first, with the release's images by digest.

    `declared` names images by their path in the values (`web.image: web`) where the shape alone does not tell.
    """
    read = [file for name, text in files.items() for file in _composed(text, name, images, declared)]
    wanted = {_path(path): _declared(images, path, name) for path, name in declared.items()}
    plan = _plan(read, images, wanted)
    edits: dict[str, list[Edit]] = {name: [] for name in files}
    for file in read:
        edits[file.name] += _edits(file, plan, images, wanted)
    return {name: apply_edits(text, edits[name]) for name, text in files.items()}


def _composed(text: str, name: str, images: Images, declared: Mapping[str, str]) -> Iterator[_File]:
    """Helm reads one document of each file."""
    if not declared and not any(word in text for word in ("image", "repository")) and not images.mentions(text):
        return
    for part in split(text, name):
        if root := compose(part, name):
            yield _File(name, part, root)


def _declared(images: Images, path: str, name: str) -> Image:
    image = images.named(name)
    if not image:
        raise _wrong(path, f"the release has no image {name!r}", "Name one of the images that the build makes.")
    return image


def _path(text: str) -> Path:
    return tuple(text.split("."))


def _plan(files: list[_File], images: Images, wanted: Mapping[Path, Image]) -> _Plan:
    plan = _Plan(dict(wanted), {path: set() for path in wanted})
    missing = set(wanted)
    registry = ""
    foreign = ""
    for file in files:
        for path, node in _mappings(file.root):
            repository = scalar(node, "repository")
            image = images.find(repository.value) if repository else None
            if image and path not in wanted:
                plan.images[path] = image
            if repository and repository.value and not image and path not in wanted:
                foreign = foreign or f"{repository.value} in {place(file.part, repository, file.name)}"
            plan.keys.setdefault(path, set()).update(_keys(node))
        for path in wanted:
            there = _at(file.root, path)
            missing -= {path} if there else set()
            plan.keys[path].update(_keys(there))
        found = entry(file.root, "global")
        set_here = scalar(found[1], "imageRegistry") if found else None
        registry = (set_here.value or "") if set_here else registry
    for path in missing:
        raise _wrong(".".join(path), "in none of the chart's values files", "Correct the path in pipeline.yaml.")
    hosts = {image.host for image in plan.images.values()}
    if registry and hosts and hosts != {registry} and (foreign or len(hosts) > 1):
        raise _wrong(
            "global.imageRegistry",
            f"set to {registry}, where the release's images are not, and it is the registry of {foreign} as well",
            "Leave it empty and give each image its own `registry`.",
        )
    return _Plan(plan.images, plan.keys, registry if hosts else "")


def _edits(file: _File, plan: _Plan, images: Images, wanted: Mapping[Path, Image]) -> Iterator[Edit]:
    for path, image in plan.images.items():
        node = _at(file.root, path)
        if isinstance(node, MappingNode):
            yield from _mapping(file, node, image, plan, path)
        elif isinstance(node, ScalarNode) and path in wanted and not images.pins(node.value, image):
            yield from file.set(node, image.pinned)
    for path, node in _mappings(file.root):
        if path in plan.images:
            continue
        for key in _WHOLE:
            whole = scalar(node, key)
            image_of = images.find(whole.value) if whole and (*path, key) not in wanted else None
            if whole and image_of and not images.pins(whole.value, image_of):
                yield from file.set(whole, image_of.pinned)
    found = entry(file.root, "global")
    registry = scalar(found[1], "imageRegistry") if found else None
    if plan.registry and registry and registry.value:
        yield from file.set(registry, next(iter(plan.images.values())).host)


def _mapping(file: _File, node: Node, image: Image, plan: _Plan, path: Path) -> Iterator[Edit]:
    keys = plan.keys.get(path, set())
    repository = image.path if "registry" in keys or plan.registry else image.repository
    if "digest" in keys:
        yield from file.set(scalar(node, "digest"), image.digest)
    elif "tag" in keys:
        yield from file.set(scalar(node, "tag"), f"{image.tag}@{image.digest}")
    else:  # the chart writes the repository alone, so that takes the whole reference
        repository = f"{repository}@{image.digest}"
    yield from file.set(scalar(node, "registry"), image.host)
    yield from file.set(scalar(node, "repository"), repository)


def _mappings(root: Node) -> Iterator[tuple[Path, MappingNode]]:
    """Every mapping once, with its path. An item of a list has its number: lists are not merged, paths must differ."""
    seen: set[int] = set()
    waiting: list[tuple[Path, Node]] = [((), root)]
    while waiting:
        path, node = waiting.pop()
        if id(node) in seen:  # an alias names it again
            continue
        seen.add(id(node))
        if isinstance(node, SequenceNode):
            waiting += [((*path, str(number)), item) for number, item in enumerate(node.value)]
        elif isinstance(node, MappingNode):
            yield path, node
            waiting += [((*path, key.value), value) for key, value in node.value if isinstance(key, ScalarNode)]


def _keys(node: Node | None) -> set[str]:
    return (
        {key.value for key, _ in node.value if isinstance(key, ScalarNode)} if isinstance(node, MappingNode) else set()
    )


def _at(root: Node, path: Path) -> Node | None:
    node: Node | None = root
    for key in path:
        if isinstance(node, SequenceNode):
            node = node.value[int(key)] if key.isdigit() and int(key) < len(node.value) else None
        else:
            found = entry(node, key) if node else None
            node = found[1] if found else None
    return node


def _wrong(path: str, reason: str, remedy: str) -> Fatal:
    return Fatal(f"{reason}.", subject=f"images: {path}", remedy=remedy, kind="ConfigurationError")
