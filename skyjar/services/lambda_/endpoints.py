"""Downloads of code and layers. Their URLs, as the API hands them out, hold a secret."""

from __future__ import annotations

from skyjar.kernel.call import Call
from skyjar.kernel.service import endpoint
from skyjar.kernel.tables import Place
from skyjar.kernel.web import WebRequest, WebResponse

from . import state


@endpoint(paths=("/_aws/lambda/{kind}/{account}/{region}/{name}/{number}/{secret}",))
def download(call: Call, request: WebRequest) -> WebResponse:
    labels = request.labels
    place = Place(call.tx, labels["account"], labels["region"])
    table = state.layers if labels["kind"] == "layer" else state.versions
    number = int(labels["number"]) if labels["number"].isascii() and labels["number"].isdigit() else -1
    found = table.get(place, labels["name"], number)
    if found is None or found.download != labels["secret"] or request.method not in ("GET", "HEAD"):
        return WebResponse(status=403, headers=[("content-type", "text/plain")], body=b"Access denied\n")
    body = call.blobs.open(found.code_blob).read()
    return WebResponse(status=200, headers=[("content-type", "application/zip")], body=body)
