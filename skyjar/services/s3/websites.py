"""Static websites: the configuration, and the rules by which a request becomes an object, a redirect or an error page.

Source: S3 User Guide, "Hosting a static website", "(Optional) Configuring a webpage redirect".
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from skyjar.kernel import sites
from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import limits, state
from .errors import InvalidArgument, InvalidRequest, MalformedXML, NoSuchWebsiteConfiguration

KIND = "website"
_HOST = re.compile(r"[A-Za-z0-9.\-_]+(:\d{1,5})?(/[\w.\-~/%]*)?", re.ASCII)
_REDIRECTS = ("301", "302", "303", "304", "305", "307", "308")


@operation
def get_bucket_website(call: Call, *, bucket: str, expected_bucket_owner: str = "") -> dict[str, Any]:
    at, where = state.bucket_of(call, bucket)
    found: dict[str, Any] | None = state.configuration(at, where, KIND)
    if found is None:
        raise NoSuchWebsiteConfiguration(BucketName=bucket)
    return found


@operation
def put_bucket_website(
    call: Call,
    *,
    bucket: str,
    website_configuration: dict[str, Any],
    content_md5: str = "",
    checksum_algorithm: str = "",
    expected_bucket_owner: str = "",
) -> None:
    at, where = state.bucket_of(call, bucket)
    check(website_configuration)
    state.configure(at, where, KIND, website_configuration)
    sites.keep(call.tx, where.name)


@operation
def delete_bucket_website(call: Call, *, bucket: str, expected_bucket_owner: str = "") -> None:
    at, where = state.bucket_of(call, bucket)
    state.configure(at, where, KIND, None)
    sites.drop(call.tx, where.name)


def check(document: dict[str, Any]) -> None:
    everything = document.get("RedirectAllRequestsTo")
    if everything is not None:
        _check_host(everything)
        if len(document) > 1:
            raise InvalidArgument(
                "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.",
                ArgumentName="RedirectAllRequestsTo",
            )
        return
    index = document.get("IndexDocument")
    if index is None:
        raise InvalidArgument(
            "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty",
            ArgumentName="IndexDocument",
            ArgumentValue="null",
        )
    if "/" in index["Suffix"] or not index["Suffix"]:
        raise InvalidArgument("The IndexDocument Suffix is not well formed", ArgumentName="IndexDocument")
    rules = document.get("RoutingRules") or ()
    if len(rules) > limits.ROUTING_RULES:
        raise InvalidRequest(f"{len(rules)} routing rules provided, the number of routing rules in a website "
                             f"configuration is limited to {limits.ROUTING_RULES}.")  # fmt: skip
    for rule in rules:
        _check_rule(rule)


def _check_rule(rule: dict[str, Any]) -> None:
    redirect, condition = rule["Redirect"], rule.get("Condition")
    if not redirect or (condition is not None and not condition):
        raise MalformedXML
    if "ReplaceKeyPrefixWith" in redirect and "ReplaceKeyWith" in redirect:
        raise InvalidRequest("You can only define ReplaceKeyPrefix or ReplaceKey but not both.")
    _check_host(redirect)
    code = redirect.get("HttpRedirectCode")
    if code is not None and code not in _REDIRECTS:
        raise InvalidRequest(f"The provided HTTP redirect code ({code}) is not valid. Valid codes are 3XX except 300.")
    error = (condition or {}).get("HttpErrorCodeReturnedEquals")
    if error is not None and not (error.isascii() and error.isdigit() and 400 <= int(error) < 600):
        raise InvalidRequest(f"The provided HTTP error code ({error}) is not valid. Valid codes are 4XX or 5XX.")


def _check_host(redirect: dict[str, Any]) -> None:
    host = redirect.get("HostName")
    if host is not None and not _HOST.fullmatch(host):
        raise InvalidRequest("The provided HostName is not valid.")
    if redirect.get("Protocol", "http") not in ("http", "https"):
        raise InvalidRequest("Invalid protocol, protocol can be http or https. If not defined the protocol will be "
                             "selected automatically.")  # fmt: skip


def route(document: dict[str, Any], key: str, error: int | None) -> tuple[dict[str, Any], str] | None:
    """The redirect of the first rule that is met, and the path that it leads to, encoded; `error`: the status there is otherwise."""
    for rule in document.get("RoutingRules") or ():
        condition, redirect = rule.get("Condition") or {}, rule["Redirect"]
        code = condition.get("HttpErrorCodeReturnedEquals")
        if (code is not None) != (error is not None) or (code is not None and int(code) != error):
            continue
        prefix = condition.get("KeyPrefixEquals", "")
        if not key.startswith(prefix):
            continue
        if "ReplaceKeyWith" in redirect:
            return redirect, _as_said(redirect["ReplaceKeyWith"])
        if "ReplaceKeyPrefixWith" in redirect:
            return redirect, _as_said(redirect["ReplaceKeyPrefixWith"]) + quote(key[len(prefix) :])
        return redirect, quote(key)
    return None


def _as_said(replacement: str) -> str:
    """What a rule says stays a URL's text: `#!/` leads a page's own script to its path."""
    return quote(replacement, safe="/?#[]@!$&'()*+,;=:%~")
