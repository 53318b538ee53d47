"""AWS::AccessAnalyzer::Analyzer and ArchiveRule. Ref of the first is its ARN."""

from __future__ import annotations

from typing import Any

from skyjar.formation.resources import Physical, Properties, Resource, ResourceType
from skyjar.kernel.call import Call

from .errors import ResourceNotFoundException

_OPERATORS = {"Contains": "contains", "Eq": "eq", "Neq": "neq", "Exists": "exists"}


def _filter(given: list[dict[str, Any]]) -> dict[str, Any]:
    """A template lists criteria, each with its property."""
    return {
        each["Property"]: {
            name: _flag(each[key]) if key == "Exists" else each[key] for key, name in _OPERATORS.items() if key in each
        }
        for each in given
    }


def _flag(value: Any) -> bool:
    return str(value).lower() == "true"


def _configuration(properties: Properties) -> dict[str, Any]:
    """The model's names of the same members begin with a small letter."""
    given = properties.get("AnalyzerConfiguration")
    if not given:
        return {}
    if "UnusedAccessConfiguration" not in given:
        return {"configuration": {"internalAccess": {}}}
    unused = given["UnusedAccessConfiguration"]
    found: dict[str, Any] = {}
    if "UnusedAccessAge" in unused:
        found["unusedAccessAge"] = int(unused["UnusedAccessAge"])
    if "AnalysisRule" in unused:
        exclusions = unused["AnalysisRule"].get("Exclusions", [])
        found["analysisRule"] = {"exclusions": [_exclusion(each) for each in exclusions]}
    return {"configuration": {"unusedAccess": found}}


def _exclusion(given: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "AccountIds" in given:
        found["accountIds"] = given["AccountIds"]
    if "ResourceTags" in given:
        found["resourceTags"] = [{tag["Key"]: tag.get("Value", "") for tag in tags} for tags in given["ResourceTags"]]
    return found


def _rules(properties: Properties) -> dict[str, dict[str, Any]]:
    return {rule["RuleName"]: _filter(rule["Filter"]) for rule in properties.get("ArchiveRules", [])}


def _tags(resource: Resource, properties: Properties) -> dict[str, str]:
    return resource.tags | {tag["Key"]: str(tag.get("Value", "")) for tag in properties.get("Tags", [])}


def create_analyzer(call: Call, resource: Resource, properties: Properties) -> Physical:
    rules = [{"ruleName": name, "filter": wanted} for name, wanted in _rules(properties).items()]
    arn = call.ask("accessanalyzer").create_analyzer(
        analyzer_name=properties.get("AnalyzerName") or resource.name(255),
        type=properties["Type"],
        archive_rules=rules,
        tags=_tags(resource, properties),
        **_configuration(properties),
    )["arn"]
    return Physical(arn, {"Arn": arn})


def update_analyzer(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    asked, name = call.ask("accessanalyzer"), _name(old)
    wanted, had = _tags(resource, properties), _tags(resource.before(), before)
    gone = sorted(had.keys() - wanted.keys())
    if gone:
        asked.untag_resource(resource_arn=old.id, tag_keys=gone)
    if wanted and wanted != had:
        asked.tag_resource(resource_arn=old.id, tags=wanted)
    if _configuration(properties) != _configuration(before):
        asked.update_analyzer(analyzer_name=name, **_configuration(properties))
    _update_rules(asked, name, _rules(properties), _rules(before))
    return old


def _update_rules(asked: Any, name: str, wanted: dict[str, Any], had: dict[str, Any]) -> None:
    for rule in had.keys() - wanted.keys():
        asked.delete_archive_rule(analyzer_name=name, rule_name=rule)
    for rule, criteria in wanted.items():
        if rule not in had:
            asked.create_archive_rule(analyzer_name=name, rule_name=rule, filter=criteria)
        elif had[rule] != criteria:
            asked.update_archive_rule(analyzer_name=name, rule_name=rule, filter=criteria)


def _name(physical: Physical) -> str:
    return physical.id.rpartition("analyzer/")[2]


def delete_analyzer(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    _unless_gone(call, "delete_analyzer", analyzer_name=_name(physical))


def _unless_gone(call: Call, operation: str, **given: Any) -> None:
    try:
        getattr(call.ask("accessanalyzer"), operation)(**given)
    except ResourceNotFoundException:
        return


def create_rule(call: Call, resource: Resource, properties: Properties) -> Physical:
    analyzer, rule = properties["AnalyzerName"], properties["RuleName"]
    asked = call.ask("accessanalyzer")
    asked.create_archive_rule(analyzer_name=analyzer, rule_name=rule, filter=_filter(properties["Filter"]))
    arn = f"{asked.get_analyzer(analyzer_name=analyzer)['analyzer']['arn']}/archive-rule/{rule}"
    return Physical(f"{analyzer}|{rule}", {"Arn": arn})


def update_rule(call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties) -> Physical:
    call.ask("accessanalyzer").update_archive_rule(
        analyzer_name=properties["AnalyzerName"],
        rule_name=properties["RuleName"],
        filter=_filter(properties["Filter"]),
    )
    return old


def delete_rule(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    analyzer, rule = physical.id.split("|")
    _unless_gone(call, "delete_archive_rule", analyzer_name=analyzer, rule_name=rule)


RESOURCE_TYPES = {
    "AWS::AccessAnalyzer::Analyzer": ResourceType(
        create=create_analyzer,
        update=update_analyzer,
        delete=delete_analyzer,
        properties=("AnalyzerConfiguration", "AnalyzerName", "ArchiveRules", "Tags", "Type"),
    ),
    "AWS::AccessAnalyzer::ArchiveRule": ResourceType(
        create=create_rule,
        update=update_rule,
        delete=delete_rule,
        properties=("AnalyzerName", "Filter", "RuleName"),
    ),
}
