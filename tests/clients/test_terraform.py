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
MESSAGING = """
provider "aws" { region = "us-east-1" }
resource "aws_sns_topic" "t" {
  name = "orders"
  display_name = "d"
  tags = { a = "1" }
  delivery_policy = jsonencode({ http = { defaultHealthyRetryPolicy = { minDelayTarget = 20, maxDelayTarget = 20,
    numRetries = 3, numMaxDelayRetries = 0, numNoDelayRetries = 0, numMinDelayRetries = 0, backoffFunction = "linear" },
    disableSubscriptionOverrides = false, defaultRequestPolicy = { headerContentType = "text/plain; charset=UTF-8" } } })
}
resource "aws_sns_topic" "f" {
  name = "orders.fifo"
  fifo_topic = true
  content_based_deduplication = true
}
resource "aws_sns_topic_policy" "p" {
  arn = aws_sns_topic.t.arn
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Sid = "x", Effect = "Allow", Action = "SNS:Publish",
    Principal = { Service = "s3.amazonaws.com" }, Resource = aws_sns_topic.t.arn }] })
}
resource "aws_sns_topic_subscription" "s" {
  topic_arn = aws_sns_topic.t.arn
  protocol = "sqs"
  endpoint = replace(replace(aws_sns_topic.t.arn, ":sns:", ":sqs:"), ":orders", ":q")
  raw_message_delivery = true
  filter_policy = jsonencode({a=["x"]})
}
resource "aws_cloudwatch_event_bus" "b" { name = "orders" }
resource "aws_cloudwatch_event_permission" "p" {
  principal = "444455556666"
  statement_id = "them"
  event_bus_name = aws_cloudwatch_event_bus.b.name
}
resource "aws_cloudwatch_event_rule" "r" {
  name = "orders"
  event_bus_name = aws_cloudwatch_event_bus.b.name
  event_pattern = jsonencode({source=["app"]})
  tags = { a = "1" }
}
resource "aws_cloudwatch_event_rule" "s" {
  name = "tick"
  schedule_expression = "rate(5 minutes)"
}
resource "aws_cloudwatch_event_target" "t" {
  rule = aws_cloudwatch_event_rule.r.name
  event_bus_name = aws_cloudwatch_event_bus.b.name
  arn = aws_sns_topic.t.arn
  input_transformer {
    input_paths = { n = "$.detail.n" }
    input_template = "\\"<n>\\""
  }
  retry_policy {
    maximum_retry_attempts = 3
    maximum_event_age_in_seconds = 60
  }
}
resource "aws_cloudwatch_event_archive" "a" {
  name = "orders"
  event_source_arn = aws_cloudwatch_event_bus.b.arn
  retention_days = 2
}
resource "aws_cloudwatch_event_connection" "c" {
  name = "partner"
  authorization_type = "API_KEY"
  auth_parameters {
    api_key {
      key = "x"
      value = "y"
    }
  }
}
resource "aws_cloudwatch_event_api_destination" "d" {
  name = "partner"
  connection_arn = aws_cloudwatch_event_connection.c.arn
  invocation_endpoint = "https://example.com/"
  http_method = "POST"
}
resource "aws_s3_bucket" "b" { bucket = "terraform-bridged" }
resource "aws_s3_bucket_notification" "n" {
  bucket = aws_s3_bucket.b.id
  eventbridge = true
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


def test_topics_and_event_buses(account: Account, tmp_path: Path) -> None:
    terraform = prepared(account, tmp_path, MESSAGING)
    terraform("apply", "-auto-approve")
    events = account.client("events")
    [target] = events.list_targets_by_rule(Rule="orders", EventBusName="orders")["Targets"]
    assert target["RetryPolicy"]["MaximumRetryAttempts"] == 3
    assert "No changes." in terraform("plan")
    terraform("destroy", "-auto-approve")
    assert account.client("sns").list_topics()["Topics"] == []
    assert [each["Name"] for each in events.list_event_buses()["EventBuses"]] == ["default"]
