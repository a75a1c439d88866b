"""Where libyaml reads flow style otherwise than the Go port of an older libyaml, which is Kubernetes' reader.

The text is rewritten so that libyaml's reading becomes Go's, and parsed again; what Go's parser refuses is refused.
None of this is in any file that a tool writes, so the usual text is parsed once.
"""

import re
from typing import Any

from yaml.error import MarkedYAMLError

from deployer.values import dataclass, replace

_SLASH = re.compile(r"(?<!\\)(?:\\\\)*\\/")
_QUOTED_SLASH = re.compile(r'(?:[^"#]|"(?:[^"\\]|\\[^/])*")*"(?:[^"\\]|\\[^/])*\\/')
_TAG_ONLY = ",[]"  # Go's parser takes these for letters of a tag
_TAG_ENDS = ("did not find expected whitespace or line break", "did not find expected tag URI")
MOST_REWRITES = 100
SIGNS = ("\\/", "?", "!")  # a text with none of them is read alike by both


@dataclass(frozen=True)
class Source:
    """The text to parse, and the letters in it that stand for others: (letter, what it stands for)."""

    text: str
    stands: tuple[tuple[str, str], ...] = ()

    def meant(self, text: str) -> str:
        """What a part of the text says."""
        for letter, meaning in self.stands:
            text = text.replace(letter, meaning)
        return text

    def standing(self, start: int, end: int, meaning: str) -> "Source":
        """The source with another letter in place of `meaning` between two places."""
        known = next((letter for letter, other in self.stands if other == meaning), "")
        letter = known or next(each for each in map(chr, range(0xE000, 0xF900)) if each not in self.text)
        text = self.text[:start] + self.text[start:end].replace(meaning, letter) + self.text[end:]
        return Source(text, self.stands if known else (*self.stands, (letter, meaning)))

    def replaced(self, at: int, by: str) -> "Source":
        """The source with one letter replaced."""
        return replace(self, text=self.text[:at] + by + self.text[at + 1 :])


def source_of(text: str) -> Source:
    """libyaml skips a byte order mark wherever a line begins with it; for Go's parser it is a letter like any other."""
    source = Source(text)
    return source.standing(0, len(text), "\ufeff") if "\ufeff" in text else source


class Rewritten(Exception):
    """Parse this one instead."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self.source = source


class Refused(Exception):
    """Go's parser does not take it; the text says what."""


def after_error(source: Source, error: MarkedYAMLError) -> Source | None:
    """What to parse instead of a text that libyaml refuses; None when Go's parser refuses it as well."""
    if not error.problem_mark:
        return None
    at = error.problem_mark.index
    if error.problem == "found unexpected ':'":
        return source.standing(at, at + 1, ":")
    if error.problem == "found unknown escape character" and source.text[at : at + 2] == r"\'":
        return source.replaced(at, "")  # an escape that only Go's parser knows
    letter = source.text[at : at + 1]
    if error.problem in _TAG_ENDS and letter and letter in _TAG_ONLY:
        return source.replaced(at, f"%{ord(letter):02X}")
    return None


def check(source: Source, event: Any, flow: bool) -> None:
    """Raises Rewritten or Refused for a scalar that Go's parser would not take as libyaml did."""
    start, end = event.start_mark.index, event.end_mark.index
    if event.style == '"' and _SLASH.search(source.text, start, end):
        raise Refused(r"unknown escape `\/`: write `/`")
    if not flow or event.style in ("'", '"'):
        return
    if event.tag and not event.value and source.text[end : end + 1] == ",":
        last = source.text[start:end].split()[-1]  # an anchor may stand there as well
        if last.startswith("!<"):
            raise Refused("a blank is needed behind the tag")
        if last.startswith("!"):
            raise Rewritten(source.replaced(end, "%2C"))
    if "?" in event.value:
        if source.text[start] != "?":
            raise Refused("`?` in flow style: put the text into quotes")
        raise Rewritten(source.replaced(start, "? "))


def check_rest(source: Source, root: Any, end: Any) -> None:
    """Raises Refused for what stands behind a document without `---`: Go's scanner looks a token or two into it.

    It looks further, to the line's end, where a mapping's key may have begun: on a line of its own, or on the root's.
    """
    if end.explicit:
        return
    at = end.end_mark.index
    lines = [line for line in map(str.strip, source.text[at:].split("\n")) if line and not line.startswith("#")]
    own = source.text[:at].rstrip(" \t").endswith("\n") or root.start_mark.line == end.end_mark.line
    looked_at = lines[:2] if own else [line for line in lines[:1] if line.startswith('"')]
    if any(_QUOTED_SLASH.match(line) for line in looked_at):
        raise Refused(r"text with the escape `\/` behind the document's end")
