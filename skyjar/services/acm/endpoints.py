"""The page that a validation mail leads to, where a request is approved.

It is also where somebody says that the validation record of a name exists, when no hosted zone of this cloud can tell. Who
knows a certificate's id may do so, as whoever has the mail may on AWS.
"""

from __future__ import annotations

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.principals import root
from skyjar.kernel.service import endpoint
from skyjar.kernel.web import WebRequest, WebResponse

from . import jobs, state, validation
from .state import ISSUED, PENDING, Certificate


@endpoint(paths=("/_aws/acm/approvals/{certificate}",))
def approvals(call: Call, request: WebRequest) -> WebResponse:
    """GET tells what is to be approved, POST approves all of it."""
    asked = state.approvals.get(call, request.labels["certificate"])
    if asked is None:
        return _text(404, "Nothing is to be approved here.")
    inner = call.acting(root(asked.account))
    inner.region = asked.region
    found = state.certificates.get(inner, asked.id)
    if found is None or state.status_of(found, call.now) not in (PENDING, ISSUED):
        return _text(404, "Nothing is to be approved here.")
    if request.method == "POST":
        _approve(inner, found)
        return _text(200, f"Approved: {', '.join(found.names)}.")
    if request.method in ("GET", "HEAD"):
        return _text(200, f"To be approved with a POST request: {', '.join(found.names)}.")
    return _text(405, "Method Not Allowed")


def _approve(call: Call, found: Certificate) -> None:
    state.approvals.delete(call, found.id)
    if found.status == ISSUED and found.renewal is not None:
        renewal = msgspec.structs.replace(found.renewal, domains=validation.all_vouched(found.renewal.domains))
        state.change(call, found, renewal=renewal)
        call.later(jobs.renew, key=found.id, identity=found.id)
        return
    state.change(call, found, domains=validation.all_vouched(found.domains))
    call.later(jobs.validate, key=found.id, identity=found.id)


def _text(status: int, sentence: str) -> WebResponse:
    return WebResponse(status=status, headers=[("content-type", "text/plain")], body=f"{sentence}\n".encode())
