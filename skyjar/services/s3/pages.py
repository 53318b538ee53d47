"""What a website answers: objects as anybody may read them, redirects, and error pages in HTML."""

from __future__ import annotations

from email.utils import formatdate, parsedate_to_datetime
from html import escape
from typing import Any
from urllib.parse import quote, unquote

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import ANONYMOUS
from skyjar.kernel.web import WebRequest, WebResponse

from . import state, websites
from .errors import MethodNotAllowed, NoSuchBucket, NoSuchKey, NoSuchWebsiteConfiguration
from .state import Bucket

_PHRASES = {
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    412: "Precondition Failed",
    416: "Requested Range Not Satisfiable",
}
_SHOWN = {
    "ContentType": "content-type",
    "CacheControl": "cache-control",
    "ContentDisposition": "content-disposition",
    "ContentEncoding": "content-encoding",
    "ContentLanguage": "content-language",
    "ContentRange": "content-range",
    "ETag": "etag",
    "AcceptRanges": "accept-ranges",
    "VersionId": "x-amz-version-id",
}


def answer(call: Call, name: str, request: WebRequest) -> WebResponse:
    try:
        if request.method not in ("GET", "HEAD"):
            raise MethodNotAllowed(Method=request.method, ResourceType="OBJECT")
        bucket = state.named(call, name)
        document = state.configuration(state.place(call, bucket), bucket, websites.KIND)
        if document is None:
            raise NoSuchWebsiteConfiguration(BucketName=name)
    except (NoSuchBucket, NoSuchWebsiteConfiguration, MethodNotAllowed) as error:
        return _error(call, error, "")
    return Site(call, bucket, document, request).answer()


class Site:
    """One request to a website."""

    def __init__(self, call: Call, bucket: Bucket, document: dict[str, Any], request: WebRequest) -> None:
        self._call, self._bucket, self._document, self._request = call, bucket, document, request
        self._s3 = call.ask("s3", ANONYMOUS, account=bucket.account, region=bucket.region)
        self._base = request.labels.get("base", "")[: -len(request.path)] if "base" in request.labels else ""

    def answer(self) -> WebResponse:
        path = unquote(self._request.path)[1:]
        everything = self._document.get("RedirectAllRequestsTo")
        if everything is not None:
            return self._redirect(everything, quote(path), "301")
        moved = websites.route(self._document, path, None)
        if moved is not None:
            return self._redirect(*moved, moved[0].get("HttpRedirectCode", "301"))
        index = self._document["IndexDocument"]["Suffix"]
        key = path + index if not path or path.endswith("/") else path
        try:
            return self._object(key, 200)
        except AWSError as error:
            if error.status == 304:
                return WebResponse(status=304)
            if error.status in (403, 404) and key == path and self._is_there(f"{path}/{index}"):
                return WebResponse(status=302, headers=[("location", f"{self._base}/{quote(path)}/")])
            return self._failed(key, error)

    def _failed(self, key: str, error: AWSError) -> WebResponse:
        moved = websites.route(self._document, key, error.status)
        if moved is not None:
            return self._redirect(*moved, moved[0].get("HttpRedirectCode", "301"))
        page = (self._document.get("ErrorDocument") or {}).get("Key")
        if page:
            try:
                return self._object(page, error.status)
            except AWSError as another:
                return _error(self._call, error, key, another, page)
        return _error(self._call, error, key)

    def _is_there(self, key: str) -> bool:
        try:
            self._s3.head_object(bucket=self._bucket.name, key=key)
        except AWSError:
            return False
        return True

    def _object(self, key: str, status: int) -> WebResponse:
        found = self._s3.get_object(bucket=self._bucket.name, key=key, **(self._asked() if status == 200 else {}))
        if found.get("WebsiteRedirectLocation"):
            return WebResponse(status=301, headers=[("location", found["WebsiteRedirectLocation"])])
        headers = [(header, str(found[member])) for member, header in _SHOWN.items() if member in found]
        headers.append(("last-modified", formatdate(found["LastModified"], usegmt=True)))
        headers += [(f"x-amz-meta-{name}", value) for name, value in found.get("Metadata", {}).items()]
        code = 206 if "ContentRange" in found else status
        if self._request.method == "HEAD":
            return WebResponse(status=code, headers=[*headers, ("content-length", str(found["ContentLength"]))])
        return WebResponse(status=code, headers=headers, body=found["Body"])

    def _asked(self) -> dict[str, Any]:
        """Conditions and range, as GetObject's parameters."""
        headers = self._request.headers
        asked: dict[str, Any] = {
            name: headers[header]
            for header, name in (("range", "range"), ("if-match", "if_match"), ("if-none-match", "if_none_match"))
            if header in headers
        }
        for header in ("if-modified-since", "if-unmodified-since"):
            try:
                asked[header.replace("-", "_")] = parsedate_to_datetime(headers[header]).timestamp()
            except (KeyError, ValueError):
                continue
        return asked

    def _redirect(self, redirect: dict[str, Any], path: str, code: str) -> WebResponse:
        host = redirect.get("HostName")
        scheme = redirect.get("Protocol") or self._request.scheme
        there = f"{scheme}://{host or self._request.host}{'' if host else self._base}"
        return WebResponse(status=int(code), headers=[("location", f"{there}/{path}")])


def _error(call: Call, error: AWSError, key: str, another: AWSError | None = None, page: str = "") -> WebResponse:
    """An error page; of `another` error that there was with the bucket's own one."""
    title = f"{error.status} {_PHRASES.get(error.status, error.code)}"
    facts = {"Code": error.code, "Message": error.message}
    if isinstance(error, NoSuchKey):
        facts["Key"] = key
    facts |= {name: str(value) for name, value in error.fields.items() if name in ("BucketName", "Method")}
    facts |= {"RequestId": call.request_id, "HostId": call.request_id}
    listed = "".join(f"<li>{name}: {escape(value)}</li>\n" for name, value in facts.items())
    more = ""
    if another is not None:
        inner = {"Code": another.code, "Message": another.message, "Key": page}
        lines = "".join(f"<li>{name}: {escape(value)}</li>\n" for name, value in inner.items())
        more = f"<h3>An Error Occurred While Attempting to Retrieve a Custom Error Document</h3>\n<ul>\n{lines}</ul>\n"
    text = (
        f"<html>\n<head><title>{title}</title></head>\n<body>\n<h1>{title}</h1>\n<ul>\n{listed}</ul>\n{more}<hr/>\n"
        "</body>\n</html>\n"
    )
    headers = [("content-type", "text/html; charset=utf-8"), ("x-amz-error-code", error.code),
               ("x-amz-error-message", error.message)]  # fmt: skip
    return WebResponse(status=error.status, headers=headers, body=text.encode())
