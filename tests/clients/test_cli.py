"""The AWS CLI as its users have it: Regions, profiles, credentials and their order, paging."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import NoRegionError

from skyjar.testing.running import Account

pytestmark = pytest.mark.client
AWS = Path(sys.executable).with_name("aws")


class Home:
    """An empty home, with nothing of AWS in the environment but the endpoint."""

    def __init__(self, folder: Path, account: Account) -> None:
        self.folder, self._account = folder, account
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        self.environment = {
            **kept, "HOME": str(folder), "AWS_ENDPOINT_URL": account.running.endpoint, "AWS_EC2_METADATA_DISABLED": "true",
        }  # fmt: skip

    def run(self, *words: str, answers: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(AWS), *words],
            env={**self.environment, **more},
            input=answers,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def __call__(self, *words: str, answers: str = "", **more: str) -> str:
        done = self.run(*words, answers=answers, **more)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def write(self, name: str, text: str) -> None:
        (self.folder / ".aws").mkdir(exist_ok=True)
        (self.folder / ".aws" / name).write_text(text)

    def who(self, *words: str, **more: str) -> str:
        """The account whose keys the CLI found."""
        return str(json.loads(self("sts", "get-caller-identity", "--output", "json", *words, **more))["Account"])


@pytest.fixture
def home(tmp_path: Path, account: Account) -> Home:
    return Home(tmp_path, account)


KEYS = {"AWS_ACCESS_KEY_ID": "111111111111", "AWS_SECRET_ACCESS_KEY": "x"}
EAST = {"AWS_DEFAULT_REGION": "us-east-1"}


@pytest.mark.spec("cli-001")
def test_without_a_region_regional_services_fail_and_iam_does_not(
    home: Home, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = home.run("dynamodb", "list-tables", **KEYS)
    assert failed.returncode != 0
    assert "You must specify a region" in failed.stderr
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(home.folder / "none"))
    session = boto3.Session(aws_access_key_id=account.number, aws_secret_access_key="x")
    with pytest.raises(NoRegionError):
        session.client("sqs")
    assert session.client("iam").meta.endpoint_url == "https://iam.amazonaws.com"


@pytest.mark.spec("cli-002")
def test_options_override_the_configuration_for_one_command(home: Home, account: Account) -> None:
    home.write("config", "[default]\nregion = us-east-1\noutput = json\n[profile p]\nregion = us-east-1\n")
    home.write("credentials", "[default]\n" + keys("1" * 12) + "[p]\n" + keys(account.number))
    ssm = account.session(region_name="us-east-2").client("ssm", endpoint_url=account.running.endpoint)
    ssm.put_parameter(Name="there", Value="x", Type="String")
    words = ("ssm", "describe-parameters", "--query", "Parameters[].Name")
    mine = (*words, "--profile", "p")
    assert json.loads(home(*mine)) == []
    assert json.loads(home(*mine, "--region", "us-east-2")) == ["there"]
    assert home(*mine, "--region", "us-east-2", "--output", "text") == "there\n"
    assert json.loads(home(*words, "--region", "us-east-2")) == []


def keys(account: str) -> str:
    return f"aws_access_key_id = {account}\naws_secret_access_key = x\n"


@pytest.mark.spec("cli-003")
def test_configure_writes_the_files_that_later_commands_read(home: Home, account: Account) -> None:
    home("configure", answers=f"{account.number}\nhush\nus-west-2\ntext\n")
    assert home("configure", "get", "region").strip() == "us-west-2"
    credentials = (home.folder / ".aws" / "credentials").read_text()
    assert f"[default]\naws_access_key_id = {account.number}\naws_secret_access_key = hush\n" in credentials
    home("configure", "set", "region", "us-east-2")
    assert "region = us-east-2" in (home.folder / ".aws" / "config").read_text()
    made = home("kms", "create-key", "--query", "KeyMetadata.Arn")
    assert made.startswith(f"arn:aws:kms:us-east-2:{account.number}:key/")


@pytest.mark.spec("cli-004")
def test_profiles_name_accounts(home: Home, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    home("configure", "--profile", "x", answers=f"{account.number}\nhush\nus-east-1\njson\n")
    assert home.who("--profile", "x") == account.number
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(home.folder / ".aws" / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(home.folder / ".aws" / "config"))
    sts = boto3.Session(profile_name="x").client("sts", endpoint_url=account.running.endpoint)
    assert sts.get_caller_identity()["Account"] == account.number


@pytest.mark.spec("cli-005")
def test_keys_of_the_environment_are_used_with_their_session_token(home: Home, account: Account) -> None:
    iam = account.client("iam")
    iam.create_user(UserName="ann")
    own = iam.create_access_key(UserName="ann")["AccessKey"]
    given = {"AWS_ACCESS_KEY_ID": own["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": own["SecretAccessKey"], **EAST}
    assert "user/ann" in home("sts", "get-caller-identity", **given)
    made = account.client("sts", aws_access_key_id=given["AWS_ACCESS_KEY_ID"],
                          aws_secret_access_key=given["AWS_SECRET_ACCESS_KEY"]).get_session_token()["Credentials"]  # fmt: skip
    temporary = {"AWS_ACCESS_KEY_ID": made["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"], **EAST}
    assert "user/ann" in home("sts", "get-caller-identity", **temporary, AWS_SESSION_TOKEN=made["SessionToken"])
    assert "InvalidClientTokenId" in home.run("sts", "get-caller-identity", **temporary).stderr


@pytest.mark.spec("cli-006")
def test_the_first_credentials_of_the_chain_win(home: Home) -> None:
    """Options, environment, credentials file, credential_process, config file. (Container and instance come last.)"""
    process = "echo '" + json.dumps({"Version": 1, "AccessKeyId": "5" * 12, "SecretAccessKey": "x"}) + "'"
    home.write(
        "config", f"[default]\nregion = us-east-1\n{keys('4' * 12)}[profile p]\nregion = us-east-1\n{keys('2' * 12)}"
    )
    home.write("credentials", f"[default]\n{keys('3' * 12)}")
    assert home.who("--profile", "p", **KEYS) == "2" * 12
    assert home.who(**KEYS) == "1" * 12
    assert home.who() == "3" * 12
    home.write("credentials", "")
    home.write("config", f"[default]\nregion = us-east-1\ncredential_process = {process}\n{keys('4' * 12)}")
    assert home.who() == "5" * 12
    home.write("config", f"[default]\nregion = us-east-1\n{keys('4' * 12)}")
    assert home.who() == "4" * 12


@pytest.mark.spec("cli-007")
def test_the_page_size_is_of_a_call_and_max_items_of_all(home: Home, account: Account) -> None:
    table = account.resource("dynamodb").create_table(
        TableName="paged", KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "N"}],
    )  # fmt: skip
    with table.batch_writer() as batch:
        for number in range(150):
            batch.put_item(Item={"k": number})
    done = home.run("dynamodb", "scan", "--table-name", "paged", "--page-size", "50", "--max-items", "100", "--debug",
                    "--output", "json", **EAST, AWS_ACCESS_KEY_ID=account.number, AWS_SECRET_ACCESS_KEY="x")  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout)
    assert len(found["Items"]) == 100
    assert "NextToken" in found
    sent = re.findall(r"Making request for OperationModel\(name=Scan\).*'body': b'([^']*)'", done.stderr)
    assert len(sent) == 2, sent
    assert all('"Limit": 50' in body for body in sent)


@pytest.mark.spec("cli-008")
def test_max_items_gives_a_token_from_which_the_next_goes_on(home: Home, account: Account) -> None:
    s3 = account.client("s3")
    bucket = f"paging-{account.number}"
    s3.create_bucket(Bucket=bucket)
    for key in "abc":
        s3.put_object(Bucket=bucket, Key=key)
    given = {**EAST, "AWS_ACCESS_KEY_ID": account.number, "AWS_SECRET_ACCESS_KEY": "x"}
    words = ("s3api", "list-objects-v2", "--bucket", bucket, "--max-items", "2", "--output", "json")
    first = json.loads(home(*words, **given))
    assert [each["Key"] for each in first["Contents"]] == ["a", "b"]
    then = json.loads(home(*words, "--starting-token", first["NextToken"], **given))
    assert [each["Key"] for each in then["Contents"]] == ["c"]
    assert "NextToken" not in then


def test_hosts_that_no_dns_knows_are_found_through_the_command(home: Home, account: Account) -> None:
    """S3 Control is asked at 000000000000.127.0.0.1, whatever the endpoint."""
    block = "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=false,RestrictPublicBuckets=false"
    skyjar = [str(AWS.with_name("skyjar")), "aws", "--port", account.running.endpoint.rpartition(":")[2]]
    keys = {"AWS_ACCESS_KEY_ID": account.number, "AWS_SECRET_ACCESS_KEY": "test"}
    for words in (
        ("put-public-access-block", "--public-access-block-configuration", block),
        ("get-public-access-block",),
    ):
        done = subprocess.run(
            [*skyjar, "s3control", *words, "--account-id", account.number, "--output", "json"],
            env={**home.environment, **keys, "NO_PROXY": "127.0.0.1"},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["PublicAccessBlockConfiguration"]["BlockPublicPolicy"] is False
