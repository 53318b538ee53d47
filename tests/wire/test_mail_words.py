"""Values of headers that are not ASCII."""

from skyjar.wire.mail_words import decoded, encoded


def test_the_example_of_aws() -> None:
    as_sent = "ÄMÄZÕÑ S3".encode().decode("latin-1")  # how the bytes of a header are read
    assert encoded(as_sent) == "=?UTF-8?B?w4PChE3Dg8KEWsODwpXDg8KRIFMz?="
    assert encoded("AMAZONS3") == "AMAZONS3"


def test_mostly_ascii_is_quoted() -> None:
    assert encoded("café au lait") == "=?UTF-8?Q?caf=C3=A9_au_lait?="


def test_what_was_encoded_is_decoded() -> None:
    for text in ("café au lait", "ÄÖÜ", "plain", "日本語", "a=?b"):
        assert decoded(encoded(text)) == text


def test_what_only_looks_encoded_stays() -> None:
    for text in ("=?nothing?B?w4PC?=", "=?UTF-8?B?%%%?=", "=?"):
        assert decoded(text) == text
