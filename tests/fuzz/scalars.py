"""The scalar forms of tests/unit/deployer/yaml/scalars.json, and kubectl's answers to them, asked anew.

`python -m tests.fuzz.scalars` writes the file; `--check` only says whether kubectl still answers so.
"""

import argparse
import json
import sys
from pathlib import Path

from bench.fuzz_kubectl import raw
from bench.fuzz_yaml import kubectl

TABLE = Path(__file__).parent.parent / "unit" / "deployer" / "yaml" / "scalars.json"

# fmt: off
FORMS = (
    "y", "n", "Y", "N", "yes", "No", "on", "Off", "true", "TRUE", "tRue", "~", "null", "Null", "nULL", "010",
    "08", "0o17", "0x1F", "0b101", "-0b11", "1_000", "1:30", "1:30:00", "2024-01-02", "2024-01-02T03:04:05Z",
    "1e3", "1E-2", "1.5", ".5", "5.", "+1", "-1", "+.5", "-.5", ".inf", "-.inf", "+.Inf", ".nan", "=", "<<",
    "<<x", "!foo bar", "9223372036854775807", "9223372036854775808", "18446744073709551615",
    "18446744073709551616", "123456789012345678901234567890", "-9223372036854775808", "-9223372036854775809",
    "0", "-0", "00", "0x", "0b", "0b2", "1e", "1.e3", "1__0", "_1", "1_", "0x_1", "09", "019", "-010", "+010",
    "0.0", "1.0", "100.0", "1e21", "1e400", "!!str 1", "!!int \"7\"", "!!float 3", "!!bool \"yes\"",
    "!!null \"\"", "!!binary aGVsbG8=", "'q'", "\"d\"", "1.2.3", "v1", "0o8", "0O17", "0X1f", "0B1", "1e+3",
    "1e05", "12e03", "0e0", ".e1", ".", "..", "...", ".5e1", "1.5e+300", "123456789.123456789", "0.1", "1e-7",
    "!!int 0x10", "!", "!!timestamp 2024-01-01", "NO", "NAN", ".NAN", ".Inf", "inf", "NaN", "nan", "+12e03",
    "685230.15", "6.8523015e+5", "190:20:30", "0xFFFFFFFFFFFFFFFF", "N/A", "yEs", "nO", "oN", "OFF", "False",
    "~x", "nil", "None", "''", "\"\"", "010.5", "0777", "-08", "+0o17", "-0x1F", "0b-1", "0b+1", "0B-1",
    "0x1FFFFFFFFFFFFFFFF", "0o7777777777777777777777", "07777777777777777777777", "18446744073709551615.0",
    "-18446744073709551615", "+9223372036854775808", "9007199254740993", "9007199254740993.0",
    "2906875846065613e3", "12345678901234567890", "1e20", "1e22", "1.7976931348623157e308", "-1e400", "5e-324",
    "1e-400", ".5_0", ".5_", ".5__0", "._5", "1_000.5", "1_.5", "-_1", "1e3_0", "0x_", "+", "+_", "-.5e-3",
    "1.e", "e3", "1E3", "1E+3", "0.", "-0.0", "00.5", "1.0e0", "1,000", "12:30:45.5", "-1:30", "1:30.5",
    "2024-1-2", "2024-01-02 03:04:05", "2024-01-02t03:04:05+01:00", "20240102", "02:30", "!!str true", "!!str",
    "!!int 010", "!!int foo", "!!int 1.5", "!!int \"0x1F\"", "!!float 1e3", "!!float 18446744073709551615",
    "!!float x", "!!bool n", "!!bool 1", "!!null ~", "!!null x", "!!timestamp x",
    "!!timestamp 2024-01-02 1:2:3", "!!timestamp 2024-13-01", "!!binary gA==", "!!binary \"not base64\"",
    "!!merge x", "!!set {a}", "!!omap [{a: 1}]", "! 12", "!<tag:yaml.org,2002:int> 7", "!!foo 1", "&a yes",
    "\"\\x41\\u00e9\"", "\"\\/\"", "\"\\'\"", "'it''s'", "a: b", "[y, 010, 1e3]", "{y: 2}", "\n- y: 2",
    "{1: a}", "{1.5: a}", "{1e6: a}", "{1e300: a}", "{0x10: a}", "{~: a}", "{: a}", "{.inf: a}", "{.nan: a}",
    "{9223372036854775808: a}", "{18446744073709551616: a}", "{2024-01-02: a}", "{010: a}", "{-0.0: a}",
    "{123456789.123: a}", "{<<: {a: 1}, b: 2}", "{a: 2, <<: {a: 1}}", "{\"<<\": {a: 1}}", "{! <<: {a: 1}}",
    "{<<: [{a: 1}, {a: 2}]}", "{<<: 1}", "{? [a] : b}", "{a:}", "[a:]", "{a:1}", "[a?b]", "[!!str, b]",
    "|\n  y", "|-\n  010\n", ">\n  a\n  b\n", "|+\n  a\n\n", "é", "x\u00a0y", "a # c", "a#c", "#c", "@a", "`a",
    "%a", "a\tb", "- a", "?a", ":a", "a:b", "[1_0]",
)
# fmt: on


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.scalars", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    text = table()
    if not parser.parse_args().check:
        TABLE.write_text(text)
    return int(TABLE.read_text() != text)


def table() -> str:
    """One line a form: its text as the value of a key, and the JSON that kubectl makes of it; null where it refuses."""
    answers = raw(kubectl(), FORMS)
    rows = [{"text": text, "kubectl": answer} for text, answer in zip(FORMS, answers, strict=True)]
    return "[\n" + ",\n".join("  " + json.dumps(row) for row in rows) + "\n]\n"


if __name__ == "__main__":
    sys.exit(main())
