"""Envelopes, and how long their keys stay open."""

import pytest
from cryptography.exceptions import InvalidTag

from skyjar.kernel import envelopes
from skyjar.kernel.envelopes import OpenKeys

SECRET, NONCE = bytes(range(32)), bytes(12)


def test_an_envelope_holds_its_content_and_what_it_is_about():
    sealed = envelopes.seal(SECRET, b"key", "arn", NONCE, b"content")
    assert b"content" not in sealed
    envelope = envelopes.read(sealed)
    assert (envelope.data_key, envelope.about, envelope.open(SECRET)) == (b"key", "arn", b"content")
    for bent in (sealed.replace(b"arn", b"ARN"), sealed[:-1] + bytes((sealed[-1] ^ 1,))):
        with pytest.raises(InvalidTag):
            envelopes.read(bent).open(SECRET)


def test_a_key_stays_open_for_its_period_and_for_who_opened_it():
    keys, opened = OpenKeys(remembered=2), []

    def get(who, now, period_s=10.0):
        return keys.get(who, b"key", now, period_s, lambda: opened.append(who) or SECRET)

    assert [get("a", now) for now in (100.0, 109.0)] == [SECRET, SECRET]
    assert opened == ["a"]
    get("b", 109.0)
    get("a", 110.0)
    get("a", 115.0, period_s=5.0)
    assert opened == ["a", "b", "a", "a"]
    get("a", 50.0)  # the clock was set back
    get("c", 50.0)
    get("d", 50.0)  # and what is remembered is limited
    get("a", 50.0)
    assert opened[4:] == ["a", "c", "d", "a"]
