"""Parameters: names, versions, labels, paths."""

from typing import Any

import pytest

from skyjar.kernel.errors import AWSError


def put(desk: Any, name: str, value: str = "x", **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = desk.ask("ssm").put_parameter(name=name, value=value, **{"type": "String", **more})
    return found


def code(function: Any, *arguments: Any, **parameters: Any) -> str:
    with pytest.raises(AWSError) as caught:
        function(*arguments, **parameters)
    return caught.value.code


def value(desk: Any, name: str) -> str:
    found: str = desk.ask("ssm").get_parameter(name=name)["Parameter"]["Value"]
    return found


@pytest.mark.spec("ssm-001")
def test_parameters_are_read_by_path(desk: Any) -> None:
    for name in ("/Dev/dbServer/MySQL/db-string", "/Dev/a", "/Dev/b", "/Devil", "/Prod/a", "plain"):
        put(desk, name)
    ssm = desk.ask("ssm")
    found = ssm.get_parameters_by_path(path="/Dev", recursive=True)["Parameters"]
    assert [each["Name"] for each in found] == ["/Dev/a", "/Dev/b", "/Dev/dbServer/MySQL/db-string"]
    assert [each["Name"] for each in ssm.get_parameters_by_path(path="/Dev/")["Parameters"]] == ["/Dev/a", "/Dev/b"]
    assert code(ssm.get_parameters_by_path, path="Dev") == "ValidationException"


def test_paths_come_in_pages_of_ten(desk: Any) -> None:
    for number in range(12):
        put(desk, f"/p/{number:02d}")
    ssm = desk.ask("ssm")
    first = ssm.get_parameters_by_path(path="/p")
    second = ssm.get_parameters_by_path(path="/p", next_token=first["NextToken"])
    assert [len(first["Parameters"]), len(second["Parameters"])] == [10, 2]
    assert code(ssm.get_parameters_by_path, path="/p", next_token="?") == "InvalidNextToken"


@pytest.mark.spec("ssm-002")
def test_a_new_version_needs_overwrite_and_is_read_at_once(desk: Any) -> None:
    assert put(desk, "a", "1") == {"Version": 1, "Tier": "Standard"}
    assert code(put, desk, "a", "2") == "ParameterAlreadyExists"
    assert put(desk, "a", "2", overwrite=True)["Version"] == 2
    assert value(desk, "a") == "2"


def test_selectors_choose_a_version_or_a_label(desk: Any) -> None:
    ssm = desk.ask("ssm")
    put(desk, "/a", "1")
    put(desk, "/a", "2", overwrite=True)
    assert ssm.label_parameter_version(name="/a", parameter_version=1, labels=["good", "1bad", "awsbad"]) == {
        "InvalidLabels": ["1bad", "awsbad"],
        "ParameterVersion": 1,
    }
    assert [value(desk, name) for name in ("/a", "/a:1", "/a:2", "/a:good")] == ["2", "1", "2", "1"]
    ssm.label_parameter_version(name="/a", labels=["good"])
    assert ssm.get_parameter(name="/a:good")["Parameter"]["Selector"] == ":good"
    assert value(desk, "/a:good") == "2"
    assert code(value, desk, "/a:9") == "ParameterVersionNotFound"
    history = ssm.get_parameter_history(name="/a")["Parameters"]
    assert [(each["Version"], each["Labels"]) for each in history] == [(1, []), (2, ["good"])]
    removed = ssm.unlabel_parameter_version(name="/a", parameter_version=2, labels=["good", "none"])
    assert removed == {"RemovedLabels": ["good"], "InvalidLabels": ["none"]}


def test_an_arn_is_a_name(desk: Any) -> None:
    put(desk, "plain", "1")
    put(desk, "/deep/er", "2")
    for name in ("plain", "/deep/er"):
        arn = desk.ask("ssm").get_parameter(name=name)["Parameter"]["ARN"]
        assert value(desk, arn) == value(desk, name)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("aws-thing", "AccessDeniedException"),
        ("/AWS/x", "AccessDeniedException"),
        ("ssm-thing", "ValidationException"),
        ("a/b", "ValidationException"),
        ("with space", "ValidationException"),
        ("/x" * 16, "HierarchyLevelLimitExceededException"),
    ],
)
def test_names_have_rules(desk: Any, name: str, error: str) -> None:
    assert code(put, desk, name) == error


def test_tiers_have_sizes_and_go_up_only(desk: Any) -> None:
    assert code(put, desk, "a", "x" * 4097) == "ValidationException"
    assert put(desk, "a", "x" * 4096)["Tier"] == "Standard"
    assert put(desk, "a", "x" * 4097, tier="Intelligent-Tiering", overwrite=True)["Tier"] == "Advanced"
    assert code(put, desk, "a", "x", tier="Standard", overwrite=True) == "ValidationException"
    assert code(put, desk, "a", "x" * 8193, overwrite=True) == "ValidationException"


def test_a_pattern_must_be_matched(desk: Any) -> None:
    assert code(put, desk, "a", "abc", allowed_pattern=r"^\d+$") == "ParameterPatternMismatchException"
    assert code(put, desk, "a", "1", allowed_pattern="(") == "InvalidAllowedPatternException"
    put(desk, "a", "12", allowed_pattern=r"^\d+$")


def test_the_oldest_of_a_hundred_versions_goes_unless_it_is_labelled(desk: Any) -> None:
    ssm = desk.ask("ssm")
    put(desk, "a")
    for _ in range(100):
        put(desk, "a", overwrite=True)
    assert code(value, desk, "a:1") == "ParameterVersionNotFound"
    ssm.label_parameter_version(name="a", parameter_version=2, labels=["keep"])
    assert code(put, desk, "a", overwrite=True) == "ParameterMaxVersionLimitExceeded"


def test_nothing_rotates(desk: Any) -> None:
    from skyjar.kernel import service as services

    found = services.load("ssm")
    assert found is not None
    assert not [name for name in found.operations if "rotate" in name]


def test_several_are_read_and_deleted_with_what_is_missing_told(desk: Any) -> None:
    ssm = desk.ask("ssm")
    put(desk, "a")
    found = ssm.get_parameters(names=["a", "b", "a:7"])
    assert ([each["Name"] for each in found["Parameters"]], found["InvalidParameters"]) == (["a"], ["b", "a:7"])
    assert ssm.delete_parameters(names=["a", "b"]) == {"DeletedParameters": ["a"], "InvalidParameters": ["b"]}
    assert code(ssm.delete_parameter, name="a") == "ParameterNotFound"


def test_parameters_are_described_by_filters(desk: Any) -> None:
    ssm = desk.ask("ssm")
    put(desk, "/a/one", tags=[{"Key": "team", "Value": "blue"}])
    put(desk, "/a/b/two", type="StringList")

    def names(**one: Any) -> list[str]:
        found = ssm.describe_parameters(parameter_filters=[{"Key": one["key"], **one["more"]}])["Parameters"]
        return [each["Name"] for each in found]

    assert names(key="Type", more={"Values": ["StringList"]}) == ["/a/b/two"]
    assert names(key="Path", more={"Option": "OneLevel", "Values": ["/a"]}) == ["/a/one"]
    assert names(key="Path", more={"Option": "Recursive", "Values": ["/a"]}) == ["/a/b/two", "/a/one"]
    assert names(key="Name", more={"Option": "Contains", "Values": ["two"]}) == ["/a/b/two"]
    assert names(key="tag:team", more={"Values": ["blue"]}) == ["/a/one"]
    assert code(ssm.describe_parameters, parameter_filters=[{"Key": "Size", "Values": ["1"]}]) == "InvalidFilterKey"


def test_tags_are_added_and_removed(desk: Any) -> None:
    ssm = desk.ask("ssm")
    put(desk, "a")
    where = {"resource_type": "Parameter", "resource_id": "a"}
    ssm.add_tags_to_resource(**where, tags=[{"Key": "k", "Value": "v"}, {"Key": "l", "Value": "w"}])
    ssm.remove_tags_from_resource(**where, tag_keys=["k"])
    assert ssm.list_tags_for_resource(**where) == {"TagList": [{"Key": "l", "Value": "w"}]}
    put(desk, "a", overwrite=True)
    assert ssm.list_tags_for_resource(**where)["TagList"]
    assert code(ssm.list_tags_for_resource, resource_type="Parameter", resource_id="b") == "InvalidResourceId"


def test_filters_are_read_as_aws_reads_them(desk: Any) -> None:
    ssm = desk.ask("ssm")
    put(desk, "/a/one", tags=[{"Key": "team", "Value": "blue"}])
    put(desk, "two", tier="Advanced")

    def names(key: str, option: str, *values: str) -> list[str]:
        given = [{"Key": key, "Option": option, "Values": list(values)}]
        return [each["Name"] for each in ssm.describe_parameters(parameter_filters=given)["Parameters"]]

    assert names("Tier", "BeginsWith", "Advanced") == ["two"]
    assert names("tag:team", "BeginsWith", "bl") == ["/a/one"]
    assert names("Name", "BeginsWith", "a/") == ["/a/one"]
    assert code(names, "Type", "Contains", "String") == "InvalidFilterOption"
    assert code(names, "Type", "Equals", "Text") == "InvalidFilterValue"
    old = ssm.describe_parameters(filters=[{"Key": "Name", "Values": ["t"]}])["Parameters"]
    assert [each["Name"] for each in old] == ["two"]
    both = {"filters": [{"Key": "Name", "Values": ["t"]}], "parameter_filters": [{"Key": "Name", "Values": ["t"]}]}
    assert code(ssm.describe_parameters, **both) == "ValidationException"


def test_labels_find_versions_below_a_path(desk: Any) -> None:
    ssm = desk.ask("ssm")
    for name in ("/p/a", "/p/b"):
        put(desk, name, "1")
        put(desk, name, "2", overwrite=True)
    ssm.label_parameter_version(name="/p/a", parameter_version=1, labels=["old", "one"])
    ssm.label_parameter_version(name="/p/a", parameter_version=2, labels=["new"])
    ssm.label_parameter_version(name="/p/b", parameter_version=2, labels=["new"])

    def found(*labels: str, **more: Any) -> Any:
        given = [{"Key": "Label", "Option": "Equals", "Values": list(labels)}]
        return ssm.get_parameters_by_path(path="/p", parameter_filters=given, **more)

    assert [(each["Name"], each["Value"]) for each in found("old")["Parameters"]] == [("/p/a", "1")]
    first = found("new", "old", max_results=1)
    second = found("new", "old", max_results=2, next_token=first["NextToken"])
    both = first["Parameters"] + second["Parameters"]
    assert [(each["Name"], each["Version"]) for each in both] == [("/p/a", 1), ("/p/a", 2), ("/p/b", 2)]
    bad = [{"Key": "Label", "Option": "BeginsWith", "Values": ["o"]}]
    assert code(ssm.get_parameters_by_path, path="/p", parameter_filters=bad) == "InvalidFilterOption"


def test_a_version_has_ten_labels(desk: Any) -> None:
    ssm = desk.ask("ssm")
    put(desk, "a")
    ssm.label_parameter_version(name="a", labels=[f"l{number}" for number in range(10)])
    assert code(ssm.label_parameter_version, name="a", labels=["more"]) == "ParameterVersionLabelLimitExceeded"
    assert ssm.label_parameter_version(name="a", labels=["l0"])["InvalidLabels"] == []
    assert code(ssm.label_parameter_version, name="a", parameter_version=2, labels=["x"]) == "ParameterVersionNotFound"


def test_only_whole_names_are_deleted_and_labelled(desk: Any) -> None:
    ssm = desk.ask("ssm")
    put(desk, "a")
    arn = ssm.get_parameter(name="a")["Parameter"]["ARN"]
    for name in ("a:1", arn):
        assert code(ssm.delete_parameter, name=name) == "ParameterNotFound"
        assert code(ssm.label_parameter_version, name=name, labels=["x"]) == "ParameterNotFound"
    assert ssm.delete_parameters(names=["a:1", arn])["InvalidParameters"] == ["a:1", arn]
    assert value(desk, " a ") == "x"


def test_values_have_rules(desk: Any) -> None:
    assert code(put, desk, "a", "") == "ValidationException"
    assert code(put, desk, "a", "{{ssm:b}}") == "ValidationException"
    put(desk, "a", "{{")
