"""Public parameters."""

from typing import Any

from skyjar.services.ssm import regions
from tests.test_tools import tool

from .test_parameters import code


def test_regions_are_those_that_botocore_knows() -> None:
    assert tool("regions").regions() == regions.LONG_NAMES


def test_regions_are_public_parameters(desk: Any) -> None:
    ssm = desk.ask("ssm")
    root = "/aws/service/global-infrastructure/regions"
    shown = ssm.get_parameter(name=f"{root}/eu-west-1")["Parameter"]
    assert (shown["Value"], shown["ARN"]) == ("eu-west-1", f"arn:aws:ssm:us-east-1::parameter{root}/eu-west-1")
    below = ssm.get_parameters_by_path(path=f"{root}/eu-west-1")["Parameters"]
    assert [each["Value"] for each in below] == ["amazonaws.com", "Europe (Ireland)", "aws"]
    first = ssm.get_parameters_by_path(path=root)
    assert (len(first["Parameters"]), bool(first["NextToken"])) == (10, True)
    assert code(ssm.get_parameter, name=f"{root}/eu-west-9") == "ParameterNotFound"
    images = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
    assert code(ssm.get_parameter, name=images) == "NotImplemented"
    assert code(ssm.get_parameters_by_path, path="/aws/service/ecs") == "NotImplemented"
    assert ssm.describe_parameters()["Parameters"] == []
