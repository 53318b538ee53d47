"""Mapping templates, proxy answers and import documents: what is pure."""

from __future__ import annotations

from typing import Any

import pytest

from skyjar.kernel.errors import AWSError, NotImplementedHere
from skyjar.kernel.web import WebRequest
from skyjar.services.apigateway import imports, payloads, templates


def request(**more: Any) -> WebRequest:
    given = {"method": "GET", "host": "h", "path": "/", "query": "q=1", "headers": {}, "body": b"{}", "labels": {}}
    return WebRequest(**{**given, **more})


@pytest.fixture
def scope() -> templates.Scope:
    made = templates.Scope(request(headers={"x-h": "2"}), {"p": "3"}, {"env": "dev"})
    made.context = {"stage": "s", "identity": {"sourceIp": "1.2.3.4"}}
    return made


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ('{"a": "$context.stage"}', '{"a": "s"}'),
        ("${context.identity.sourceIp}.", "1.2.3.4."),
        ("$stageVariables.env/${stageVariables.none}", "dev/"),
        ("$input.params('q')$input.params('X-H')$input.params('p')", "123"),
        ("$input.body $input.json('$')", "{} {}"),
        ("costs $5 and #1", "costs $5 and #1"),
    ],
)
def test_references_are_rendered(scope: Any, text: str, rendered: str) -> None:
    templates.check(text)
    assert templates.render(text, scope) == rendered


@pytest.mark.parametrize(
    "text",
    ["#set($a = 1)", "#if($context.stage)x#end", "$util.escapeJavaScript('a')", "$input.json('$.a')", "$!a", "## note",
     "$input.params().header", "${a}", "#foreach($x in $y)"],
)  # fmt: skip
def test_the_rest_of_the_language_is_refused(text: str) -> None:
    with pytest.raises(NotImplementedHere):
        templates.check(text)


@pytest.mark.parametrize(
    ("text", "status"), [('{"statusCode": 200}', "200"), ("{ statusCode: 404 }", "404"), ("{}", None), ("x", None)]
)
def test_a_mocks_status_may_lack_quotes(text: str, status: str | None) -> None:
    assert templates.status_of(text) == status


@pytest.mark.parametrize(
    "payload",
    [b"null", b'"x"', b"{}", b'{"statusCode": 99}', b'{"statusCode": 200, "body": 1}', b'{"statusCode": 200, "x": 1}',
     b'{"statusCode": 200, "headers": [1]}', b'{"statusCode": 200, "headers": {"a": "b\\nc"}}', b"<xml/>",
     b'{"statusCode": 200, "headers": "abc"}'],
)  # fmt: skip
def test_malformed_answers(payload: bytes) -> None:
    assert payloads.answer(payload, request(), ()).status == 502


def test_binary_media_types_match_as_patterns() -> None:
    assert payloads.matches(("image/*",), "image/png; q=1")
    assert payloads.matches(("*/*",), "text/plain")
    assert not payloads.matches(("image/*", "application/zip"), "text/html")


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b'{"openapi": "3.1.0"}', b"a: &x [1]\nb: *x", b"\xff\xfe\x00", b'{"info": {}}', b"[" * 100_000],
)
def test_documents_that_are_none(body: bytes) -> None:
    with pytest.raises(AWSError, match="Invalid OpenAPI input"):
        imports.read(body)
