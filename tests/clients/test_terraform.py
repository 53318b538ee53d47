"""Terraform with its AWS provider: apply, a plan that finds nothing to change, destroy."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from skyjar.testing.running import Account

PLUGINS = Path(os.environ.get("TERRAFORM_PLUGINS", "/opt/tf-plugins"))
pytestmark = [
    pytest.mark.client,
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which("terraform") is None or not PLUGINS.is_dir(),
        reason="terraform, or a folder with its AWS provider (TERRAFORM_PLUGINS), is missing",
    ),
]
CONFIGURATION = """
provider "aws" { region = "us-east-1" }

resource "aws_s3_bucket" "receipts" { bucket = "terraform-receipts" }

resource "aws_dynamodb_table" "orders" {
  name         = "orders"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
}

resource "aws_iam_role" "function" {
  name = "function"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_ssm_parameter" "name" {
  name  = "/orders/table"
  type  = "String"
  value = aws_dynamodb_table.orders.name
}

resource "aws_cloudwatch_log_group" "function" { name = "/aws/lambda/function" }

resource "aws_cloudwatch_log_metric_filter" "errors" {
  name           = "errors"
  pattern        = "ERROR"
  log_group_name = aws_cloudwatch_log_group.function.name
  metric_transformation {
    name      = "Errors"
    namespace = "App"
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "errors"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 2
  metric_name         = "Errors"
  namespace           = "App"
  period              = 60
  statistic           = "Sum"
  threshold           = 5
  tags                = { team = "a" }
}

resource "aws_cloudwatch_metric_alarm" "rate" {
  alarm_name          = "rate"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  threshold           = 0.5
  metric_query {
    id          = "e"
    expression  = "m / 2"
    return_data = true
  }
  metric_query {
    id = "m"
    metric {
      metric_name = "Errors"
      namespace   = "App"
      period      = 60
      stat        = "Sum"
    }
  }
}

resource "aws_cloudwatch_composite_alarm" "all" {
  alarm_name = "all"
  alarm_rule = "ALARM(${aws_cloudwatch_metric_alarm.errors.alarm_name}) OR ALARM(rate)"
  depends_on = [aws_cloudwatch_metric_alarm.rate]
}

resource "aws_cloudwatch_dashboard" "board" {
  dashboard_name = "board"
  dashboard_body = jsonencode({ widgets = [{ type = "text", properties = { markdown = "hello" } }] })
}
"""


GLOBAL_TABLE = """
provider "aws" { region = "us-east-1" }

resource "aws_dynamodb_table" "orders" {
  name             = "orders"
  billing_mode     = "PAY_PER_REQUEST"
  hash_key         = "id"
  stream_enabled   = true
  stream_view_type = "NEW_AND_OLD_IMAGES"
  attribute {
    name = "id"
    type = "S"
  }
  ttl {
    attribute_name = "expires"
    enabled        = true
  }
  point_in_time_recovery { enabled = true }
  on_demand_throughput {
    max_read_request_units  = 50
    max_write_request_units = 40
  }
  replica { region_name = "eu-west-1" }
}
"""


def prepared(account: Account, folder: Path, configuration: str) -> Callable[..., str]:
    """Terraform in a folder with that configuration, initialised."""
    (folder / "main.tf").write_text(configuration)
    environment = {name: value for name, value in os.environ.items() if name != "TF_CLI_CONFIG_FILE"}
    environment |= account.environment

    def terraform(*words: str) -> str:
        done = subprocess.run(
            ["terraform", *words, "-no-color"],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        return done.stdout

    terraform("init", f"-plugin-dir={PLUGINS}")
    return terraform


def test_apply_plan_and_destroy(account: Account, tmp_path: Path) -> None:
    terraform = prepared(account, tmp_path, CONFIGURATION)
    terraform("apply", "-auto-approve")
    assert account.client("ssm").get_parameter(Name="/orders/table")["Parameter"]["Value"] == "orders"
    assert "No changes." in terraform("plan")
    terraform("destroy", "-auto-approve")
    assert account.client("dynamodb").list_tables()["TableNames"] == []


@pytest.mark.spec("dynamodb-060")
def test_a_global_table(account: Account, tmp_path: Path) -> None:
    terraform = prepared(account, tmp_path, GLOBAL_TABLE)
    terraform("apply", "-auto-approve")
    far = account.client("dynamodb", region_name="eu-west-1")
    assert far.describe_table(TableName="orders")["Table"]["TableStatus"] == "ACTIVE"
    assert "No changes." in terraform("plan")
    terraform("destroy", "-auto-approve")
    assert account.client("dynamodb").list_tables()["TableNames"] == far.list_tables()["TableNames"] == []
