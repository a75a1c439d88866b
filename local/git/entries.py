"""What CreateCommit is asked to change: its entries, checked as CodeCommit checks them → blobs at paths."""

import base64
import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local.git.trees import EXECUTABLE, NORMAL, SYMLINK, Leaf, Placed
from local.wire import Fault

Document = dict[str, Any]
MODES = {"NORMAL": NORMAL, "EXECUTABLE": EXECUTABLE, "SYMLINK": SYMLINK}
MOST = 100  # entries of a commit
LARGEST_FILE = 6 * 1024 * 1024  # bytes
LARGEST_COMMIT = 20 * 1024 * 1024


@dataclass(frozen=True)
class Wanted:
    """All changes, and the paths by what becomes of them."""

    placed: list[Placed]
    added: list[str]
    updated: list[str]
    deleted: list[str]


def wanted(given: Document, before: Mapping[str, Leaf], write: Callable[[bytes], str]) -> Wanted:
    """`before` are the parent's files by path; `write` keeps a content and gives its blob."""
    puts, deletes, modes = (given.get(key) or [] for key in ("putFiles", "deleteFiles", "setFileModes"))
    _refuse(puts, deletes, modes, before)
    placed = [Placed(each["filePath"], *_blob(each, before, write)) for each in puts]
    gone = [each["filePath"] for each in deletes]
    gone += [each["sourceFile"]["filePath"] for each in puts if (each.get("sourceFile") or {}).get("isMove")]
    placed += [Placed(path, "", before[path].mode) for path in gone]
    placed += [Placed(each["filePath"], before[each["filePath"]].id, MODES[each["fileMode"]]) for each in modes]
    there = [each.path for each in placed if each.blob]
    return Wanted(
        placed, [path for path in there if path not in before], [path for path in there if path in before], gone
    )


def _refuse(puts: list[Document], deletes: list[Document], modes: list[Document], before: Mapping[str, Leaf]) -> None:
    paths = [each["filePath"] for each in (*puts, *deletes, *modes)]
    if not paths:
        raise Fault("FileEntryRequiredException", "The commit names no file to put, to delete or to set a mode of")
    if len(paths) > MOST:
        raise Fault("MaximumFileEntriesExceededException", f"A commit changes {MOST} files at most")
    for path in paths:
        if not path or posixpath.normpath(path) != path or path.startswith(("/", "..")) or ".git" in path.split("/"):
            raise Fault("InvalidPathException", f"{path} is not a path in a repository")
    if len(set(paths)) < len(paths):
        raise Fault("SamePathRequestException", "The commit names a path twice")
    for path in (each["filePath"] for each in (*deletes, *modes)):
        if path not in before:
            raise Fault("FileDoesNotExistException", f"There is no file {path} in the parent commit")
    sizes = [len(_bytes(each)) for each in puts]
    if any(size > LARGEST_FILE for size in sizes):
        raise Fault("FileContentSizeLimitExceededException", f"A file has more than {LARGEST_FILE} bytes")
    if sum(sizes) > LARGEST_COMMIT:
        raise Fault("FolderContentSizeLimitExceededException", f"The files have more than {LARGEST_COMMIT} bytes")
    gone = {each["filePath"] for each in deletes}
    for path in (each["filePath"] for each in puts):
        _refuse_clash(path, before.keys() - gone)


def _refuse_clash(path: str, there: set[str]) -> None:
    if any(other.startswith(f"{path}/") for other in there):
        raise Fault("FileNameConflictsWithDirectoryNameException", f"{path} is a folder")
    for folder in _above(path):
        if folder in there:
            raise Fault("DirectoryNameConflictsWithFileNameException", f"{folder} is a file")


def _above(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path


def _blob(entry: Document, before: Mapping[str, Leaf], write: Callable[[bytes], str]) -> tuple[str, str]:
    """(blob, mode) of a file to put; one that is there keeps its mode where none is given."""
    path, source = entry["filePath"], entry.get("sourceFile")
    old = before.get(source["filePath"] if source else path)
    if source and "fileContent" in entry:
        raise Fault("FileContentAndSourceFileSpecifiedException", f"{path} has a content and a source")
    if source and old is None:
        raise Fault("FileDoesNotExistException", f"There is no file {source['filePath']} in the parent commit")
    if not source and "fileContent" not in entry:
        raise Fault("SourceFileOrContentRequiredException", f"{path} has neither a content nor a source")
    mode = MODES[entry["fileMode"]] if entry.get("fileMode") else old.mode if old else NORMAL
    return (old.id if source and old else write(_bytes(entry))), mode


def _bytes(entry: Document) -> bytes:
    return base64.b64decode(entry.get("fileContent") or "")
