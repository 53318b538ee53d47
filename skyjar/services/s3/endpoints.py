"""What S3 serves that is no operation: websites, and uploads from a browser's form."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape

from skyjar.kernel import credentials
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError, NotImplementedHere
from skyjar.kernel.outside import Outside
from skyjar.kernel.principals import ANONYMOUS, Principal, root
from skyjar.kernel.service import endpoint
from skyjar.kernel.web import WebRequest, WebResponse

from . import forms, limits, pages, state
from .errors import AccessDenied, InvalidAccessKeyId, InvalidArgument
from .state import Bucket

_PARAMETERS = {
    "acl": "acl",
    "cache-control": "cache_control",
    "content-disposition": "content_disposition",
    "content-encoding": "content_encoding",
    "content-type": "content_type",
    "x-amz-storage-class": "storage_class",
    "x-amz-server-side-encryption": "server_side_encryption",
    "x-amz-server-side-encryption-aws-kms-key-id": "ssekms_key_id",
    "x-amz-server-side-encryption-bucket-key-enabled": "bucket_key_enabled",
    "x-amz-server-side-encryption-context": "ssekms_encryption_context",
    "x-amz-server-side-encryption-customer-algorithm": "sse_customer_algorithm",
    "x-amz-server-side-encryption-customer-key": "sse_customer_key",
    "x-amz-server-side-encryption-customer-key-md5": "sse_customer_key_md5",
    "content-md5": "content_md5",
    "x-amz-checksum-algorithm": "checksum_algorithm",
    "x-amz-checksum-crc32": "checksum_crc32",
    "x-amz-checksum-crc32c": "checksum_crc32_c",
    "x-amz-checksum-crc64nvme": "checksum_crc64_nvme",
    "x-amz-checksum-sha1": "checksum_sha1",
    "x-amz-checksum-sha256": "checksum_sha256",
    "x-amz-checksum-sha512": "checksum_sha512",
    "x-amz-checksum-md5": "checksum_md5",
    "x-amz-checksum-xxhash64": "checksum_xxhash64",
    "x-amz-checksum-xxhash3": "checksum_xxhash3",
    "x-amz-checksum-xxhash128": "checksum_xxhash128",
    "x-amz-object-lock-mode": "object_lock_mode",
    "x-amz-object-lock-legal-hold": "object_lock_legal_hold_status",
    "x-amz-website-redirect-location": "website_redirect_location",
}
_SIGNING = ("x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-security-token", "x-amz-signature")


@endpoint(
    hosts=("{bucket+}.s3-website.{region}.localhost", "{bucket+}.s3-website.{region}.amazonaws.com",
           "{bucket+}.s3-website-us-east-1.amazonaws.com", "{bucket+}.s3-website-us-west-2.amazonaws.com",
           "{bucket+}.s3-website-eu-west-1.amazonaws.com"),
    paths=("/_aws/s3-website/{bucket}/{path+}",),
    is_plain=True,
)  # fmt: skip
def website(call: Call, request: WebRequest) -> WebResponse:
    """Over HTTP alone: a handshake by such a name fails, and nothing is told to whoever shook hands by another one."""
    if request.scheme == "https":
        return WebResponse(
            status=421, headers=[("content-type", "text/plain")], body=b"Website endpoints speak HTTP only.\n"
        )
    return pages.answer(call, request.labels["bucket"], request)


@endpoint(paths=("/_aws/s3-form/{bucket}",), form_bytes=limits.FORM_FIELDS_BYTES)
def form(call: Call, request: WebRequest) -> WebResponse | Outside:
    """POST to a bucket; the pipeline leads it here."""
    name = request.labels["bucket"].rstrip("/")
    try:
        bucket = state.named(call, name)
        return _stored(call, bucket, forms.read(request.form))
    except AWSError as error:
        inside = "".join(f"<{key}>{escape(str(value))}</{key}>" for key, value in error.fields.items())
        text = f"<Error><Code>{error.code}</Code><Message>{escape(error.message)}</Message>{inside}"
        return _xml(error.status, f"{text}<RequestId>{call.request_id}</RequestId></Error>")


def _stored(call: Call, bucket: Bucket, given: forms.Form) -> WebResponse | Outside:
    fields = given.fields
    forms.check_has(fields, "key")
    who = _signer(call, fields)
    if "policy" in fields:
        forms.check_policy(given, bucket.name, call.now)
    key = fields["key"]
    parameters = _parameters(fields)
    metadata = {name[11:]: value for name, value in fields.items() if name.startswith("x-amz-meta-")}
    s3 = call.ask("s3", who, account=who.account or bucket.account, region=bucket.region, context=_signed(who, fields))
    done = s3.put_object(bucket=bucket.name, key=key, body=given.content, metadata=metadata or None, **parameters)
    if isinstance(done, Outside):  # sealed twice, which takes its time
        return done.map(lambda after, stored: _answer(call, bucket.name, key, fields, stored["ETag"]))
    return _answer(call, bucket.name, key, fields, done["ETag"])


def _signed(who: Principal, fields: dict[str, str]) -> dict[str, str]:
    """The condition keys of how the form was signed."""
    found = {"s3:authType": "POST"}
    if who.kind != "anonymous":
        found["s3:signatureversion"] = forms.ALGORITHM if "x-amz-credential" in fields else "AWS"
    return found


def _parameters(fields: dict[str, str]) -> dict[str, Any]:
    """PutObject's, by the fields of the form. Of fields that are not S3's, nothing follows."""
    for field in fields:
        if (
            field.startswith("x-amz-")
            and field not in _PARAMETERS
            and field not in _SIGNING
            and field[:11] != "x-amz-meta-"
        ):
            raise NotImplementedHere(f"Skyjar does not implement the field {field} of a form.")
    found: dict[str, Any] = {name: fields[field] for field, name in _PARAMETERS.items() if field in fields}
    if "bucket_key_enabled" in found:
        found["bucket_key_enabled"] = found["bucket_key_enabled"].lower() == "true"
    if "expires" in fields:
        try:
            found["expires"] = parsedate_to_datetime(fields["expires"]).timestamp()
        except ValueError:
            raise InvalidArgument(ArgumentName="Expires", ArgumentValue=fields["expires"]) from None
    if "tagging" in fields:
        found["tagging"] = urlencode(forms.tags(fields["tagging"]))
    return found


def _signer(call: Call, fields: dict[str, str]) -> Principal:
    if "policy" not in fields:
        return ANONYMOUS
    access_key = forms.signer(fields)
    issued = credentials.find(call.tx, access_key)
    if issued is None:
        if call.is_strict or not access_key:
            raise InvalidAccessKeyId(AWSAccessKeyId=access_key)
        return root(access_key if len(access_key) == 12 and access_key.isdigit() else "000000000000", access_key)
    if not issued.is_active or issued.token != fields.get("x-amz-security-token", ""):
        raise InvalidAccessKeyId(AWSAccessKeyId=access_key)
    if issued.expires_at and call.now >= issued.expires_at:
        raise AccessDenied("The provided token has expired.")
    forms.check_signature(fields, issued.secret)
    return issued.principal


def _answer(call: Call, bucket: str, key: str, fields: dict[str, str], etag: str) -> WebResponse:
    location = f"{call.endpoint}/{bucket}/{quote(key)}"
    headers = [("location", location), ("etag", etag)]
    target = fields.get("success_action_redirect") or fields.get("redirect") or ""
    if target.isprintable() and target.startswith(("http://", "https://")):
        mark = "&" if "?" in target else "?"
        query = f"bucket={quote(bucket)}&key={quote(key, safe='')}&etag={quote(etag, safe='')}"
        return WebResponse(status=303, headers=[("location", f"{target}{mark}{query}"), ("etag", etag)])
    status = fields.get("success_action_status", "204")
    if status == "201":
        inside = {"Location": location, "Bucket": bucket, "Key": key, "ETag": etag}
        text = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in inside.items())
        return _xml(201, f"<PostResponse>{text}</PostResponse>", headers)
    return WebResponse(status=200 if status == "200" else 204, headers=headers)


def _xml(status: int, text: str, headers: list[tuple[str, str]] | None = None) -> WebResponse:
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return WebResponse(
        status=status, headers=[*(headers or []), ("content-type", "application/xml")], body=(head + text).encode()
    )
