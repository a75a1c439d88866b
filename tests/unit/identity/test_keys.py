"""Role sessions prove themselves, and survive whoever issued them."""

import pytest

from local.identity.keys import ExpiredToken, Issuer

ROLE = "arn:aws:iam::123456789012:role/team/deploy"


def test_a_session_is_read_back_by_another_issuer_of_the_same_home() -> None:
    session, credentials = Issuer("home").issue(ROLE, "run", policy='{"Statement": []}')
    again = Issuer("home")
    assert again.read(credentials.access_key, credentials.session_token) == session
    assert again.secret(credentials.access_key) == credentials.secret_key
    assert session.arn == "arn:aws:sts::123456789012:assumed-role/deploy/run"


def test_keys_look_like_aws_keys() -> None:
    _, credentials = Issuer("home").issue(ROLE, "run")
    assert credentials.access_key.startswith("ASIA")
    assert len(credentials.access_key) == 20
    assert len(credentials.secret_key) == 40


def test_another_home_another_key_and_a_changed_token_are_refused() -> None:
    issuer = Issuer("home")
    _, one = issuer.issue(ROLE, "run")
    _, two = issuer.issue(ROLE, "run")
    assert Issuer("other").read(one.access_key, one.session_token) is None
    assert issuer.read(two.access_key, one.session_token) is None
    assert issuer.read(one.access_key, "e" + one.session_token) is None
    assert issuer.read(one.access_key, "") is None


def test_a_session_ends() -> None:
    issuer = Issuer("home")
    _, credentials = issuer.issue(ROLE, "run", lifetime=-1)
    with pytest.raises(ExpiredToken):
        issuer.read(credentials.access_key, credentials.session_token)
