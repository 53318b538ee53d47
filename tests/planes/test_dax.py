"""The pieces of DAX's protocol, beside AWS's client where that is installed."""

from __future__ import annotations

import contextlib
from decimal import Decimal
from typing import Any

import pytest
from cbor2 import CBORTag
from hypothesis import given, settings
from hypothesis import strategies as st

from skyjar.planes.dax import answers, attributes, cbor, expressions, item_keys, lexical_decimals
from skyjar.planes.dax.cbor import Malformed
from skyjar.planes.dax.messages import Request, Requests

NUMBERS = st.builds(
    lambda digits, exponent: str(Decimal(digits).scaleb(exponent)),
    st.integers(-(10**38) + 1, 10**38 - 1),
    st.integers(-130, 87),
)
VALUES = st.recursive(
    st.one_of(
        st.builds(lambda text: {"S": text}, st.text()),
        st.builds(lambda data: {"B": data}, st.binary()),
        st.builds(lambda number: {"N": str(number)}, st.integers(-(10**37), 10**37)),
        st.builds(lambda flag: {"BOOL": flag}, st.booleans()),
        st.just({"NULL": True}),
        st.builds(lambda several: {"SS": several}, st.lists(st.text(), min_size=1)),
    ),
    lambda inner: st.one_of(
        st.builds(lambda several: {"L": several}, st.lists(inner, max_size=3)),
        st.builds(lambda named: {"M": named}, st.dictionaries(st.text(), inner, max_size=3)),
    ),
    max_leaves=8,
)
GREETING = b"".join(map(cbor.encode, ("J7yne5G", 0, None, {"UserAgent": "x"}, 0)))
GET = b"".join(map(cbor.encode, (1, 263244906, b"tab", b"key", None)))


@given(NUMBERS, NUMBERS)
def test_numbers_sort_as_their_bytes(one: str, other: str) -> None:
    first, second = lexical_decimals.encode(one), lexical_decimals.encode(other)
    assert (first < second) == (Decimal(one) < Decimal(other))
    assert Decimal(lexical_decimals.decode(first)) == Decimal(one)


@settings(deadline=None)
@given(NUMBERS)
def test_numbers_are_written_as_the_client_writes_them(number: str) -> None:
    client = pytest.importorskip("amazondax.LexDecimal")
    whole = Decimal(number).normalize()
    shown = format(whole, "f") if 0 <= whole.adjusted() < 38 else str(whole)
    assert lexical_decimals.encode(number) == client.encode(client.create_decimal(shown))


@given(st.binary(max_size=30))
def test_bytes_that_are_no_number_are_malformed(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        Decimal(lexical_decimals.decode(data))


@given(VALUES)
def test_values_come_back(value: dict[str, Any]) -> None:
    found, end = cbor.item(cbor.encode(attributes.plain(value)))
    assert attributes.value(found) == value
    assert end == len(cbor.encode(attributes.plain(value)))


@pytest.mark.parametrize("data", ["d81c80", "c074", "d82363612b62", "d9010280", "9f", "5b7fffffffffffffff"])
def test_what_dax_does_not_say_is_not_understood(data: str) -> None:
    with pytest.raises(Malformed):
        cbor.item(bytes.fromhex(data))


def test_keys_come_back() -> None:
    for schema, key in (
        ((("pk", "S"),), {"pk": {"S": "é"}}),
        ((("pk", "N"),), {"pk": {"N": "-5"}}),
        ((("pk", "B"),), {"pk": {"B": b"\0"}}),
        ((("pk", "S"), ("sk", "N")), {"pk": {"S": "a"}, "sk": {"N": "-0.015"}}),
        ((("pk", "N"), ("sk", "S")), {"pk": {"N": "7"}, "sk": {"S": "b"}}),
        ((("pk", "B"), ("sk", "B")), {"pk": {"B": b"a"}, "sk": {"B": b"b"}}),
    ):
        assert item_keys.decode(schema, item_keys.encode(schema, key)) == key
    with pytest.raises(Malformed):
        item_keys.decode((("pk", "N"), ("sk", "S")), cbor.encode("text") + b"b")
    for written in (1, 1.0, Decimal("1.00"), Decimal("10E-1")):
        assert item_keys.decode((("pk", "N"),), cbor.encode(written)) == {"pk": {"N": "1"}}


def test_requests_come_in_any_pieces() -> None:
    whole = GREETING + GET + GET
    for size in (1, 3, 7, len(whole)):
        parser = Requests()
        found = [each for at in range(0, len(whole), size) for each in parser.feed(whole[at : at + size])]
        assert found == [Request("get_item", [b"tab", b"key", None])] * 2
        assert (parser.user_agent, parser.is_waiting) == ("x", False)


@pytest.mark.parametrize(
    "data", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01", GREETING + b"\x02", GREETING + b"\x01\x02"]
)
def test_strangers_are_not_listened_to(data: bytes) -> None:
    with pytest.raises(Malformed):
        Requests().feed(data)


def test_an_item_without_end_is_not_kept_for_ever() -> None:
    parser = Requests()
    parser.feed(GREETING + b"\x5b\x00\x00\x00\x7f\xff\xff\xff\xff")
    with pytest.raises(Malformed):
        for _ in range(400):
            parser.feed(b"x" * 65536)


@given(VALUES, st.binary(max_size=5))
def test_the_end_of_an_item_is_found_as_it_comes(value: dict[str, Any], more: bytes) -> None:
    data = cbor.encode({"x": [attributes.plain(value), CBORTag(cbor.STRING_SET, ["a"])]})
    scanner = cbor.Scanner()
    for size in range(1, len(data)):
        assert scanner.end(data[:size], 0) is None
    assert scanner.end(data + more, 0) == len(data)
    streamed = b"\xbf\x61x\x7f\x61a\x61b\xff\xff"
    assert cbor.Scanner().end(streamed + more, 0) == len(streamed)
    assert cbor.item(streamed) == ({"x": "ab"}, len(streamed))


@pytest.mark.parametrize("head", [b"\x9a\x00\xff\xff\xff" + b"\x80" * 600_000, b"\x81" * 40_000])
def test_an_item_of_too_many_parts_is_not_taken_in(head: bytes) -> None:
    parser = Requests()
    parser.feed(GREETING)
    with pytest.raises(Malformed):
        for at in range(0, len(head), 65_536):
            parser.feed(head[at : at + 65_536])


def test_a_long_request_comes_in_many_pieces() -> None:
    batch = {"tab": [part for n in range(25) for part in (b"k%d" % n, b"x" * 300_000)]}
    whole = GREETING + b"".join(map(cbor.encode, (1, 116217951, batch, None))) + GET
    parser, found = Requests(), []
    for at in range(0, len(whole), 50_000):
        found += parser.feed(whole[at : at + 50_000])
    assert [request.method for request in found] == ["batch_write_item", "get_item"]
    assert found[0].arguments[0] == batch


def test_expressions_become_dynamodbs_text() -> None:
    path: list[Any] = [18, "a", CBORTag(cbor.ORDINAL, 2), "b"]
    tree = [6, [2, path, [17, 0]], [8, [7, [11, [18, "c"]], [10, [16, path], [[17, 1], [17, 0]]]]]]
    binder = expressions.Binder()
    text = binder.condition(cbor.encode([1, tree, [5, "x"]]))
    assert text == "(#n0[2].#n1 < :v0) AND (NOT ((attribute_exists(#n2)) OR (size(#n0[2].#n1) IN (:v1, :v0))))"
    assert binder.names == {"#n0": "a", "#n1": "b", "#n2": "c"}
    assert binder.values == {":v0": {"N": "5"}, ":v1": {"S": "x"}}
    update = [[19, [18, "a"], [25, [18, "a"], [17, 0]]], [22, path], [19, [18, "c"], [17, 0]]]
    assert binder.update(cbor.encode([1, update, [1]])) == "SET #n0 = #n0 + :v2, #n2 = :v2 REMOVE #n0[2].#n1"
    assert expressions.paths_of(cbor.encode([1, [path]])) == [("a", 2, "b")]
    for wrong in ([1, [99, 1], []], [1, [17, 5], []], [2, tree, []], [1, "x", []], [1, [18, 1], []], "x"):
        with pytest.raises(Malformed):
            binder.condition(cbor.encode(wrong))


def test_a_refusal_has_codes_a_sentence_and_details() -> None:
    found = cbor.items(answers.refusal("ConditionalCheckFailedException", "No.", "id", 400))
    assert found == [[4, 37, 38, 39, 43], "No.", ["id", "ConditionalCheckFailedException", 400]]
