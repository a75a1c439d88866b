"""Secrets that stand in plain text in what git keeps: found in what is delivered, and in pipeline.yaml itself.

Files are looked at line by line, as text: a chart's template is no YAML. What is written `{{ … }}`, `$(NAME)` or
`${NAME}` is filled in later, so it is none. A line that ends with `# not a secret` is taken at its word; so a reviewer
sees who said it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.config.delivered import LARGEST, delivered
from pipeline.config.problems import Finding, Path
from pipeline.config.service import ChartDelivery, Service

EXCUSE = "# not a secret"
REMEDY = "keep it in Secrets Manager and name it under `secrets`; if it is public, end its line with `# not a secret`"
# What each issuer says its own tokens look like: nothing else does.
TOKENS = {
    "an AWS access key": r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b",
    "a private key": r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----",
    "a GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,})",
    "a GitLab token": r"\bglpat-[A-Za-z0-9_-]{20}",
    "a Slack token": r"\bxox[abeoprs]-[A-Za-z0-9-]{20,}",
    "a Stripe key": r"\b[rs]k_live_[A-Za-z0-9]{20,}",
    "an npm token": r"\bnpm_[A-Za-z0-9]{36}\b",
    "a web token": r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    "a password in an address": r"\b[a-z][a-z0-9+.-]*://[^\s/:@{}$<]+:[^\s/:@{}$<]+@",
}
_TOKENS = [(what, re.compile(pattern)) for what, pattern in TOKENS.items()]
# Not `secretKey`, which names a key: so does External Secrets.
_WORD = r"(?:password|passwd|passphrase|token|api[_-]?key|secret[_-]key|client[_-]?secret|private[_-]?key)"
_NAMED = re.compile(rf"(?i)(?:[\w.-]*[_.-])?{_WORD}|[a-z][A-Za-z0-9]*{_WORD}")
# Their values are encrypted, or names of what is kept elsewhere.
REFERRING = ("SealedSecret", "ExternalSecret", "PushSecret", "SecretProviderClass", "CustomResourceDefinition")
_PAIR = re.compile(r"^(?P<indent>\s*(?:- +)*)(?P<quote>[\"']?)(?P<key>[\w.-]+)(?P=quote):(?:[ \t]+(?P<value>.*))?$")
_VARIABLE = re.compile(r"\{\s*name:\s*(?P<key>[\w.-]+)\s*,\s*value:\s*(?P<value>[^}]*?)\s*\}")
_LITERAL = re.compile(r"^\s*- +[\"']?(?P<key>[\w.-]+)=(?P<value>.+)$")  # of a kustomization's generator
_FILLED_IN = re.compile(r"\{\{|\$[({]|^<.*>$|^ENC\[")
_NO_VALUE = re.compile(r"^(?:true|false|null|~|[0-9.]+|/.*|[|>&*!\[{].*)?$", re.IGNORECASE)
_KIND = re.compile(r"^kind:[ \t]*[\"']?(?P<word>[A-Za-z0-9]+)[\"']?[ \t]*(?:#.*)?$")
_COMMENT = re.compile(r"(?:^|\s)#.*$")


def findings(service: Service, *, written: bool) -> Iterator[Finding]:
    """`written`: the deliveries are the user's own words, and not what was found."""
    said: set[str] = set()
    for target in service.environments:
        for position, item in enumerate(target.deliveries):
            where: Path = ("deploy", position) if written else ("deploy",)
            values = item.values if isinstance(item, ChartDelivery) else ()
            for file in sorted({*delivered(service.folder, item), *values} - said):
                said.add(file)
                for line, what in plain_secrets(_read(service, file)):
                    yield Finding(where, f"{file}:{line}: {what} stands there for everybody to read", REMEDY)
    for image in service.images:
        for name, value in image.args:
            if what := next(_of_pair(name, value), ""):
                remedy = "write it under the image's `secrets`: arguments can be read in the image's history"
                yield Finding(("images", image.name, "args", name), f"{what} stands there in plain text", remedy)


def _read(service: Service, file: str) -> str:
    path = service.folder / file
    try:
        return path.read_text() if path.stat().st_size <= LARGEST else ""
    except (OSError, UnicodeError):
        return ""


def plain_secrets(text: str) -> Iterator[tuple[int, str]]:
    """(line, what stands there), one a line."""
    lines = text.splitlines()
    top = variable = ""  # the key at the margin; the environment variable that the next `value:` is of
    for number, (line, kind) in enumerate(zip(lines, _kinds(lines), strict=True), 1):
        pair = _PAIR.match(line)
        if line[:1].strip() and not line.startswith(("#", "- ")):
            top = pair["key"] if pair else ""
        if not line.rstrip().endswith(EXCUSE) and (found := _of_line(line, pair, _Place(kind, top, variable))):
            yield number, found
        if pair and pair["key"] == "name":
            variable = _plain(pair["value"])
        elif not pair or "-" in pair["indent"] or pair["key"] != "value":
            variable = ""


@dataclass(frozen=True)
class _Place:
    kind: str  # of the object
    top: str
    variable: str


def _kinds(lines: list[str]) -> list[str]:
    """Of each line, its object's kind, which may stand below it."""
    of_line: list[str] = []
    document: list[str] = []
    for line in [*lines, "---"]:
        if line.startswith("---"):
            kind = next((found["word"] for found in map(_KIND.match, document) if found), "")
            of_line += [kind] * len(document)
            document = []
        document.append(line)
    return of_line


def _of_line(line: str, pair: re.Match[str] | None, place: _Place) -> str:
    told = _COMMENT.sub("", line)
    token = next((what for what, pattern in _TOKENS if pattern.search(told)), "")
    if token or place.kind in REFERRING:
        return token
    if place.kind == "Secret" and place.top in ("data", "stringData") and pair and _is_written(pair):
        return f"a value of a Secret, `{pair['key']}`,"
    found = pair
    if literal := _LITERAL.match(line):
        if place.top == "secretGenerator":
            return f"a value of a Secret, `{literal['key']}`,"
        found = literal
    found = _VARIABLE.search(line) or found
    if not found:
        return ""
    name = place.variable if found is pair and found["key"] == "value" and place.variable else found["key"]
    return next(_of_pair(name, _plain(found["value"])), "")


def _is_written(pair: re.Match[str]) -> bool:
    value = _plain(pair["value"])
    if not pair["indent"]:  # all of them in one line
        value = value.strip("{} ")
    return bool(value) and not _FILLED_IN.search(value)


def _of_pair(name: str, value: str) -> Iterator[str]:
    for what, pattern in _TOKENS:
        if pattern.search(value):
            yield what
    if _NAMED.fullmatch(name) and not (_FILLED_IN.search(value) or _NO_VALUE.match(value)):
        yield f"what looks like a secret, `{name}`,"


def _plain(value: str | None) -> str:
    """Without its quotes and its comment."""
    text = (value or "").strip()
    if text[:1] in ("'", '"') and (end := text.find(text[0], 1)) > 0:
        return text[1:end]
    return _COMMENT.sub("", text).strip()
