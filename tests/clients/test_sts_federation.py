"""STS with boto3 and the AWS CLI: roles for whoever shows a token, and sessions with one-time codes."""

import hashlib
import hmac
import io
import json
import os
import subprocess
import sys
import zipfile
from base64 import b32decode, b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import jwt
import pytest
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml.algorithms import CanonicalizationMethod
from signxml.signer import XMLSigner

from skyjar.testing.running import Account, Running

pytestmark = pytest.mark.client

ALLOW = {"Effect": "Allow", "Action": "*", "Resource": "*"}
EXCLUSIVE = CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0
RECIPIENT = "https://signin.aws.amazon.com/saml"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def make_role(account: Account, principal: Any, action: str = "sts:AssumeRole", **condition: Any) -> str:
    iam = account.client("iam")
    trust = {"Effect": "Allow", "Principal": principal, "Action": action, "Condition": condition}
    name = f"r{len(iam.list_roles()['Roles'])}"
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(ALLOW))
    return arn


def make_user(account: Account, name: str = "ann") -> dict[str, str]:
    iam = account.client("iam")
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(ALLOW))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}


def keys(answer: dict[str, Any]) -> dict[str, str]:
    issued = answer["Credentials"]
    return {
        "aws_access_key_id": issued["AccessKeyId"],
        "aws_secret_access_key": issued["SecretAccessKey"],
        "aws_session_token": issued["SessionToken"],
    }


def refused(function: Any, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        function(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


class Issuer:
    """An OpenID Connect provider of one key on this machine."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(65537, 2048)
        issuer = self

        class Pages(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps(issuer.page(self.path)).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
        self.name = f"127.0.0.1:{self.server.server_address[1]}/realm"
        self.url = "http://" + self.name
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def page(self, path: str) -> dict[str, Any]:
        if path == "/realm/.well-known/openid-configuration":
            return {"issuer": self.url, "jwks_uri": self.url + "/keys"}
        shown = jwt.get_algorithm_by_name("RS256").to_jwk(self.key.public_key(), as_dict=True)
        return {"keys": [{**shown, "kid": "k", "use": "sig", "alg": "RS256"}]}

    def token(self, key: Any = None, **more: Any) -> str:
        now = int(datetime.now(UTC).timestamp())
        claims = {"iss": self.url, "sub": "repo:a/b", "aud": "sts.amazonaws.com", "iat": now, "exp": now + 300, **more}
        return jwt.encode(claims, key or self.key, "RS256", headers={"kid": "k"})


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    made = Issuer()
    yield made
    made.server.shutdown()
    made.server.server_close()


def trusted(account: Account, issuer: Issuer) -> str:
    iam = account.client("iam")
    made = iam.create_open_id_connect_provider(Url=issuer.url, ClientIDList=["sts.amazonaws.com"])
    condition = {f"{issuer.name}:sub": "repo:a/b", f"{issuer.name}:aud": "sts.amazonaws.com"}
    principal = {"Federated": made["OpenIDConnectProviderArn"]}
    return make_role(account, principal, "sts:AssumeRoleWithWebIdentity", StringEquals=condition)


@pytest.mark.spec("sts-011")
def test_a_web_identity_gets_a_session_without_signing(account: Account, issuer: Issuer, tmp_path: Path) -> None:
    role = trusted(account, issuer)
    sts = account.client("sts")
    sent: list[Any] = []
    sts.meta.events.register("before-send.sts.AssumeRoleWithWebIdentity", lambda request, **_: sent.append(request))
    who = {"RoleArn": role, "RoleSessionName": "me"}
    answer = sts.assume_role_with_web_identity(**who, WebIdentityToken=issuer.token())
    assert "Authorization" not in sent[0].headers
    assert answer["SubjectFromWebIdentityToken"] == "repo:a/b"
    assert account.client("sts", **keys(answer)).get_caller_identity()["Arn"].endswith("/me")
    account.client("sqs", **keys(answer)).list_queues()
    stolen = rsa.generate_private_key(65537, 2048)
    for bad in (issuer.token(stolen), issuer.token(aud="x"), "rubbish"):
        assert refused(sts.assume_role_with_web_identity, **who, WebIdentityToken=bad)[0] == "InvalidIdentityToken"
    late = issuer.token(exp=1)
    assert refused(sts.assume_role_with_web_identity, **who, WebIdentityToken=late)[0] == "ExpiredTokenException"
    other = issuer.token(sub="repo:c/d")
    code, message = refused(sts.assume_role_with_web_identity, **who, WebIdentityToken=other)
    assert (code, message) == ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
    (told,) = httpx.get(f"{account.running.endpoint}/_skyjar/why").json()["calls"]
    assert told["operation"] == "AssumeRoleWithWebIdentity"
    assert told["decision"]["context"][f"{issuer.name}:sub"] == "repo:c/d"
    file = tmp_path / "token"
    file.write_text(issuer.token())
    environment = {name: each for name, each in os.environ.items() if not name.startswith("AWS_")} | {
        "AWS_ENDPOINT_URL": account.running.endpoint,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ROLE_ARN": role,
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(file),
        "AWS_ROLE_SESSION_NAME": "cli",
    }
    command = [sys.executable, "-m", "awscli", "sts", "get-caller-identity", "--query", "Arn", "--output", "text"]
    shown = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
    assert shown.stdout.strip().endswith("/cli")


def test_an_accounts_own_token_opens_a_role_of_another(cloud: Running) -> None:
    """Issued by STS, with keys that it publishes itself, and verified like any other provider's."""
    here, there = cloud.account(), cloud.account()
    url = here.client("iam").enable_outbound_web_identity_federation()["IssuerIdentifier"]
    provider = there.client("iam").create_open_id_connect_provider(Url=url, ClientIDList=["app"])
    principal = {"Federated": provider["OpenIDConnectProviderArn"]}
    name = url.partition("://")[2]
    user = make_user(here)
    subject = f"arn:aws:iam::{here.number}:user/ann"
    role = make_role(
        there, principal, "sts:AssumeRoleWithWebIdentity", StringEquals={f"{name}:sub": subject, f"{name}:aud": "app"}
    )
    for algorithm in ("RS256", "ES384"):
        issued = here.client("sts", **user).get_web_identity_token(Audience=["app"], SigningAlgorithm=algorithm)
        answer = there.client("sts").assume_role_with_web_identity(
            RoleArn=role, RoleSessionName="guest", WebIdentityToken=issued["WebIdentityToken"]
        )
        assert answer["SubjectFromWebIdentityToken"] == subject
        assert there.client("sts", **keys(answer)).get_caller_identity()["Account"] == there.number
    here.client("iam").disable_outbound_web_identity_federation()
    get = here.client("sts", **user).get_web_identity_token
    code = refused(get, Audience=["app"], SigningAlgorithm="RS256")[0]
    assert code == "OutboundWebIdentityFederationDisabledException"


def totp(seed: bytes, at: float) -> str:
    """RFC 6238, once more, so that the server is not asked to agree with itself."""
    digest = hmac.new(seed, (int(at) // 30).to_bytes(8, "big"), hashlib.sha1).digest()
    start = digest[19] & 15
    return f"{(int.from_bytes(digest[start : start + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"


def now(account: Account) -> float:
    clock = account.running.cloud.clock
    found: float = account.running.call(clock.now)
    return found


def with_device(account: Account) -> tuple[dict[str, str], str, bytes]:
    """A user's keys, the serial number of its device, and the device's seed; the codes of before are used up."""
    user = make_user(account)
    iam = account.client("iam")
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]
    seed, serial = b32decode(made["Base32StringSeed"]), made["SerialNumber"]
    at = now(account)
    iam.enable_mfa_device(
        UserName="ann",
        SerialNumber=serial,
        AuthenticationCode1=totp(seed, at),
        AuthenticationCode2=totp(seed, at + 30),
    )
    (listed,) = iam.list_mfa_devices(UserName="ann")["MFADevices"]
    assert (listed["SerialNumber"], listed["UserName"]) == (serial, "ann")
    account.running.advance(60)
    return user, serial, seed


@pytest.mark.spec("iam-007", "sts-005", "sts-006")
def test_a_session_with_a_one_time_code(still: Account) -> None:
    user, serial, seed = with_device(still)
    with_mfa = {**ALLOW, "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
    aged = {"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}
    aged["Condition"] = {"NumericGreaterThan": {"aws:MultiFactorAuthAge": "600"}}  # type: ignore[assignment]
    still.client("iam").put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=document(with_mfa, aged))
    sts = still.client("sts", **user)
    assert refused(still.client("sqs", **user).list_queues)[0].startswith("AccessDenied")
    code = totp(seed, now(still))
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    bad = refused(sts.get_session_token, SerialNumber=serial, TokenCode=wrong)
    assert bad[0] == "AccessDenied"
    assert bad[1].startswith("MultiFactorAuthentication failed with invalid MFA one time pass code")
    session = sts.get_session_token(SerialNumber=serial, TokenCode=code)
    sqs = still.client("sqs", **keys(session))
    sqs.list_queues()
    still.client("iam", **keys(session)).list_users()
    assert refused(sts.get_session_token, SerialNumber=serial, TokenCode=code)[0] == "AccessDenied"
    unknown = refused(sts.get_session_token, SerialNumber=serial + "x", TokenCode=totp(seed, now(still) + 30))
    assert "unable to validate MFA code" in unknown[1]
    still.running.advance(601)
    assert refused(sqs.list_queues)[0].startswith("AccessDenied")


@pytest.mark.spec("iam-032")
def test_a_trust_policy_may_ask_for_a_code_and_an_address_and_both_must_hold(still: Account) -> None:
    user, serial, seed = with_device(still)
    both = {"Bool": {"aws:MultiFactorAuthPresent": "true"}, "IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}
    inside = make_role(still, {"AWS": still.number}, **both)
    outside = make_role(still, {"AWS": still.number}, **{**both, "IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})
    sts = still.client("sts", **user)

    def ask(role: str, *, has_code: bool) -> dict[str, Any]:
        still.running.advance(30)
        code = {"SerialNumber": serial, "TokenCode": totp(seed, now(still))} if has_code else {}
        found: dict[str, Any] = sts.assume_role(RoleArn=role, RoleSessionName="me", **code)
        return found

    still.running.advance(30)
    wrong = {"SerialNumber": serial, "TokenCode": totp(seed, now(still) + 3000)}
    code, message = refused(sts.assume_role, RoleArn=inside, RoleSessionName="me", **wrong)
    assert (code, message[:67]) == (
        "AccessDenied",
        "MultiFactorAuthentication failed with invalid MFA one time pass cod",
    )
    for role, has_code in ((inside, False), (outside, True), (outside, False)):
        assert refused(ask, role=role, has_code=has_code)[0] == "AccessDenied"
    assert ask(inside, has_code=True)["AssumedRoleUser"]["Arn"].endswith("/me")


def saml_response(account: Account, role: str) -> tuple[str, str]:
    """An identity provider's metadata, and a response that it has signed for the role."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "idp")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    made = made.not_valid_before(datetime(2020, 1, 1, tzinfo=UTC)).not_valid_after(datetime(2040, 1, 1, tzinfo=UTC))
    certificate = made.sign(key, hashes.SHA256())
    encoded = b64encode(certificate.public_bytes(Encoding.DER)).decode()
    metadata = f"""<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="urn:idp">
<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><KeyDescriptor use="signing">
<KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>{encoded}</X509Certificate></X509Data>
</KeyInfo></KeyDescriptor></IDPSSODescriptor></EntityDescriptor>"""
    at = now(account)
    begin, end = (datetime.fromtimestamp(each, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for each in (at, at + 300))
    provider = f"arn:aws:iam::{account.number}:saml-provider/corp"
    attributes = "".join(
        f'<Attribute Name="https://aws.amazon.com/SAML/Attributes/{name}"><AttributeValue>{value}</AttributeValue>'
        "</Attribute>"
        for name, value in (("Role", f"{role},{provider}"), ("RoleSessionName", "ann"))
    )
    assertion = etree.fromstring(
        f"""<Assertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion" ID="_a" Version="2.0" IssueInstant="{begin}">
<Issuer>urn:idp</Issuer><Subject><NameID>ann</NameID><SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">
<SubjectConfirmationData NotOnOrAfter="{end}" Recipient="{RECIPIENT}"/></SubjectConfirmation></Subject>
<Conditions NotOnOrAfter="{end}"><AudienceRestriction><Audience>urn:amazon:webservices</Audience></AudienceRestriction>
</Conditions><AttributeStatement>{attributes}</AttributeStatement></Assertion>"""
    )
    response = etree.fromstring('<p:Response xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol"/>')
    response.append(
        XMLSigner(c14n_algorithm=EXCLUSIVE).sign(assertion, key=key, cert=[certificate], reference_uri="#_a")
    )
    return metadata, b64encode(etree.tostring(response)).decode()


@pytest.mark.spec("sts-002")
def test_the_five_ways_to_a_session_differ(account: Account, issuer: Issuer) -> None:
    user = make_user(account)
    sts = account.client("sts", **user)
    anybody = account.client("sts")
    web = trusted(account, issuer)
    provider = f"arn:aws:iam::{account.number}:saml-provider/corp"
    role = make_role(account, {"Federated": provider}, "sts:AssumeRoleWithSAML", StringEquals={"SAML:aud": RECIPIENT})
    metadata, response = saml_response(account, role)
    account.client("iam").create_saml_provider(Name="corp", SAMLMetadataDocument=metadata)
    plain = make_role(account, {"AWS": account.number})
    began = datetime.now(UTC).timestamp()
    answers = {
        "role": sts.assume_role(RoleArn=plain, RoleSessionName="ann"),
        "saml": anybody.assume_role_with_saml(RoleArn=role, PrincipalArn=provider, SAMLAssertion=response),
        "web": anybody.assume_role_with_web_identity(
            RoleArn=web, RoleSessionName="ann", WebIdentityToken=issuer.token()
        ),
        "federation": sts.get_federation_token(Name="ann", Policy=document(ALLOW)),
        "session": sts.get_session_token(),
    }
    hours = {name: (each["Credentials"]["Expiration"].timestamp() - began) / 3600 for name, each in answers.items()}
    assert {name: round(each) for name, each in hours.items()} == {
        "role": 1,
        "saml": 1,
        "web": 1,
        "federation": 12,
        "session": 12,
    }
    for name, answer in answers.items():
        mine = keys(answer)
        assert account.client("sts", **mine).get_caller_identity()["Account"] == account.number
        iam = account.client("iam", **mine)
        if name in ("federation", "session"):
            assert refused(iam.list_users)[0] == "InvalidClientTokenId"
        else:
            iam.list_users()


@pytest.mark.spec("iam-031")
def test_whom_a_trust_policy_can_name(cloud: Running, account: Account, issuer: Issuer) -> None:
    stranger = cloud.account()
    user, other = make_user(account), make_user(stranger)
    arn = f"arn:aws:iam::{account.number}:user/ann"

    def may(role: str, who: dict[str, str]) -> bool:
        try:
            account.client("sts", **who).assume_role(RoleArn=role, RoleSessionName="me")
        except ClientError as error:
            assert error.response["Error"]["Code"] == "AccessDenied"
            return False
        return True

    roles = {
        name: make_role(account, principal)
        for name, principal in {
            "user": {"AWS": arn},
            "account": {"AWS": stranger.number},
            "everyone": "*",
            "service": {"Service": "lambda.amazonaws.com"},
        }.items()
    }
    assert {name: (may(role, user), may(role, other)) for name, role in roles.items()} == {
        "user": (True, False),
        "account": (False, True),
        "everyone": (True, True),
        "service": (False, False),
    }
    first = make_role(account, {"AWS": account.number})
    session = account.client("sts", **user).assume_role(RoleArn=first, RoleSessionName="me")
    second = make_role(account, {"AWS": first})
    assert (may(second, user), may(second, keys(session))) == (False, True)
    functions = account.client("lambda")
    for name, accepted in (("service", True), ("user", False)):
        function = {"FunctionName": name, "Runtime": "python3.12", "Handler": "a.b", "Role": roles[name]}
        if accepted:
            functions.create_function(**function, Code={"ZipFile": archive()})
        else:
            code = refused(functions.create_function, **function, Code={"ZipFile": archive()})
            assert code[0] == "InvalidParameterValueException"
    web = trusted(account, issuer)
    assert may(web, user) is False
    answer = account.client("sts").assume_role_with_web_identity(
        RoleArn=web, RoleSessionName="me", WebIdentityToken=issuer.token()
    )
    assert answer["Credentials"]
    denied = account.client("sts").assume_role_with_web_identity
    code = refused(denied, RoleArn=roles["user"], RoleSessionName="me", WebIdentityToken=issuer.token())[0]
    assert code == "AccessDenied"


def archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("a.py", "def b(event, context):\n    return 1\n")
    return file.getvalue()
