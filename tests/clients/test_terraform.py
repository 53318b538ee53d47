"""Terraform's own AWS provider makes all that S3 and DynamoDB can be told, and an application, finds it as it made it, changes it and
takes it away.

The provider is in no registry that tests may ask: a machine has it in a folder of plugins, or these tests are skipped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import urllib.request
import zipfile
from pathlib import Path

import pytest

from skyjar.testing.running import Account

PLUGINS = next(
    (
        each
        for each in (Path(os.environ.get("TF_PLUGIN_DIR", "/opt/tf-plugins")), Path.home() / ".terraform.d" / "plugins")
        if (each / "registry.terraform.io" / "hashicorp" / "aws").is_dir()
    ),
    None,
)
CONFIGURATIONS = Path(__file__).parent / "terraform"
pytestmark = [
    pytest.mark.client,
    pytest.mark.skipif(
        shutil.which("terraform") is None or PLUGINS is None,
        reason="Terraform or its AWS provider is missing: a plugin folder is named by TF_PLUGIN_DIR",
    ),
]


class Terraform:
    """One of the configurations beside this file, in a folder of its own."""

    def __init__(self, account: Account, name: str, folder: Path) -> None:
        shutil.copytree(CONFIGURATIONS / name, folder)
        shutil.copy(CONFIGURATIONS / "provider.tf", folder)
        self._folder = folder
        machine = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "TF_"))}
        self._environment = machine | {
            "AWS_ACCESS_KEY_ID": account.number, "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": account.running.endpoint, "AWS_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1",
            "TF_CLI_CONFIG_FILE": os.devnull, "TF_IN_AUTOMATION": "1", "TF_VAR_name": f"tf-{account.number}",
            "HTTP_PROXY": account.running.endpoint,  # S3 Control's host names begin with the account's number
        }  # fmt: skip
        self._run("init", f"-plugin-dir={PLUGINS}")

    def _run(self, *words: str, wanted: int = 0) -> str:
        command = ("terraform", words[0], "-no-color", *words[1:])
        done = subprocess.run(
            command, cwd=self._folder, env=self._environment, capture_output=True, text=True, timeout=240
        )
        assert done.returncode == wanted, done.stdout[-8000:] + done.stderr
        return done.stdout

    def apply(self, step: int) -> str:
        """What the configuration's output says then. Nothing is left to change, as a plan finds."""
        variable = f"-var=step={step}"
        self._run("apply", "-auto-approve", variable)
        assert "No changes." in self._run("plan", "-detailed-exitcode", variable)
        return self._run("output", "-raw", "told")

    def destroy(self) -> None:
        self._run("destroy", "-auto-approve", "-var=step=2")


def test_buckets(skyjar: Account, tmp_path: Path) -> None:
    terraform = Terraform(skyjar, "s3", tmp_path / "s3")
    assert terraform.apply(1) == "<h1>1</h1>"
    assert terraform.apply(2) == "<h1>2</h1>"
    terraform.destroy()
    assert skyjar.client("s3").list_buckets()["Buckets"] == []


def test_tables(skyjar: Account, tmp_path: Path) -> None:
    terraform = Terraform(skyjar, "dynamodb", tmp_path / "dynamodb")
    assert terraform.apply(1) == "b"
    assert terraform.apply(2) == "b"
    terraform.destroy()
    assert skyjar.client("dynamodb").list_tables()["TableNames"] == []


FUNCTION = """
import os
def handler(event, context):
    return {"statusCode": 200, "body": os.environ["STEP"]}
"""


def test_an_application(skyjar: Account, tmp_path: Path) -> None:
    terraform = Terraform(skyjar, "application", tmp_path / "application")
    with zipfile.ZipFile(tmp_path / "application" / "function.zip", "w") as package:
        package.writestr("function.py", FUNCTION)
    for step in (1, 2):
        http, rest = terraform.apply(step).split()
        for path in (f"{http}/$default/step", f"{rest}/prod/step"):
            with urllib.request.urlopen(f"{skyjar.running.endpoint}/_aws/execute-api/{path}") as answer:
                assert answer.read() == b"%d" % step
    terraform.destroy()
    assert skyjar.client("lambda").list_functions()["Functions"] == []
