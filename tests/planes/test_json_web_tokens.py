"""Tokens of others: what is believed of them; tokens of one's own: that others can verify them."""

import json
from base64 import urlsafe_b64encode
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyjar.planes.json_web_tokens import (
    BadSignature,
    Malformed,
    NoKey,
    claims_of,
    new_key,
    public_key,
    signed,
    verified,
)

KEY = new_key("RS256")
KEYS = json.dumps({"keys": [public_key(KEY, "RS256", "k")]}).encode()
CLAIMS = {"sub": "ann", "aud": ["a", "b"]}


@pytest.mark.parametrize("algorithm", ["RS256", "ES384"])
def test_what_is_signed_here_others_verify(algorithm: str) -> None:
    private = new_key(algorithm)
    token = signed(CLAIMS, private, algorithm, "name")
    shown = public_key(private, algorithm, "name")
    assert (shown["kid"], shown["alg"], "d" in shown) == ("name", algorithm, False)
    found = jwt.decode(token, jwt.PyJWK(shown).key, algorithms=[algorithm], audience="a")
    assert found == CLAIMS
    assert verified(token, json.dumps({"keys": [shown]}).encode()) == CLAIMS


def test_a_key_is_for_what_it_says_it_is_for() -> None:
    token = signed(CLAIMS, KEY, "RS256", "k")
    shown = public_key(KEY, "RS256", "k")
    assert verified(token, KEYS) == claims_of(token) == CLAIMS
    for change in ({"use": "enc"}, {"alg": "RS512"}, {"kid": "other"}, {"kty": "oct"}):
        with pytest.raises(NoKey):
            verified(token, json.dumps({"keys": [{**shown, **change}]}).encode())
    with pytest.raises(BadSignature):
        verified(token, json.dumps({"keys": [{**shown, "n": "AQAB"}]}).encode())
    nameless = jwt.encode(CLAIMS, KEY, "RS256")
    assert (
        verified(nameless, json.dumps({"keys": [public_key(new_key("RS256"), "RS256", "x"), shown]}).encode()) == CLAIMS
    )


def test_depth_is_no_way_in() -> None:
    deep = urlsafe_b64encode(b'{"a":' + b"[" * 7000 + b"]" * 7000 + b"}").decode()
    for token in (f"{deep}.{deep}.x", f"e30.{deep}.x"):
        with pytest.raises(Malformed):
            claims_of(token)
    with pytest.raises(Malformed):
        verified(signed(CLAIMS, KEY, "RS256", "k"), b"[" * 100_000)


PARTS = st.one_of(st.text(max_size=12), st.sampled_from(signed(CLAIMS, KEY, "RS256", "k").split(".")))


@given(st.lists(PARTS, max_size=4).map(".".join), st.one_of(st.just(KEYS), st.binary(max_size=40)))
def test_whatever_is_shown_is_refused_in_our_words(token: str, keys: bytes) -> None:
    try:
        claims_of(token)
        found: Any = verified(token, keys)
    except (Malformed, BadSignature):
        return
    assert found == CLAIMS
