"""The sign-in page of an account, as a browser and a script see it."""

import hashlib
import hmac
from base64 import b32decode
from typing import Any

import httpx
import pytest

from skyjar.testing.running import Account

pytestmark = pytest.mark.client

PASSWORD = "Tr0ub4dor&3"


def url(account: Account, name: str) -> str:
    return f"{account.running.endpoint}/_aws/signin/{name}/console"


def sign_in(account: Account, **fields: str) -> httpx.Response:
    given = {"username": "ann", "password": PASSWORD, **fields}
    return httpx.post(url(account, account.number), data=given, headers={"Accept": "application/json"})


def totp(seed: bytes, at: float) -> str:
    digest = hmac.new(seed, (int(at) // 30).to_bytes(8, "big"), hashlib.sha1).digest()
    start = digest[19] & 15
    return f"{(int.from_bytes(digest[start : start + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"


def session(account: Account, answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 200, answer.text
    keys = answer.json()["Credentials"]
    return {
        "aws_access_key_id": keys["AccessKeyId"],
        "aws_secret_access_key": keys["SecretAccessKey"],
        "aws_session_token": keys["SessionToken"],
    }


@pytest.mark.spec("iam-001")
def test_the_page_answers_to_the_number_and_to_the_alias(account: Account) -> None:
    alias = f"finance-{account.number}"
    assert httpx.get(url(account, alias)).status_code == 404
    iam = account.client("iam")
    iam.create_account_alias(AccountAlias=alias)
    assert iam.list_account_aliases()["AccountAliases"] == [alias]
    port = account.running.endpoint.rpartition(":")[2]
    host = {"Host": f"{alias}.signin.localhost:{port}"}
    for page in (
        httpx.get(url(account, account.number)),
        httpx.get(url(account, alias) + "/"),
        httpx.get(f"{account.running.endpoint}/console/", headers=host),
    ):
        assert page.status_code == 200
        assert f"Account {account.number}" in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]
    iam.delete_account_alias(AccountAlias=alias)
    assert httpx.get(url(account, alias)).status_code == 404


@pytest.mark.spec("iam-004")
def test_a_user_is_known_by_password_by_keys_or_by_a_session(account: Account) -> None:
    iam = account.client("iam")
    arn = iam.create_user(UserName="ann")["User"]["Arn"]
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    assert key["AccessKeyId"].startswith("AKIA")
    long = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    assert account.client("sts", **long).get_caller_identity()["Arn"] == arn
    issued = account.client("sts", **long).get_session_token()["Credentials"]
    assert issued["AccessKeyId"].startswith("ASIA")
    short = {
        "aws_access_key_id": issued["AccessKeyId"],
        "aws_secret_access_key": issued["SecretAccessKey"],
        "aws_session_token": issued["SessionToken"],
    }
    assert account.client("sts", **short).get_caller_identity()["Arn"] == arn
    assert sign_in(account).status_code == 401
    iam.create_login_profile(UserName="ann", Password=PASSWORD)
    for wrong in ({"password": "guess"}, {"username": "bob"}):
        refused = sign_in(account, **wrong)
        assert (refused.status_code, refused.json()["message"][:40]) == (
            401,
            "Your authentication information is incor",
        )
    assert "PasswordLastUsed" not in iam.get_user(UserName="ann")["User"]
    mine = session(account, sign_in(account))
    assert account.client("sts", **mine).get_caller_identity()["Arn"] == arn
    assert iam.get_user(UserName="ann")["User"]["PasswordLastUsed"]
    page = httpx.post(url(account, account.number), data={"username": "<b>", "password": "x"})
    assert "<b>" not in page.text


def test_a_device_is_asked_for_and_a_first_password_is_changed(still: Account) -> None:
    iam = still.client("iam")
    iam.create_user(UserName="ann")
    iam.create_login_profile(UserName="ann", Password=PASSWORD, PasswordResetRequired=True)
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]
    seed = b32decode(made["Base32StringSeed"])

    def code(ahead: int = 0) -> str:
        now: Any = still.running.call(still.running.cloud.clock.now)
        return totp(seed, now + ahead)

    iam.enable_mfa_device(
        UserName="ann",
        SerialNumber=made["SerialNumber"],
        AuthenticationCode1=code(),
        AuthenticationCode2=code(30),
    )
    still.running.advance(60)
    assert sign_in(still).json()["wants"] == "mfacode"
    assert sign_in(still, mfacode="000000").json()["wants"] == "mfacode"
    assert sign_in(still, mfacode=code()).json()["wants"] == "new_password"
    assert "does not conform" in sign_in(still, mfacode=code(), new_password="a").json()["message"]
    mine = session(still, sign_in(still, mfacode=code(), new_password="N3w-password"))
    assert sign_in(still, mfacode=code(), password="N3w-password").status_code == 401
    still.client("sts", **mine).get_caller_identity()
    assert iam.get_login_profile(UserName="ann")["LoginProfile"]["PasswordResetRequired"] is False
    iam.update_account_password_policy(MaxPasswordAge=1, HardExpiry=True)
    still.running.advance(86_400)
    assert "has expired" in sign_in(still, mfacode=code(), password="N3w-password").json()["message"]
    iam.update_account_password_policy(MaxPasswordAge=1)
    assert sign_in(still, mfacode=code(), password="N3w-password").json()["wants"] == "new_password"
