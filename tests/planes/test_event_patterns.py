"""Event patterns, one case a line: what fits, what does not, and what is no pattern."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from skyjar.planes.event_patterns import InvalidPattern, combinations, compile_pattern, compiled

EVENT = {
    "source": "aws.s3",
    "detail": {
        "size": 300,
        "state": "Running",
        "none": None,
        "flag": True,
        "ip": "10.0.0.17",
        "tags": ["red", "blue"],
        "empty": [],
        "path": "a/b*c/d.png",
        "items": [{"kind": "x", "count": 1}, {"kind": "y", "count": 9}],
    },
}


def detail(**fields: Any) -> dict[str, Any]:
    return {"detail": fields}


FITTING = [
    {"source": ["aws.ec2", "aws.s3"]},
    detail(size=[300.0]),
    detail(none=[None]),
    detail(flag=[True]),
    detail(tags=["blue"]),
    detail(state=[{"prefix": "Run"}]),
    detail(state=[{"prefix": {"equals-ignore-case": "rUN"}}]),
    detail(state=[{"suffix": "ning"}]),
    detail(state=[{"suffix": {"equals-ignore-case": "NING"}}]),
    detail(state=[{"equals-ignore-case": "running"}]),
    detail(state=[{"anything-but": "Stopped"}]),
    detail(state=[{"anything-but": ["Stopped", "Gone"]}]),
    detail(state=[{"anything-but": {"prefix": "Stop"}}]),
    detail(state=[{"anything-but": {"suffix": ["x", "y"]}}]),
    detail(state=[{"anything-but": {"equals-ignore-case": ["stopped"]}}]),
    detail(state=[{"anything-but": {"wildcard": "*stop*"}}]),
    detail(size=[{"anything-but": [1, 2]}]),
    detail(tags=[{"anything-but": ["red"]}]),
    detail(size=[{"numeric": [">", 0, "<=", 300]}]),
    detail(size=[{"numeric": ["=", 3e2]}]),
    detail(size=["x", {"numeric": ["<", 301]}]),
    detail(ip=[{"cidr": "10.0.0.0/24"}]),
    detail(size=[{"exists": True}], gone=[{"exists": False}]),
    detail(empty=[{"exists": False}]),
    detail(items=[{"exists": False}]),
    detail(path=[{"wildcard": "a/*/d.*"}]),
    detail(path=[{"wildcard": "*b\\*c*"}]),
    detail(items={"kind": ["y"], "count": [9]}),
    {"$or": [{"source": ["no"]}, {"detail": {"size": [300]}}]},
    detail(**{"$or": [{"size": [1]}, {"state": ["Running"]}]}),
]
NOT_FITTING = [
    {"source": ["aws.ec2"]},
    detail(size=["300"]),
    detail(flag=[1]),
    detail(none=[""]),
    detail(state=["running"]),
    detail(state=[{"prefix": "run"}]),
    detail(state=[{"anything-but": "Running"}]),
    detail(state=[{"anything-but": {"prefix": "Run"}}]),
    detail(state=[{"anything-but": {"suffix": ["x", "ning"]}}]),
    detail(gone=[{"anything-but": "x"}]),
    detail(size=[{"numeric": [">", 0, "<", 300]}]),
    detail(state=[{"numeric": [">", 0]}]),
    detail(ip=[{"cidr": "10.0.1.0/24"}]),
    detail(state=[{"cidr": "10.0.1.0/24"}]),
    detail(size=[{"exists": False}]),
    detail(items=[{"exists": True}]),
    detail(path=[{"wildcard": "a/*/e*"}]),
    detail(path=[{"wildcard": "a/b*c/d.png*d.png"}]),
    detail(items={"kind": ["x"], "count": [9]}),
    {"$or": [{"source": ["no"]}, {"detail": {"size": [1]}}]},
]


@pytest.mark.parametrize("pattern", FITTING, ids=lambda each: orjson.dumps(each).decode())
def test_fits(pattern: dict[str, Any]) -> None:
    assert compile_pattern(pattern)(EVENT)


@pytest.mark.parametrize("pattern", NOT_FITTING, ids=lambda each: orjson.dumps(each).decode())
def test_does_not_fit(pattern: dict[str, Any]) -> None:
    assert not compile_pattern(pattern)(EVENT)


WRONG = [
    ("[]", "Filter is not an object"),
    ("{}", "Empty objects are not allowed"),
    ('{"a": {}}', "Empty objects are not allowed"),
    ('{"a": []}', "Empty arrays are not allowed"),
    ('{"a": "x"}', '"a" must be an object or an array'),
    ('{"a": [["x"]]}', "Match value must be String, number, true, false, or null"),
    ('{"a": [{"prefixx": "x"}]}', "Unrecognized match type prefixx"),
    ('{"a": [{"prefix": "x", "suffix": "y"}]}', "Only one key allowed in match expression"),
    ('{"a": [{}]}', "Match expression name not found"),
    ('{"a": [{"prefix": 1}]}', "prefix match pattern must be a string"),
    ('{"a": [{"exists": "yes"}]}', "exists match pattern must be either true or false."),
    ('{"a": [{"numeric": []}]}', "Invalid member in numeric match: ]"),
    ('{"a": [{"numeric": ["<", "1"]}]}', "Value of < must be numeric"),
    ('{"a": [{"numeric": [">", 5, "<", 1]}]}', "Bottom must be less than top"),
    ('{"a": [{"numeric": ["<", 5, "<", 9]}]}', "Too many elements in numeric expression"),
    ('{"a": [{"numeric": ["!", 5]}]}', "Unrecognized numeric range operator: !"),
    ('{"a": [{"numeric": ["<", 6e9]}]}', "Value must be between -5.0E9 and 5.0E9, inclusive"),
    (
        '{"a": [{"anything-but": ["x", 1]}]}',
        "Inside anything but list, either all values are number or string, mixed type is not supported",
    ),
    ('{"a": [{"anything-but": [null]}]}', "Inside anything but list, start|null|boolean is not supported."),
    ('{"a": [{"anything-but": {"prefix": ""}}]}', "Null prefix/suffix not allowed"),
    ('{"a": [{"anything-but": {"numeric": 1}}]}', "Unsupported anything-but pattern: numeric"),
    ('{"a": [{"wildcard": "a**b"}]}', "Consecutive wildcard characters at pos 2"),
    ('{"a": [{"wildcard": "a\\\\b"}]}', "Invalid escape character at pos 2"),
    ('{"$or": [{"a": ["x"]}]}', "There must have at least 2 Objects in $or relationship."),
]


@pytest.mark.parametrize(("text", "sentence"), WRONG, ids=[each[0] for each in WRONG])
def test_what_is_no_pattern_is_told(text: str, sentence: str) -> None:
    with pytest.raises(InvalidPattern) as caught:
        compiled(text)
    assert str(caught.value) == sentence


def test_a_pattern_of_any_depth_is_refused_and_breaks_nothing() -> None:
    with pytest.raises(InvalidPattern):
        compiled('{"a":' * 900 + '["x"]' + "}" * 900)


def test_combinations_multiply_over_fields_and_add_over_alternatives() -> None:
    assert combinations({"a": ["1", "2", "3"], "b": ["x"], "c": {"d": ["x", {"anything-but": ["y", "z"]}]}}) == 9
    assert combinations({"a": ["1", "2"], "$or": [{"b": ["1", "2"]}, {"c": ["x"]}]}) == 6
