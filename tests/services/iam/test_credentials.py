"""Passwords, certificates, SSH keys and passwords for single services."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import Principal

GOOD = "Tr0ub4dor&3"


def refused(function: Any, **parameters: Any) -> str:
    with pytest.raises(AWSError) as caught:
        function(**parameters)
    return f"{caught.value.code}: {caught.value.message}"


@pytest.fixture
def iam(desk: Any) -> Any:
    asked = desk.ask("iam")
    asked.create_user(user_name="ann")
    return asked


def ann(desk: Any, *statements: dict[str, Any]) -> Any:
    iam = desk.ask("iam")
    if statements:
        text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        iam.put_user_policy(user_name="ann", policy_name="p", policy_document=text)
    user = iam.get_user(user_name="ann")["User"]
    who = Principal(kind="user", account=desk.account, arn=user["Arn"], id=user["UserId"], name="ann")
    return desk.ask("iam", who)


def test_without_a_policy_a_password_has_eight_characters_of_three_kinds(iam: Any) -> None:
    for password in ("Ab1!", "abcdefgh", "abcdEFGH"):
        found = refused(iam.create_login_profile, user_name="ann", password=password)
        assert found == "PasswordPolicyViolation: Password does not conform to the account password policy."
    made = iam.create_login_profile(user_name="ann", password=GOOD, password_reset_required=True)["LoginProfile"]
    assert (made["UserName"], made["PasswordResetRequired"]) == ("ann", True)
    again = refused(iam.create_login_profile, user_name="ann", password=GOOD)
    assert again == "EntityAlreadyExists: Login Profile for user ann already exists."
    assert "must delete login profile first" in refused(iam.delete_user, user_name="ann")
    iam.delete_login_profile(user_name="ann")
    gone = refused(iam.get_login_profile, user_name="ann")
    assert gone == "NoSuchEntity: Login Profile for User ann cannot be found."
    iam.delete_user(user_name="ann")


def test_the_accounts_policy_decides_what_a_password_is(desk: Any, iam: Any) -> None:
    missing = refused(iam.get_account_password_policy)
    assert missing == f"NoSuchEntity: The Password Policy with domain name {desk.account} cannot be found."
    iam.update_account_password_policy(minimum_password_length=10, require_symbols=True, max_password_age=90)
    assert iam.get_account_password_policy()["PasswordPolicy"] == {
        "MinimumPasswordLength": 10,
        "RequireSymbols": True,
        "RequireNumbers": False,
        "RequireUppercaseCharacters": False,
        "RequireLowercaseCharacters": False,
        "AllowUsersToChangePassword": False,
        "ExpirePasswords": True,
        "MaxPasswordAge": 90,
    }
    for password in ("a!", "abcdefghij"):
        assert "does not conform" in refused(iam.create_login_profile, user_name="ann", password=password)
    iam.create_login_profile(user_name="ann", password="abcdefghi!")
    iam.delete_account_password_policy()
    assert refused(iam.delete_account_password_policy).startswith("NoSuchEntity")


def test_a_user_changes_its_own_password_and_may_not_go_back(desk: Any, iam: Any) -> None:
    iam.update_account_password_policy(password_reuse_prevention=2)
    iam.create_login_profile(user_name="ann", password="first-1", password_reset_required=True)
    own = ann(desk)
    assert refused(own.change_password, old_password="first-1", new_password="second-2").startswith(
        "AccessDenied: User"
    )
    iam.update_account_password_policy(password_reuse_prevention=2, allow_users_to_change_password=True)
    wrong = refused(own.change_password, old_password="guess", new_password="second-2")
    assert wrong == "AccessDenied: The old password was incorrect."
    own.change_password(old_password="first-1", new_password="second-2")
    assert iam.get_login_profile(user_name="ann")["LoginProfile"]["PasswordResetRequired"] is False
    for used in ("first-1", "second-2"):
        assert "does not conform" in refused(own.change_password, old_password="second-2", new_password=used)
    own.change_password(old_password="second-2", new_password="third-3")
    own.change_password(old_password="third-3", new_password="first-1")
    assert refused(iam.change_password, old_password="a", new_password="b").startswith("InvalidUserType")


def certificate(key: Any, name: str, by: Any = None, by_key: Any = None, until: int = 2040) -> Any:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(by.subject if by else subject)
    made = made.public_key(key.public_key()).serial_number(x509.random_serial_number())
    made = made.not_valid_before(datetime(2020, 1, 1, tzinfo=UTC)).not_valid_after(datetime(until, 1, 1, tzinfo=UTC))
    return made.sign(by_key or key, hashes.SHA256())


def pem(of: Any) -> str:
    if isinstance(of, x509.Certificate):
        return of.public_bytes(Encoding.PEM).decode()
    text: bytes = of.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return text.decode()


def test_a_server_certificate_is_checked_with_its_key_and_chain(desk: Any) -> None:
    iam = desk.ask("iam")
    root_key, key, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    root = certificate(root_key, "root")
    leaf = certificate(key, "leaf", root, root_key)
    upload = {"server_certificate_name": "site", "certificate_body": pem(leaf), "private_key": pem(key)}
    for change, error in [
        ({"certificate_body": "rubbish"}, "MalformedCertificate"),
        ({"certificate_body": pem(leaf) + pem(root)}, "MalformedCertificate"),
        ({"private_key": "rubbish"}, "MalformedCertificate"),
        ({"private_key": pem(other)}, "KeyPairMismatch"),
        ({"certificate_chain": pem(certificate(other, "other"))}, "MalformedCertificate"),
    ]:
        assert refused(iam.upload_server_certificate, **{**upload, **change}).startswith(error)
    made = iam.upload_server_certificate(**upload, certificate_chain=pem(root), path="/cloudfront/")
    shown = made["ServerCertificateMetadata"]
    assert shown["Arn"] == f"arn:aws:iam::{desk.account}:server-certificate/cloudfront/site"
    assert shown["ServerCertificateId"].startswith("ASCA")
    assert shown["Expiration"] == datetime(2040, 1, 1, tzinfo=UTC).timestamp()
    found = iam.get_server_certificate(server_certificate_name="site")["ServerCertificate"]
    assert found["CertificateBody"] == pem(leaf).strip()
    assert found["CertificateChain"] == pem(root).strip()
    assert "PRIVATE" not in str(found)
    assert refused(iam.upload_server_certificate, **upload).startswith("EntityAlreadyExists")
    iam.update_server_certificate(server_certificate_name="site", new_server_certificate_name="web", new_path="/")
    listed = iam.list_server_certificates()["ServerCertificateMetadataList"]
    assert [each["ServerCertificateName"] for each in listed] == ["web"]
    assert iam.get_account_summary()["SummaryMap"]["ServerCertificates"] == 1
    iam.delete_server_certificate(server_certificate_name="web")
    gone = refused(iam.get_server_certificate, server_certificate_name="web")
    assert gone == "NoSuchEntity: The Server Certificate with name web cannot be found."


def test_signing_certificates_are_two_and_different(iam: Any) -> None:
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(3)]
    first, second, third = (pem(certificate(key, "ann")) for key in keys)
    old = pem(certificate(keys[0], "ann", until=2021))
    upload = iam.upload_signing_certificate
    assert refused(upload, user_name="ann", certificate_body=old).startswith("InvalidCertificate")
    made = upload(user_name="ann", certificate_body=first)["Certificate"]
    assert made["Status"] == "Active"
    assert refused(upload, user_name="ann", certificate_body=first).startswith("DuplicateCertificate")
    upload(user_name="ann", certificate_body=second)
    assert refused(upload, user_name="ann", certificate_body=third).startswith("LimitExceeded")
    which = {"user_name": "ann", "certificate_id": made["CertificateId"]}
    iam.update_signing_certificate(**which, status="Inactive")
    listed = {
        each["CertificateId"]: each["Status"] for each in iam.list_signing_certificates(user_name="ann")["Certificates"]
    }
    assert sorted(listed.values()) == ["Active", "Inactive"]
    iam.delete_signing_certificate(**which)
    assert refused(iam.delete_signing_certificate, **which).startswith("NoSuchEntity: The Certificate with id")


def test_an_ssh_key_is_read_in_both_encodings(iam: Any, tmp_path: Path) -> None:
    key = rsa.generate_private_key(65537, 2048).public_key()
    ssh = key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    text = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    made = iam.upload_ssh_public_key(user_name="ann", ssh_public_key_body=ssh + " ann@laptop")["SSHPublicKey"]
    assert made["SSHPublicKeyId"].startswith("APKA")
    assert refused(iam.upload_ssh_public_key, user_name="ann", ssh_public_key_body=text).startswith("DuplicateSSH")
    which = {"user_name": "ann", "ssh_public_key_id": made["SSHPublicKeyId"]}
    assert iam.get_ssh_public_key(**which, encoding="PEM")["SSHPublicKey"]["SSHPublicKeyBody"] == text
    assert iam.get_ssh_public_key(**which, encoding="SSH")["SSHPublicKey"]["SSHPublicKeyBody"] == ssh
    short = rsa.generate_private_key(65537, 1024).public_key()
    for body, error in [
        ("rubbish", "UnrecognizedPublicKeyEncoding"),
        ("ssh-rsa AAAA", "InvalidPublicKey"),
        (short.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode(), "InvalidPublicKey"),
    ]:
        assert refused(iam.upload_ssh_public_key, user_name="ann", ssh_public_key_body=body).startswith(error)
    iam.update_ssh_public_key(**which, status="Inactive")
    (listed,) = iam.list_ssh_public_keys(user_name="ann")["SSHPublicKeys"]
    assert listed["Status"] == "Inactive"
    (tmp_path / "key.pub").write_text(ssh)
    try:
        shown = subprocess.run(["ssh-keygen", "-E", "md5", "-lf", tmp_path / "key.pub"], capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("there is no ssh-keygen to compare the fingerprint with")
    assert f"MD5:{made['Fingerprint']} " in shown.stdout


def test_a_password_for_a_service_is_shown_once(desk: Any, iam: Any) -> None:
    create = iam.create_service_specific_credential
    made = create(user_name="ann", service_name="codecommit.amazonaws.com")["ServiceSpecificCredential"]
    assert made["ServiceUserName"] == f"ann-at-{desk.account}"
    which = {"user_name": "ann", "service_specific_credential_id": made["ServiceSpecificCredentialId"]}
    reset = iam.reset_service_specific_credential(**which)["ServiceSpecificCredential"]
    assert reset["ServicePassword"] != made["ServicePassword"]
    create(user_name="ann", service_name="codecommit.amazonaws.com")
    assert refused(create, user_name="ann", service_name="codecommit.amazonaws.com").startswith("LimitExceeded")
    assert refused(create, user_name="ann", service_name="s3.amazonaws.com").startswith("NotSupportedService")
    key = create(user_name="ann", service_name="bedrock.amazonaws.com", credential_age_days=1)
    assert key["ServiceSpecificCredential"]["ServiceCredentialSecret"]
    desk.advance(86_400)
    listed = iam.list_service_specific_credentials(all_users=True)["ServiceSpecificCredentials"]
    assert sorted(each["Status"] for each in listed) == ["Active", "Active", "Expired"]
    assert "ServicePassword" not in str(listed)
    iam.update_service_specific_credential(**which, status="Inactive")
    iam.delete_service_specific_credential(**which)
    assert len(iam.list_service_specific_credentials(user_name="ann")["ServiceSpecificCredentials"]) == 2
