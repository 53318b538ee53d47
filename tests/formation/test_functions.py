"""Loops, rules and conditions."""

from __future__ import annotations

from typing import Any

import pytest

from skyjar.formation import extensions, intrinsics
from skyjar.formation.errors import TemplateError


class Nothing:
    def __getattr__(self, name: str) -> Any:
        raise TemplateError(name)


def value(expression: Any) -> Any:
    return intrinsics.evaluate(expression, Nothing())  # type: ignore[arg-type]


def unrolled(resources: dict[str, Any], **values: Any) -> dict[str, Any]:
    return extensions.expand({"Transform": "AWS::LanguageExtensions", "Resources": resources}, values)["Resources"]


def test_loops_run_over_lists_and_parameters_and_in_each_other() -> None:
    body = {"Q${X}${Y}": {"Name": "${X}-${Y}", "Plain": "&{Y}", "Ref": {"Ref": "X"}}}
    loop = {"Fn::ForEach::Outer": ["X", {"Ref": "Names"}, {"Fn::ForEach::Inner": ["Y", ["1.", "2"], body]}]}
    found = unrolled(loop, Names=["a", "b"])
    assert found["Qa1."] == {"Name": "a-1.", "Plain": "1", "Ref": "a"}
    assert set(found) == {"Qa1.", "Qa2", "Qb1.", "Qb2"}


@pytest.mark.parametrize(
    "loop", [["X", ["a", "a"], {"Q${X}": 1}], ["X", "a", {}], ["X", ["a"]], "x", ["X", ["a", "b"], {"Q": 1}]]
)
def test_loops_that_make_no_sense(loop: Any) -> None:
    with pytest.raises(TemplateError):
        unrolled({"Fn::ForEach::L": loop})


def test_loops_do_not_explode() -> None:
    body: Any = {"${A}x${B}x${C}x${D}": 1}
    for name in "ABCD":
        body = {f"Fn::ForEach::{name}": [name, [str(number) for number in range(100)], body]}
    with pytest.raises(TemplateError, match="make too much"):
        unrolled(body)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ({"Fn::Sub": "a${!b}c"}, "a${b}c"),
        ({"Fn::Sub": ["${x}${ x }", {"x": "1"}]}, "11"),
        ({"Fn::Sub": "$ {} $}{"}, "$ {} $}{"),
        ({"Fn::Sub": ["${x}", {"x": True}]}, "true"),
        ({"Fn::Base64": "é"}, "w6k="),
        ({"Fn::Cidr": ["2001:db8::/56", 2, 64]}, ["2001:db8::/64", "2001:db8:0:1::/64"]),
        ({"Fn::Length": [1, 2]}, 2),
        ({"Fn::ToJsonString": {"a": [1]}}, '{"a":[1]}'),
        ({"Fn::Contains": [["a"], "a"], "other": 1}, {"Fn::Contains": [["a"], "a"], "other": 1}),
    ],
)  # fmt: skip
def test_functions(expression: Any, expected: Any) -> None:
    assert value(expression) == expected


@pytest.mark.parametrize(
    "expression",
    [
        {"Fn::Cidr": ["10.0.0.0/16", 0, 8]}, {"Fn::Cidr": ["10.0.0.0/16", 2, 99]}, {"Fn::Cidr": ["x", 1, 1]},
        {"Fn::Select": ["-1", ["a"]]}, {"Fn::Select": [0, {"a": 1}]}, {"Fn::Split": ["", "a"]}, {"Fn::Join": ["", [{}]]},
        {"Fn::Sub": ["${x}", {"x": None}]}, {"Fn::If": ["C"]}, {"Fn::Length": "abc"}, {"Fn::FindInMap": ["M"]},
    ],
)  # fmt: skip
def test_functions_that_cannot_be(expression: Any) -> None:
    with pytest.raises(TemplateError):
        value(expression)
