"""What SNS serves beside its API: the links in its messages, the certificate that these are signed with, and what would
have left the cloud as mail, text message or push.

`/_aws/sns/{region}/?Action=ConfirmSubscription…` and `…Unsubscribe…` are the unsigned links of AWS's messages.
`/_aws/sns/captured` lists (GET) and forgets (DELETE) what was captured, optionally `?account=`, `to=`, `kind=`, `topic=`.
`POST /_aws/sns/{region}/opt-out?account=…&phone=…` is an answer STOP.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import root
from skyjar.kernel.service import endpoint
from skyjar.kernel.web import WebRequest, WebResponse

from . import captured_state, endpoint_forms, letters, signing, state, subscriptions, texts
from .errors import AuthorizationErrorException, InvalidParameterException

_XMLNS = "http://sns.amazonaws.com/doc/2010-03-31/"


@endpoint(paths=("/_aws/sns/captured",))
def captured(call: Call, request: WebRequest) -> WebResponse:
    """Newest last."""
    at = captured_state.everywhere(call)
    wanted = dict(parse_qsl(request.query))
    found = [each for each in captured_state.captured.each(at) if _fits(each, wanted)]
    if request.method == "DELETE":
        for each in found:
            captured_state.captured.remove(at, each)
        return WebResponse(status=204)
    if request.method != "GET":
        return _text(405, "Method Not Allowed")
    return _json({"messages": [_shown(each) for each in found]})


def _fits(each: captured_state.Captured, wanted: dict[str, str]) -> bool:
    return all(getattr(each, name, None) == value for name, value in wanted.items())


def _shown(each: captured_state.Captured) -> dict[str, Any]:
    return {
        "kind": each.kind,
        "to": each.to,
        "subject": each.subject,
        "body": each.body,
        "messageId": each.message_id,
        "topic": each.topic,
        "attributes": each.attributes,
        "account": each.account,
        "region": each.region,
        "at": letters.iso(int(each.at * 1000)),
    }


@endpoint(paths=("/_aws/sns/{region}/{file}.pem",))
def certificate(call: Call, request: WebRequest) -> WebResponse:
    found = signing.signer(call)
    if request.labels["file"] != f"SimpleNotificationService-{signing.fingerprint(found.certificate)}":
        return _text(404, "There is no such certificate.")
    headers = [("content-type", "application/x-pem-file")]
    return WebResponse(status=200, headers=headers, body=found.certificate.encode())


@endpoint(paths=("/_aws/sns/{region}/opt-out",))
def stop(call: Call, request: WebRequest) -> WebResponse:
    given = dict(parse_qsl(request.query))
    phone, account = given.get("phone", ""), given.get("account", call.account)
    if request.method != "POST":
        return _text(405, "Method Not Allowed")
    if not endpoint_forms.is_phone(phone):
        return _text(400, "Not a phone number.")
    inner = call.acting(root(account))
    inner.region = request.labels["region"]
    texts.opt_out(inner, phone)
    return WebResponse(status=204)


@endpoint(paths=("/_aws/sns/{region}/",))
def links(call: Call, request: WebRequest) -> WebResponse:
    given = dict(parse_qsl(request.query))
    try:
        if given.get("Action") == "ConfirmSubscription":
            return _confirm(call, request, given)
        if given.get("Action") == "Unsubscribe":
            return _unsubscribe(call, given)
    except AWSError as error:
        return _failed(call, error)
    return _text(404, "There is nothing here.")


def _confirm(call: Call, request: WebRequest, given: dict[str, str]) -> WebResponse:
    call.region = request.labels["region"]
    arn = given.get("TopicArn", "")
    at, _ = state.existing(call, arn)
    found = subscriptions.confirm(at, arn, given.get("Token", ""), keeps_authenticated=False, was_authenticated=False)
    return _answer(
        call,
        "ConfirmSubscription",
        f"<ConfirmSubscriptionResult><SubscriptionArn>{escape(found.arn)}</SubscriptionArn></ConfirmSubscriptionResult>",
    )


def _unsubscribe(call: Call, given: dict[str, str]) -> WebResponse:
    found = state.subscription(call, given.get("SubscriptionArn", ""))
    if found.keeps_unsubscribing_authenticated:
        raise AuthorizationErrorException("Unsubscribe requires authentication")
    if found.is_pending:
        raise InvalidParameterException("This subscription is not confirmed")
    subscriptions.end(call, found)
    return _answer(call, "Unsubscribe", "")


def _answer(call: Call, action: str, result: str) -> WebResponse:
    request_id = call.request_id or call.new_id()
    body = (
        f'<{action}Response xmlns="{_XMLNS}">{result}<ResponseMetadata><RequestId>{request_id}</RequestId>'
        f"</ResponseMetadata></{action}Response>"
    )
    return WebResponse(status=200, headers=[("content-type", "text/xml")], body=body.encode())


def _failed(call: Call, error: AWSError) -> WebResponse:
    body = (
        f'<ErrorResponse xmlns="{_XMLNS}"><Error><Type>Sender</Type><Code>{error.code}</Code>'
        f"<Message>{escape(error.message)}</Message></Error><RequestId>{call.request_id}</RequestId></ErrorResponse>"
    )
    return WebResponse(status=error.status, headers=[("content-type", "text/xml")], body=body.encode())


def _text(status: int, sentence: str) -> WebResponse:
    return WebResponse(status=status, headers=[("content-type", "text/plain")], body=f"{sentence}\n".encode())


def _json(body: dict[str, Any]) -> WebResponse:
    return WebResponse(status=200, headers=[("content-type", "application/json")], body=msgspec.json.encode(body))
