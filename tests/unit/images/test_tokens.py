import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.context import Principal
from local.images.tokens import Bearer, Tokens, basic

PRINCIPAL = Principal(
    "arn:aws:sts::123456789012:assumed-role/build/session", "123456789012", "assumed-role", "arn:role"
)
TOKENS = Tokens(b"k" * 32)


def test_a_token_names_who_asked_until_it_runs_out() -> None:
    token = TOKENS.issue(PRINCIPAL, expires=1000)

    assert TOKENS.bearer(token, now=999) == Bearer(PRINCIPAL)
    assert TOKENS.bearer(token, now=1001) is None


def test_a_token_of_another_home_is_worth_nothing() -> None:
    assert Tokens(b"other").bearer(TOKENS.issue(PRINCIPAL, expires=1000), now=0) is None


def test_the_key_outlives_a_restart(tmp_path: Path) -> None:
    token = Tokens.open(tmp_path / "key").issue(None, expires=1000)

    assert Tokens.open(tmp_path / "key").bearer(token, now=0) == Bearer(None)
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0


def test_the_header_of_docker_login_is_read() -> None:
    assert TOKENS.from_header(basic(TOKENS.issue(PRINCIPAL, expires=4e9))) == Bearer(PRINCIPAL)


@pytest.mark.parametrize(
    "header", ["", "Bearer abc", "Basic", "Basic !!!", "Basic " + base64.b64encode(b"AWS").decode()]
)
def test_any_other_header_is_nobodys(header: str) -> None:
    assert TOKENS.from_header(header) is None


def test_another_user_than_aws_is_nobody() -> None:
    token = TOKENS.issue(PRINCIPAL, expires=4e9)

    assert TOKENS.from_header("Basic " + base64.b64encode(f"me:{token}".encode()).decode()) is None


@given(st.text())
def test_no_text_is_a_token_by_chance(text: str) -> None:
    assert TOKENS.bearer(text) is None
