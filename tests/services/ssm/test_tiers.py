"""Tiers, their default, and the service settings."""

from typing import Any

import pytest

from skyjar.services.ssm import limits

from .test_parameters import code, put


def test_the_default_tier_is_a_setting(desk: Any) -> None:
    ssm = desk.ask("ssm")
    setting = "/ssm/parameter-store/default-parameter-tier"
    arn = f"arn:aws:ssm:us-east-1:{desk.account}:servicesetting{setting}"
    shown = ssm.get_service_setting(setting_id=setting)["ServiceSetting"]
    assert (shown["SettingValue"], shown["Status"], shown["ARN"]) == ("Standard", "Default", arn)
    ssm.update_service_setting(setting_id=arn, setting_value="Advanced")
    assert put(desk, "a")["Tier"] == "Advanced"
    ssm.update_service_setting(setting_id=setting, setting_value="Intelligent-Tiering")
    assert put(desk, "b")["Tier"] == "Standard"
    assert put(desk, "c", "x" * 5000)["Tier"] == "Advanced"
    shown = ssm.get_service_setting(setting_id=setting)["ServiceSetting"]
    assert (shown["Status"], shown["LastModifiedUser"]) == ("Customized", desk.caller.arn)
    assert ssm.reset_service_setting(setting_id=setting)["ServiceSetting"]["SettingValue"] == "Standard"
    assert put(desk, "d")["Tier"] == "Standard"


def test_settings_that_are_not_there_are_refused(desk: Any) -> None:
    ssm = desk.ask("ssm")
    throughput = "/ssm/parameter-store/high-throughput-enabled"
    assert code(ssm.get_service_setting, setting_id="/ssm/none") == "ServiceSettingNotFound"
    assert code(ssm.get_service_setting, setting_id="/ssm/opsinsights/opscenter") == "NotImplemented"
    assert code(ssm.update_service_setting, setting_id=throughput, setting_value="yes") == "ValidationException"
    ssm.update_service_setting(setting_id=throughput, setting_value="true")
    assert ssm.get_service_setting(setting_id=throughput)["ServiceSetting"]["SettingValue"] == "true"


def test_each_tier_has_its_quota(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "STANDARD_PARAMETERS", 1)
    monkeypatch.setattr(limits, "ADVANCED_PARAMETERS", 2)
    put(desk, "a")
    assert code(put, desk, "b") == "ParameterLimitExceeded"
    assert put(desk, "b", tier="Intelligent-Tiering")["Tier"] == "Advanced"
    put(desk, "c", tier="Advanced")
    assert code(put, desk, "d", tier="Advanced") == "ParameterLimitExceeded"
    put(desk, "a", tier="Advanced", overwrite=True)
    put(desk, "d")
    desk.ask("ssm").delete_parameters(names=["a", "b", "c", "d"])
    put(desk, "e")


@pytest.mark.parametrize(
    ("data_type", "fits", "does_not"),
    [
        ("integer", ["0", "-17"], ["1.0", "", "x"]),
        ("float", ["1", "-1.5e3", ".5"], ["nan", "1e999", "1,0"]),
        ("boolean", ["true", "false"], ["True", "1"]),
        ("binary", ["aGk=", "aGVsbG8="], ["?", "aGk"]),
        ("hostname", ["localhost", "a-b.example.com"], ["-a.com", "a_b", "a..b"]),
        ("email", ["a.b+c@example.com"], ["a@b", "@example.com", "a b@example.com"]),
        ("ipv4-address", ["10.0.0.1"], ["10.0.0", "::1", "10.0.0.256"]),
        ("ipv6-address", ["::1"], ["10.0.0.1", "::g"]),
        ("aws:region", ["us-east-1"], ["us-east-9"]),
        ("aws:account:id", ["111122223333"], ["1", "x" * 12]),
        ("url", ["https://example.com/a?b=c"], ["example.com", "https://", "https://a b"]),
        ("json", ['{"a": [1]}'], ["{a: 1}", '{"a": 1,}']),
        ("jsonc", ['{"a": "//", /* c */ "b": [1, 2,], // d\n}'], ['{"a": /* 1 }', "//", '{"a" 1}']),
    ],
)
def test_a_value_is_of_its_data_type(desk: Any, data_type: str, fits: list[str], does_not: list[str]) -> None:
    for value in fits:
        put(desk, "a", value, data_type=data_type, tier="Advanced", overwrite=True)
    for value in does_not:
        assert code(put, desk, "b", value, data_type=data_type, tier="Advanced") == "ValidationException"
    assert desk.ask("ssm").get_parameter(name="a")["Parameter"]["DataType"] == data_type


def test_data_types_have_their_rules(desk: Any) -> None:
    assert code(put, desk, "a", "ami-1", data_type="aws:ec2:image") == "NotImplemented"
    assert code(put, desk, "a", data_type="number") == "ValidationException"
    assert code(put, desk, "a", "[]", data_type="json") == "ValidationException"
    put(desk, "a", "1,2", type="StringList", data_type="integer")
    assert code(put, desk, "a", "1,x", overwrite=True) == "ValidationException"
    put(desk, "a", "x", data_type="text", overwrite=True)
