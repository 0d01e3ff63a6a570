"""Tokens that say who the customer is: what is read, and what is refused."""

import base64
import json
import time
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.identity import Identity
from connectors.identity_tokens import IdentityTokens, InvalidToken

SECRET = "a secret of sixty-four characters, so that longer hashes take it too"
TOKENS = IdentityTokens(SECRET)
HOUR = 60 * 60

ANYTHING = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text())
"""The value of a claim."""


def token(secret: str = SECRET, algorithm: str = "HS256", **claims: Any) -> str:
    """A token of the shop's; a claim that is None is left out."""
    everything = {"email": "ada@mail.example", "aud": "aftercare", "exp": int(time.time()) + HOUR, **claims}
    said = {name: value for name, value in everything.items() if value is not None}
    return jwt.encode(said, secret, algorithm)


def by_hand(header: dict[str, Any], signature: bytes = b"", **claims: Any) -> str:
    """A token whose header says anything."""
    body = {"email": "ada@mail.example", "aud": "aftercare", "exp": int(time.time()) + HOUR, **claims}
    parts = [json.dumps(header).encode(), json.dumps(body).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def problem(text: str) -> str:
    """Why a token is refused."""
    with pytest.raises(InvalidToken) as caught:
        TOKENS.read(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("claims", "moments"),
    [
        ({}, {}),
        ({"sub": "C-1", "name": "Ada Lovelace"}, {}),
        ({"aud": ["aftercare", "other"]}, {}),
        ({}, {"exp": 24 * HOUR}),
        ({}, {"iat": 0}),
        # The clock of the shop may be a little ahead, or behind.
        ({}, {"iat": 10}),
        ({}, {"exp": -10}),
    ],
)
def test_a_token_says_who_the_customer_is(claims: dict[str, Any], moments: dict[str, int]) -> None:
    from_now = {name: int(time.time()) + seconds for name, seconds in moments.items()}
    assert TOKENS.read(token(**claims, **from_now)) == Identity(email="ada@mail.example")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (token(exp=int(time.time()) - HOUR), "expired"),
        (token(email=None), "'email' is missing"),
        (token(aud=None), "'aud' is missing"),
        (token(exp=None), "'exp' is missing"),
        (token(aud="shop"), "'aud' must be 'aftercare'"),
        (token(exp=int(time.time()) + 25 * HOUR), "more than 24 hours"),
        # Soon over, but valid for a year.
        (token(iat=int(time.time()) - 8760 * HOUR), "more than 24 hours"),
        (token(email=""), "no e-mail address"),
        (token(email="ada"), "no e-mail address"),
        (token(email=["ada@mail.example"]), "no e-mail address"),
        (token(email="ada@mail.example" * 100), "no e-mail address"),
        (token(exp="tomorrow"), "no valid"),
        (token(exp=float("inf")), "no valid"),
        (token(exp=float("nan")), "no valid"),
        (token(exp=[1]), "no valid"),
        (token(exp=10**400), "more than 24 hours"),
        (token(iat=-(10**400)), "more than 24 hours"),
        (token(nbf=int(time.time()) + HOUR), "no valid"),
        (token(iat=int(time.time()) + HOUR), "no valid"),
        (token("another secret of thirty-two characters"), "secret of this server"),
        # So many characters are no Base64, whatever they are.
        (token()[:-6], "no valid"),
        (token() + ".", "no valid"),
        ("", "no valid"),
        ("no token", "no valid"),
        ("a.b.c", "no valid"),
    ],
)
def test_other_tokens_are_refused_with_a_reason(text: str, why: str) -> None:
    assert why in problem(text)


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_other_algorithms_are_refused_even_with_the_secret(algorithm: str) -> None:
    assert "signed with HS256" in problem(token(algorithm=algorithm))


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE", "", "RS256", "ES256", "hs256", None, 5])
def test_no_header_brings_a_token_past_its_signature(name: Any) -> None:
    signature = base64.urlsafe_b64decode(token().rpartition(".")[2] + "==")
    for text in (by_hand({"alg": name, "typ": "JWT"}), by_hand({"alg": name, "typ": "JWT"}, signature)):
        assert problem(text)


def test_a_key_that_the_token_brings_along_is_not_used() -> None:
    own = "a key of thirty-two characters of my own"
    encoded = base64.urlsafe_b64encode(own.encode()).decode().rstrip("=")
    claims = {"email": "ada@mail.example", "aud": "aftercare", "exp": int(time.time()) + HOUR}
    forged = jwt.encode(claims, own, headers={"jwk": {"kty": "oct", "k": encoded}, "kid": "../../dev/null"})
    assert "secret of this server" in problem(forged)


def test_other_claims_do_not_fit_the_signature() -> None:
    header, _, signature = token().split(".")
    payload = token(email="eve@mail.example").split(".")[1]
    assert "secret of this server" in problem(f"{header}.{payload}.{signature}")


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    assert problem(text)


@given(st.dictionaries(st.sampled_from(["email", "aud", "exp", "iat", "nbf", "iss", "sub", "jti"]), ANYTHING))
def test_odd_claims_are_no_error(claims: dict[str, Any]) -> None:
    signed = jwt.api_jws.encode(json.dumps({"aud": "aftercare", "exp": time.time() + HOUR, **claims}).encode(), SECRET)
    try:
        identity = TOKENS.read(signed)
    except InvalidToken:
        return
    assert identity.email == claims["email"]


def test_tokens_made_here_are_read_here_and_nowhere_else() -> None:
    made = TOKENS.sign("ada@mail.example")
    assert TOKENS.read(made) == Identity(email="ada@mail.example")
    claims = jwt.decode(made, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == HOUR
    with pytest.raises(InvalidToken):
        IdentityTokens("another secret of more than thirty-two characters").read(made)
