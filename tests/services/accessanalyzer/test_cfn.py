"""AWS::AccessAnalyzer::Analyzer and ArchiveRule in a stack."""

from __future__ import annotations

import json
from typing import Any

BUCKETS = [{"Property": "resourceType", "Eq": ["AWS::S3::Bucket"]}, {"Property": "error", "Exists": False}]


def template(
    *, days: int = 90, criteria: list[dict[str, Any]] | None = None, tag: str = "a", exclusions: Any = None
) -> str:
    unused: dict[str, Any] = {"UnusedAccessAge": days}
    if exclusions:
        unused["AnalysisRule"] = {"Exclusions": exclusions}
    external = {
        "Type": "AWS::AccessAnalyzer::Analyzer",
        "Properties": {
            "AnalyzerName": "external",
            "Type": "ACCOUNT",
            "ArchiveRules": [{"RuleName": "buckets", "Filter": criteria or BUCKETS}],
            "Tags": [{"Key": "team", "Value": tag}],
        },
    }
    rule = {
        "Type": "AWS::AccessAnalyzer::ArchiveRule",
        "DependsOn": "E",
        "Properties": {
            "AnalyzerName": "external",
            "RuleName": "own",
            "Filter": [{"Property": "isPublic", "Eq": ["false"]}],
        },
    }
    idle = {
        "Type": "AWS::AccessAnalyzer::Analyzer",
        "Properties": {
            "Type": "ACCOUNT_UNUSED_ACCESS",
            "AnalyzerConfiguration": {"UnusedAccessConfiguration": unused},
        },
    }
    return json.dumps({"Resources": {"E": external, "R": rule, "U": idle}})


def test_analyzers_follow_their_template(desk: Any, analyzer: Any) -> None:
    cfn = desk.ask("cloudformation")
    cfn.create_stack(stack_name="s", template_body=template())
    desk.settle()
    shown = {each["type"]: each for each in analyzer.list_analyzers()["analyzers"]}
    assert shown["ACCOUNT"]["tags"]["team"] == "a"
    assert shown["ACCOUNT_UNUSED_ACCESS"]["configuration"] == {"unusedAccess": {"unusedAccessAge": 90}}
    rules = {
        each["ruleName"]: each["filter"]
        for each in analyzer.list_archive_rules(analyzer_name="external")["archiveRules"]
    }
    assert rules == {
        "buckets": {"resourceType": {"eq": ["AWS::S3::Bucket"]}, "error": {"exists": False}},
        "own": {"isPublic": {"eq": ["false"]}},
    }
    exclusions = [{"ResourceTags": [[{"Key": "kept", "Value": "yes"}]]}]
    changed = template(criteria=BUCKETS[:1], tag="b", exclusions=exclusions)
    cfn.update_stack(stack_name="s", template_body=changed)
    desk.settle()
    assert cfn.list_stacks()["StackSummaries"][0]["StackStatus"] == "UPDATE_COMPLETE"
    shown = {each["type"]: each for each in analyzer.list_analyzers()["analyzers"]}
    assert shown["ACCOUNT"]["tags"]["team"] == "b"
    rule = shown["ACCOUNT_UNUSED_ACCESS"]["configuration"]["unusedAccess"]["analysisRule"]
    assert rule == {"exclusions": [{"resourceTags": [{"kept": "yes"}]}]}
    changed_rule = analyzer.get_archive_rule(analyzer_name="external", rule_name="buckets")["archiveRule"]
    assert set(changed_rule["filter"]) == {"resourceType"}
    cfn.delete_stack(stack_name="s")
    desk.settle()
    assert analyzer.list_analyzers()["analyzers"] == []
