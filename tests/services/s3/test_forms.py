"""Browsers' forms and website rules: what is malformed gets AWS's error, whatever it is."""

from base64 import b64encode
from typing import Any

import orjson
import pytest

from skyjar.kernel.errors import AWSError
from skyjar.kernel.web import WebForm
from skyjar.services.s3 import errors, forms, websites

EXPIRES = "2030-01-01T00:00:00Z"


def form(*conditions: Any, policy: str = "", **fields: str) -> forms.Form:
    document = orjson.dumps({"expiration": EXPIRES, "conditions": list(conditions)})
    return forms.Form({"policy": policy or b64encode(document).decode(), **fields}, "f", b"12345")


def test_forms_that_are_none() -> None:
    for given, error in (
        (None, errors.MalformedPOSTRequest),
        (WebForm(fields={}, filename="", content=b"", is_malformed=True), errors.MalformedPOSTRequest),
        (WebForm(fields={}, filename="", content=b"", is_long=True), errors.MaxPostPreDataLengthExceeded),
        (WebForm(fields={"key": "k"}, filename="", content=b""), errors.InvalidArgument),
    ):
        with pytest.raises(error):
            forms.read(given)


@pytest.mark.parametrize(
    "policy", ["", "%%%", b64encode(b"[]").decode(), b64encode(b'{"expiration":1,"conditions":[]}').decode(),
               b64encode(b'{"expiration":"2030-01-01T00:00:00Z","conditions":[[1]]}').decode(),
               b64encode(b'{"expiration":"2030-01-01T00:00:00Z","conditions":["abc"]}').decode()]
)  # fmt: skip
def test_policies_that_are_none(policy: str) -> None:
    given = forms.Form({"policy": policy}, "f", b"x")
    with pytest.raises(errors.InvalidPolicyDocument):
        forms.check_policy(given, "b", 0)


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({"conditions": []}, "Policy missing expiration."),
        ({"expiration": EXPIRES, "CONDITIONS": []}, "Policy missing conditions."),
        ({"expiration": "2030-01-01 00:00:00", "conditions": []}, "Invalid 'expiration' value: '2030-01-01 00:00:00'"),
        (
            {"expiration": "2030-13-01T00:00:00Z", "conditions": []},
            "Invalid 'expiration' value: '2030-13-01T00:00:00Z'",
        ),
        (
            {"expiration": EXPIRES, "conditions": [{}]},
            "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.",
        ),
        (
            {"expiration": EXPIRES, "conditions": [{"acl": "private", "key": "k"}]},
            "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.",
        ),
    ],
)
def test_what_is_wrong_with_a_policy(document: dict[str, Any], told: str) -> None:
    with pytest.raises(errors.InvalidPolicyDocument) as refused:
        forms.check_policy(forms.Form({"policy": b64encode(orjson.dumps(document)).decode()}, "f", b"x"), "b", 0)
    assert refused.value.message == f"Invalid Policy: {told}"


def test_a_policy_has_to_name_the_bucket() -> None:
    with pytest.raises(errors.AccessDenied, match="Extra input fields: bucket"):
        forms.check_policy(form(["eq", "$key", "k"], key="k"), "b", 0)


def test_what_is_signed_has_a_signature() -> None:
    for fields, name in (
        ({"awsaccesskeyid": "AKIA"}, "Signature"),
        ({"x-amz-credential": "AKIA/d"}, "X-Amz-Signature"),
    ):
        with pytest.raises(errors.InvalidArgument, match=f"must contain a field named '{name}'"):
            forms.signer(fields)


def test_conditions_of_a_policy() -> None:
    met = ({"bucket": "b"}, ["eq", "$key", "k"], ["starts-with", "$x-amz-meta-a", ""], ["content-length-range", 5, 5])
    more = {"key": "k", "x-amz-meta-a": "z"}
    forms.check_policy(form(*met, **more), "b", 0)
    for wrong in (["eq", "$key", "l"], ["starts-with", "$key", "x"], ["like", "$key", "k"], {"bucket": "c"},
                  ["content-length-range", 6, 9], ["content-length-range", 0, 4], ["content-length-range", "a", "b"]):  # fmt: skip
        with pytest.raises(AWSError):
            forms.check_policy(form(*met, wrong, **more), "b", 0)
    with pytest.raises(errors.AccessDenied, match="Extra input fields: acl"):
        forms.check_policy(form(*met, acl="private", **more), "b", 0)
    with pytest.raises(errors.AccessDenied, match="Policy expired"):
        forms.check_policy(form(*met, **more), "b", 4e9)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"IndexDocument": {"Suffix": "a/b"}},
        {"RedirectAllRequestsTo": {"HostName": "x"}, "IndexDocument": {"Suffix": "i"}},
        {"RedirectAllRequestsTo": {"HostName": "evil\r\nset-cookie: a=b"}},
        {"IndexDocument": {"Suffix": "i"}, "RoutingRules": [{"Redirect": {}}]},
        {"IndexDocument": {"Suffix": "i"}, "RoutingRules": [{"Redirect": {"HttpRedirectCode": "200"}}]},
        {"IndexDocument": {"Suffix": "i"}, "RoutingRules": [{"Redirect": {"ReplaceKeyWith": "a", "ReplaceKeyPrefixWith": "b"}}]},
        {"IndexDocument": {"Suffix": "i"},
         "RoutingRules": [{"Condition": {"HttpErrorCodeReturnedEquals": "200"}, "Redirect": {"ReplaceKeyWith": "a"}}]},
        {"IndexDocument": {"Suffix": "i"}, "RoutingRules": [{"Redirect": {"ReplaceKeyWith": "a"}}] * 51},
    ],
)  # fmt: skip
def test_website_configurations_that_cannot_be(document: dict[str, Any]) -> None:
    with pytest.raises((errors.InvalidArgument, errors.InvalidRequest, errors.MalformedXML)):
        websites.check(document)


def test_the_name_of_the_file_is_put_into_every_field() -> None:
    fields = {"key": "up/${filename}", "x-amz-meta-n": "${filename}"}
    found = forms.read(WebForm(fields=fields, filename="ü;b.txt", content=b"x;y", has_file=True))
    assert (found.fields, found.content) == ({"key": "up/ü;b.txt", "x-amz-meta-n": "ü;b.txt"}, b"x;y")
    policy = form({"bucket": "b"}, ["starts-with", "$key", "up/"], ["eq", "$x-amz-meta-n", "ü;b.txt"]).fields
    forms.check_policy(forms.Form({**policy, **found.fields}, "", b""), "b", 0)


def test_what_a_condition_says_of_what_does_not_meet_it() -> None:
    for condition, told in (
        ({"Content-Type": "a/b"}, '["eq", "$Content-Type", "a/b"]'),
        (["starts-with", "$key", 'x"'], '["starts-with", "$key", "x\\""]'),
        (["Starts-With", "$Content-Type", "image/"], '["starts-with", "$Content-Type", "image/"]'),
    ):
        given = form(condition, **{"content-type": "image/png,text/plain", "key": "k"})
        with pytest.raises(errors.AccessDenied) as refused:
            forms.check_policy(given, "b", 0)
        assert refused.value.message == f"Invalid according to Policy: Policy Condition failed: {told}"
    forms.check_policy(
        form({"bucket": "b"}, ["starts-with", "$content-type", "image/"], **{"content-type": "image/png,image/jpeg"}),
        "b",
        0,
    )


def test_tags_of_a_form() -> None:
    tag = "<Tag><Key>a</Key><Value>b &amp; c</Value></Tag>"
    for namespace in ("", " xmlns='http://s3.amazonaws.com/doc/2006-03-01/'"):
        assert forms.tags(f"<Tagging{namespace}><TagSet>{tag}</TagSet></Tagging>") == [("a", "b & c")]
    bomb = "<!DOCTYPE t [<!ENTITY a '" + "x" * 1000 + "'><!ENTITY b '" + "&a;" * 1000 + "'>]>"
    bomb += "<Tagging><TagSet><Tag><Key>a&b;</Key></Tag></TagSet></Tagging>"
    for text in (bomb, "", "a=b", "<Tagging/>", f"<Tags><TagSet>{tag}</TagSet></Tags>", "<Tagging><TagSet>"):
        with pytest.raises(errors.MalformedXML):
            forms.tags(text)
