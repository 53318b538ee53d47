"""The account's sign-in page: `<alias or account>.signin.localhost/console`, or `/_aws/signin/<alias or account>/console`.

What it gives is a session's credentials (JSON for those who ask for it), as no console is behind it.
"""

from __future__ import annotations

from html import escape
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.principals import root
from skyjar.kernel.service import endpoint
from skyjar.kernel.web import WebRequest, WebResponse

from . import sign_ins
from .sign_ins import Refused, sign_in

_FIELDS = {"username": "text", "password": "password", "mfacode": "text", "new_password": "password"}
_TITLES = {
    "username": "IAM user name",
    "password": "Password",
    "mfacode": "MFA code",
    "new_password": "New password",
}
_HEADERS = [
    ("cache-control", "no-store"),
    ("content-security-policy", "default-src 'none'; form-action 'self'; frame-ancestors 'none'"),
    ("x-content-type-options", "nosniff"),
]


@endpoint(hosts=("{account}.signin.localhost",), paths=("/_aws/signin/{account}/{path+}",))
def console(call: Call, request: WebRequest) -> WebResponse | None:
    """None for an alias that nobody has."""
    account = sign_ins.account_named(call, request.labels["account"])
    if account is None:
        return None
    if request.path.rstrip("/") not in ("", "/console"):
        return _page(404, "<p>There is nothing here.</p>")
    if request.method in ("GET", "HEAD"):
        return _page(200, _form(account, {}))
    if request.method != "POST":
        return _page(405, "<p>Method not allowed.</p>")
    given = dict(parse_qsl(request.body.decode("utf-8", "replace"), max_num_fields=8))
    return _answer(call, account, given, is_json="application/json" in request.headers.get("accept", ""))


def _answer(call: Call, account: str, given: dict[str, str], *, is_json: bool) -> WebResponse:
    fields = {name: given.get(name, "") for name in _FIELDS}
    try:
        found = sign_in(
            call.acting(root(account)),
            fields["username"],
            fields["password"],
            fields["mfacode"],
            fields["new_password"],
        )
    except Refused as refused:
        if is_json:
            return _json(401, {"message": str(refused), "wants": refused.wants})
        return _page(401, f"<p>{escape(str(refused))}</p>{_form(account, given, refused.wants)}")
    if is_json:
        return _json(200, found)
    return _page(200, _signed_in(found))


def _form(account: str, given: dict[str, str], wanted: str = "") -> str:
    names = [name for name in _FIELDS if name != "new_password" or wanted == name]
    inputs = "".join(
        f'<p><label>{_TITLES[name]} <input name="{name}" type="{_FIELDS[name]}" autocomplete="off"'
        f' value="{escape(given.get(name, "")) if _FIELDS[name] == "text" and name == "username" else ""}"></label></p>'
        for name in names
    )
    return f"<p>Account {account}</p><form method='post'>{inputs}<p><button>Sign in</button></p></form>"


def _signed_in(found: dict[str, Any]) -> str:
    keys = found["Credentials"]
    lines = "\n".join(
        [
            f"export AWS_ACCESS_KEY_ID={keys['AccessKeyId']}",
            f"export AWS_SECRET_ACCESS_KEY={keys['SecretAccessKey']}",
            f"export AWS_SESSION_TOKEN={keys['SessionToken']}",
        ]
    )
    return f"<p>Signed in as {escape(found['Arn'])}</p><pre>{escape(lines)}</pre>"


def _page(status: int, body: str) -> WebResponse:
    text = f"<!doctype html><html lang='en'><meta charset='utf-8'><title>Sign in</title><h1>Skyjar</h1>{body}</html>"
    return WebResponse(
        status=status, headers=[("content-type", "text/html; charset=utf-8"), *_HEADERS], body=text.encode()
    )


def _json(status: int, body: dict[str, Any]) -> WebResponse:
    return WebResponse(
        status=status, headers=[("content-type", "application/json"), *_HEADERS], body=msgspec.json.encode(body)
    )
