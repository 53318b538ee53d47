"""What HTTP front ends of functions have in common."""

from __future__ import annotations

import pytest

from skyjar.planes import http_proxy


@pytest.mark.parametrize(
    ("template", "path", "found"),
    [
        ("/", "/", {}),
        ("/orders", "/orders/", {}),
        ("/orders", "/other", None),
        ("/orders/{id}", "/orders/a%20b", {"id": "a b"}),
        ("/orders/{id}", "/orders", None),
        ("/orders/{id}", "/orders/1/items", None),
        ("/orders/{id}/items", "/orders/1/items", {"id": "1"}),
        ("/{proxy+}", "/a/b%2Fc", {"proxy": "a/b/c"}),
        ("/files/{rest+}", "/files", None),
    ],
)
def test_a_path_against_a_template(template: str, path: str, found: dict[str, str] | None) -> None:
    assert http_proxy.match(template, path) == found


def test_the_most_specific_template_comes_first() -> None:
    templates = ["/{proxy+}", "/a/{proxy+}", "/a/{b}", "/a/b", "/{c}/b"]
    ordered = sorted(templates, key=http_proxy.specificity, reverse=True)
    assert ordered[0] == "/a/b"
    assert set(ordered[-2:]) == {"/{proxy+}", "/a/{proxy+}"}


def test_query_parameters_keep_all_their_values() -> None:
    assert http_proxy.queries("a=1&b=&a=%C3%A4+x") == {"a": ["1", "ä x"], "b": [""]}


def test_headers_of_several_values_win() -> None:
    given = {"headers": {"X-A": 1, "X-B": True}, "multiValueHeaders": {"x-a": ["2", "3"]}}
    assert http_proxy.answered_headers(given) == [("x-b", "true"), ("x-a", "2"), ("x-a", "3")]


@pytest.mark.parametrize("text", ["a\r\nset-cookie: b", "a\nb"])
def test_a_header_holds_no_line_break(text: str) -> None:
    with pytest.raises(ValueError):
        http_proxy.answered_headers({"headers": {"x": text}})
    with pytest.raises(ValueError):
        http_proxy.answered_headers({"headers": {text: "x"}})
