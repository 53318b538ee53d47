"""ACM with boto3 and the AWS CLI."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509 import verification
from cryptography.x509.oid import NameOID

from skyjar.testing.running import Account

pytestmark = pytest.mark.client

DAY = timedelta(days=1)


@pytest.fixture
def acm(account: Account) -> Any:
    return account.client("acm")


def refused(code: str, function: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        function(**parameters)
    assert caught.value.response["Error"]["Code"] == code, caught.value
    return str(caught.value.response["Error"]["Message"])


def issued(acm: Any, name: str = "app.localhost", **more: Any) -> str:
    arn: str = acm.request_certificate(DomainName=name, ValidationMethod="DNS", **more)["CertificateArn"]
    acm.get_waiter("certificate_validated").wait(CertificateArn=arn, WaiterConfig={"Delay": 0.05, "MaxAttempts": 100})
    return arn


def own_certificate(now: datetime, name: str = "example.com", days: int = 90) -> dict[str, bytes]:
    key = rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + days * DAY)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return {"Certificate": certificate.public_bytes(Encoding.PEM), "PrivateKey": private}


def approve(account: Account, arn: str) -> None:
    address = f"{account.running.endpoint}/_aws/acm/approvals/{arn.rpartition('/')[2]}"
    with urllib.request.urlopen(urllib.request.Request(address, method="POST")) as answer:
        assert answer.status == 200


def test_what_acm_issues_serves_tls_to_who_trusts_the_authority(account: Account, acm: Any) -> None:
    arn = issued(acm, Options={"Export": "ENABLED"})
    exported = acm.export_certificate(CertificateArn=arn, Passphrase=b"secret")
    authority = account.running.cloud.edge.authority().certificate_path
    root = x509.load_pem_x509_certificate(authority.read_bytes())
    leaf = x509.load_pem_x509_certificate(exported["Certificate"].encode())
    builder = verification.PolicyBuilder().store(verification.Store([root])).time(datetime.now(UTC))
    verifier = builder.build_server_verifier(x509.DNSName("app.localhost"))
    assert verifier.verify(leaf, []) == [leaf, root]
    key = load_pem_private_key(exported["PrivateKey"].encode(), b"secret")
    assert key.public_key() == leaf.public_key()
    assert _shakes_hands(exported, authority) == leaf.public_bytes(Encoding.DER)


def _shakes_hands(exported: dict[str, str], authority: Path) -> bytes:
    """The certificate that a client accepts from a server that has the exported one."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    file = authority.parent / "exported.pem"
    file.write_text(exported["PrivateKey"] + exported["Certificate"] + exported["CertificateChain"])
    server.load_cert_chain(file, password="secret")
    client = ssl.create_default_context(cafile=str(authority))
    outgoing, incoming = ssl.MemoryBIO(), ssl.MemoryBIO()
    here = client.wrap_bio(incoming, outgoing, server_hostname="app.localhost")
    there = server.wrap_bio(outgoing, incoming, server_side=True)
    for _ in range(4):
        for side in (here, there):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return here.getpeercert(binary_form=True) or b""


@pytest.mark.spec("acm-003")
def test_certificates_stay_in_their_region(account: Account, acm: Any) -> None:
    arn = acm.request_certificate(DomainName="example.com", ValidationMethod="DNS")["CertificateArn"]
    elsewhere = account.client("acm", region_name="eu-west-1")
    assert elsewhere.list_certificates()["CertificateSummaryList"] == []
    assert "Could not find certificate" in refused(
        "ResourceNotFoundException", elsewhere.describe_certificate, CertificateArn=arn
    )
    assert acm.describe_certificate(CertificateArn=arn)["Certificate"]["CertificateArn"] == arn


@pytest.mark.spec("acm-004")
def test_a_certificate_is_valid_for_a_time(still: Account) -> None:
    acm = still.client("acm")
    arn = acm.request_certificate(DomainName="example.com", ValidationMethod="EMAIL")["CertificateArn"]
    approve(still, arn)
    still.running.settle()
    shown = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    assert shown["NotAfter"] - shown["NotBefore"] == 198 * DAY - timedelta(seconds=1)
    leaf = x509.load_pem_x509_certificate(acm.get_certificate(CertificateArn=arn)["Certificate"].encode())
    assert (leaf.not_valid_before_utc, leaf.not_valid_after_utc) == (shown["NotBefore"], shown["NotAfter"])
    assert (shown["Status"], shown["RenewalEligibility"]) == ("ISSUED", "INELIGIBLE")
    still.running.advance(199 * 86_400)
    expired = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    assert (expired["Status"], expired["RenewalEligibility"]) == ("EXPIRED", "INELIGIBLE")


@pytest.mark.spec("acm-005")
def test_acm_renews_its_own_and_others_are_imported_again(still: Account) -> None:
    acm = still.client("acm")
    arn = acm.request_certificate(DomainName="a.localhost", ValidationMethod="DNS", Options={"Export": "ENABLED"})[
        "CertificateArn"
    ]
    still.running.settle()
    acm.export_certificate(CertificateArn=arn, Passphrase=b"secret")
    own = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    assert (own["Type"], own["RenewalEligibility"]) == ("AMAZON_ISSUED", "ELIGIBLE")
    now = datetime.fromtimestamp(still.running.cloud.clock.now(), UTC)
    imported = acm.import_certificate(**own_certificate(now, days=160))["CertificateArn"]
    theirs = acm.describe_certificate(CertificateArn=imported)["Certificate"]
    assert (theirs["Type"], theirs["RenewalEligibility"]) == ("IMPORTED", "INELIGIBLE")

    still.running.advance(170 * 86_400)
    renewed = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    assert renewed["RenewalSummary"]["RenewalStatus"] == "SUCCESS"
    assert renewed["NotAfter"] > own["NotAfter"]
    assert acm.describe_certificate(CertificateArn=imported)["Certificate"]["Status"] == "EXPIRED"
    again = own_certificate(now + 170 * DAY)
    assert acm.import_certificate(CertificateArn=imported, **again)["CertificateArn"] == imported
    replaced = acm.describe_certificate(CertificateArn=imported)["Certificate"]
    assert (replaced["Status"], replaced["Serial"] != theirs["Serial"]) == ("ISSUED", True)
    assert acm.get_certificate(CertificateArn=imported)["Certificate"].encode() == again["Certificate"]


def test_only_what_was_requested_as_exportable_is_exported(acm: Any) -> None:
    arn = issued(acm)
    assert acm.describe_certificate(CertificateArn=arn)["Certificate"]["Options"]["Export"] == "DISABLED"
    refused("ValidationException", acm.export_certificate, CertificateArn=arn, Passphrase=b"secret")


def test_policies_see_what_is_requested(account: Account) -> None:
    iam = account.client("iam")
    iam.create_user(UserName="dev")
    statement = {
        "Effect": "Allow",
        "Action": ["acm:RequestCertificate"],
        "Resource": "*",
        "Condition": {"ForAllValues:StringLike": {"acm:DomainNames": ["*.example.com"]}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    iam.put_user_policy(UserName="dev", PolicyName="p", PolicyDocument=document)
    key = iam.create_access_key(UserName="dev")["AccessKey"]
    acm = account.client("acm", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    request = {"DomainName": "a.example.com", "ValidationMethod": "DNS"}
    assert acm.request_certificate(**request)["CertificateArn"]
    refused("AccessDeniedException", acm.request_certificate, DomainName="a.example.org")
    sentence = refused("AccessDeniedException", acm.request_certificate, **request, Tags=[{"Key": "a"}])
    assert "acm:AddTagsToCertificate" in sentence


def test_the_cli_imports_files(account: Account, tmp_path: Path) -> None:
    made = own_certificate(datetime.now(UTC))
    for name, text in made.items():
        (tmp_path / name).write_bytes(text)
    words = ["acm", "import-certificate", "--certificate", f"fileb://{tmp_path}/Certificate"]
    words += ["--private-key", f"fileb://{tmp_path}/PrivateKey"]
    program = Path(sys.executable).with_name("aws")
    run = subprocess.run(
        [program, *words], env={**os.environ, **account.environment}, capture_output=True, text=True, check=True
    )
    arn = json.loads(run.stdout)["CertificateArn"]
    assert account.client("acm").get_certificate(CertificateArn=arn)["Certificate"].encode() == made["Certificate"]


def test_every_answer_on_the_wire(account: Account, acm: Any) -> None:
    arn = issued(acm, Options={"Export": "ENABLED"}, Tags=[{"Key": "a", "Value": "1"}], IdempotencyToken="once")
    acm.export_certificate(CertificateArn=arn, Passphrase=b"secret")
    acm.renew_certificate(CertificateArn=arn)
    account.running.settle()
    assert acm.describe_certificate(CertificateArn=arn)["Certificate"]["RenewalSummary"]["RenewalStatus"] == "SUCCESS"
    [listed] = acm.list_certificates(Includes={"exportOption": "ENABLED"})["CertificateSummaryList"]
    assert (listed["CertificateArn"], listed["Exported"], listed["InUse"]) == (arn, True, False)
    acm.add_tags_to_certificate(CertificateArn=arn, Tags=[{"Key": "b"}])
    acm.remove_tags_from_certificate(CertificateArn=arn, Tags=[{"Key": "a"}])
    assert acm.list_tags_for_certificate(CertificateArn=arn)["Tags"] == [{"Key": "b", "Value": ""}]
    acm.put_account_configuration(ExpiryEvents={"DaysBeforeExpiry": 9}, IdempotencyToken="x")
    assert acm.get_account_configuration()["ExpiryEvents"] == {"DaysBeforeExpiry": 9}
    acm.export_certificate(CertificateArn=arn, Passphrase=b"secret")
    assert acm.revoke_certificate(CertificateArn=arn, RevocationReason="SUPERSEDED")["CertificateArn"] == arn
    assert acm.describe_certificate(CertificateArn=arn)["Certificate"]["Status"] == "REVOKED"
    acm.delete_certificate(CertificateArn=arn)
    refused("ResourceNotFoundException", acm.get_certificate, CertificateArn=arn)
    private = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/12345678-1234-1234-1234-123456789012"
    sentence = refused(
        "NotImplemented", acm.request_certificate, DomainName="a.example.com", CertificateAuthorityArn=private
    )
    assert "CertificateAuthorityArn" in sentence
