"""Secrets of Secrets Manager, read as parameters."""

import json
from typing import Any

import pytest

from skyjar.kernel.errors import AWSError

NAME = "/aws/reference/secretsmanager/prod/db"


def test_a_secret_is_read_as_a_parameter(desk: Any) -> None:
    arn = desk.ask("secretsmanager").create_secret(name="prod/db", secret_string="x")["ARN"]
    ssm = desk.ask("ssm")
    shown = ssm.get_parameter(name=NAME, with_decryption=True)["Parameter"]
    assert (shown["Value"], shown["Type"], shown["ARN"], shown["Version"]) == ("x", "SecureString", arn, 0)
    source = json.loads(shown["SourceResult"])
    assert (source["ARN"], source["secretString"], source["versionStages"]) == (arn, "x", ["AWSCURRENT"])
    found = ssm.get_parameters(names=[NAME, NAME + "x"], with_decryption=True)
    assert [each["Value"] for each in found["Parameters"]] == ["x"]
    assert found["InvalidParameters"] == [NAME + "x"]
    with pytest.raises(AWSError) as caught:
        ssm.get_parameter(name=NAME)
    assert caught.value.message == "WithDecryption flag must be True for retrieving a Secret Manager secret."


def test_a_version_of_a_secret_is_selected(desk: Any) -> None:
    secrets, ssm = desk.ask("secretsmanager"), desk.ask("ssm")
    first = secrets.create_secret(name="prod/db", secret_string="old")["VersionId"]
    secrets.put_secret_value(secret_id="prod/db", secret_string="new")
    for selector, value in ((f":{first}", "old"), (":AWSPREVIOUS", "old"), (":AWSCURRENT", "new")):
        shown = ssm.get_parameter(name=NAME + selector, with_decryption=True)["Parameter"]
        assert (shown["Name"], shown["Selector"], shown["Value"]) == (NAME, selector, value)
