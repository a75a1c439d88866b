"""Charts that are not in the artifact -> folders of it, before anything else is done with them."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from deployer.bump.references import Image
from deployer.charts import archive
from deployer.charts.reference import SCHEME, Reference, parse
from deployer.charts.registry import Registries
from deployer.errors import Fatal
from deployer.target import Source
from deployer.values import replace
from deployer.yaml.reader import read

PULLED = ".pulled"  # a folder of the artifact, which brings none of its own


def present(
    folder: Path, sources: Iterable[Source], registries: Registries, pushed: Mapping[str, Image] | None = None
) -> list[Source]:
    """The deliveries, each chart of a registry unpacked into the folder; `pushed` are those of the release."""
    if (folder / PULLED).exists():
        raise Fatal("it is for charts that are pulled.", subject=PULLED, kind="ConfigurationError")
    return [
        _pulled(folder, source, registries) if source.kind == "helm" and source.path.startswith(SCHEME) else source
        for source in (_released(source, pushed or {}) for source in sources)
    ]


def _released(source: Source, pushed: Mapping[str, Image]) -> Source:
    """What the build has pushed stands for the copy that it left in the artifact."""
    if not source.pushed:
        return source
    chart = pushed[source.pushed.rpartition("/")[2]]
    return replace(source, path=f"{SCHEME}{chart.repository}:{chart.tag}@{chart.digest}")


def _pulled(folder: Path, source: Source, registries: Registries) -> Source:
    reference = parse(source.path)
    root = folder / PULLED / reference.digest.removeprefix("sha256:")[:16]
    if root.exists():  # several releases of one chart
        return replace(source, path=str((root / reference.name).relative_to(folder)))
    content = registries.pull(reference)
    for path, data in archive.files(content, source.path):
        target = root.joinpath(*path.split("/"))
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            file.write(data)
    chart = root / reference.name
    _check_version(chart, reference, source.path)
    return replace(source, path=str(chart.relative_to(folder)))


def _check_version(chart: Path, reference: Reference, name: str) -> None:
    path = chart / "Chart.yaml"
    if not path.is_file():
        raise Fatal(f"there is no {reference.name}/Chart.yaml in it.", subject=name, kind="ConfigurationError")
    documents = read(path.read_bytes().decode(errors="replace"), f"{name}/Chart.yaml")
    metadata = documents[0].value if documents else {}
    version = str(metadata.get("version")) if isinstance(metadata, dict) else ""
    if reference.version and reference.version != version:
        raise Fatal(
            f"its digest is of version {version}, while {reference.version} is asked for.",
            subject=name,
            remedy="Correct the version or the digest.",
            kind="ConfigurationError",
        )
