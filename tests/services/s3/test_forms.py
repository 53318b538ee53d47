"""Browsers' forms and website rules: what is malformed gets AWS's error, whatever it is."""

from base64 import b64encode
from typing import Any

import orjson
import pytest

from skyjar.kernel.errors import AWSError
from skyjar.services.s3 import errors, forms, websites

EXPIRES = "2030-01-01T00:00:00Z"


def form(*conditions: Any, policy: str = "", **fields: str) -> forms.Form:
    document = orjson.dumps({"expiration": EXPIRES, "conditions": list(conditions)})
    return forms.Form({"policy": policy or b64encode(document).decode(), **fields}, "f", b"12345")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--b--",
        b"--b\r\n\r\nx\r\n--b--\r\n",
        b'--b\r\nContent-Disposition: form-data; name="key"\r\n\r\nk\r\n--b--\r\n',
    ],
)
@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary=b"])
def test_bodies_that_are_no_form(body: bytes, content_type: str) -> None:
    with pytest.raises((errors.MalformedPOSTRequest, errors.InvalidArgument)):
        forms.read(body, content_type)


@pytest.mark.parametrize(
    "policy", ["", "%%%", b64encode(b"[]").decode(), b64encode(b'{"expiration":1,"conditions":[]}').decode(),
               b64encode(b'{"expiration":"2030-01-01T00:00:00Z","conditions":[[1]]}').decode(),
               b64encode(b'{"expiration":"2030-01-01T00:00:00Z","conditions":["abc"]}').decode()]
)  # fmt: skip
def test_policies_that_are_none(policy: str) -> None:
    given = forms.Form({"policy": policy}, "f", b"x")
    with pytest.raises(errors.InvalidPolicyDocument):
        forms.check_policy(given, "b", 0)


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


def body(*parts: tuple[str, bytes]) -> bytes:
    each = [
        b"--b\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n\r\n" + text + b"\r\n"
        for head, text in parts
    ]
    return b"".join(each) + b"--b--\r\n"


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ('filename="a;b=c.txt"', "a;b=c.txt"),
        ("filename=bare.txt; x=y", "bare.txt"),
        (r'filename="C:\\My Files\\a.txt"', "a.txt"),
        ('filename="../../etc/passwd"', "passwd"),
        (r'filename="a\"b"', 'a"b'),
        ('filename="ü %22q%22"', "ü %22q%22"),
        ("x=y", ""),
    ],
)
def test_the_name_of_the_file_is_put_into_every_field(told: str, name: str) -> None:
    sent = body(
        ('name="key"', b"up/${filename}"), ("name=x-amz-meta-n", b"${filename}"), (f'name="file"; {told}', b"x;y")
    )
    found = forms.read(sent, "multipart/form-data; boundary=b")
    assert (found.fields, found.content) == ({"key": f"up/{name}", "x-amz-meta-n": name}, b"x;y")
    forms.check_policy(
        forms.Form(
            {**form(["starts-with", "$key", "up/"], ["eq", "$x-amz-meta-n", name]).fields, **found.fields}, "", b""
        ),
        "b",
        0,
    )


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
        form(["starts-with", "$content-type", "image/"], **{"content-type": "image/png,image/jpeg"}), "b", 0
    )


def test_fields_before_the_file_are_limited() -> None:
    sent = body(('name="key"', b"k"), ('name="x-ignore-a"', b"x" * 21_000), ('name="file"', b""))
    with pytest.raises(errors.MaxPostPreDataLengthExceeded, match="fields preceding the upload file were too large"):
        forms.read(sent, "multipart/form-data; boundary=b")
    late = body(('name="key"', b"k"), ('name="file"', b""), ('name="x-ignore-a"', b"x" * 21_000))
    assert forms.read(late, "multipart/form-data; boundary=b").fields == {"key": "k"}


def test_tags_of_a_form() -> None:
    tag = "<Tag><Key>a</Key><Value>b &amp; c</Value></Tag>"
    for namespace in ("", " xmlns='http://s3.amazonaws.com/doc/2006-03-01/'"):
        assert forms.tags(f"<Tagging{namespace}><TagSet>{tag}</TagSet></Tagging>") == [("a", "b & c")]
    bomb = "<!DOCTYPE t [<!ENTITY a '" + "x" * 1000 + "'><!ENTITY b '" + "&a;" * 1000 + "'>]>"
    bomb += "<Tagging><TagSet><Tag><Key>a&b;</Key></Tag></TagSet></Tagging>"
    for text in (bomb, "", "a=b", "<Tagging/>", f"<Tags><TagSet>{tag}</TagSet></Tags>", "<Tagging><TagSet>"):
        with pytest.raises(errors.MalformedXML):
            forms.tags(text)
