"""Operations on templates."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.formation import templates
from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import change_sets, sources, state
from .errors import InsufficientCapabilitiesException


@operation
def get_template(
    call: Call, *, stack_name: str = "", change_set_name: str = "", template_stage: str = "Original"
) -> dict[str, Any]:
    source: Any = (
        change_sets.find(call, change_set_name, stack_name) if change_set_name else state.existing(call, stack_name)
    )
    body = source.body if template_stage == "Original" else source.template
    return {"TemplateBody": body, "StagesAvailable": ["Original", "Processed"]}


@operation
def validate_template(call: Call, *, template_body: str = "", template_url: str = "") -> dict[str, Any]:
    template = sources.load(sources.text_of(call, template_body, template_url, None, False))
    summary = _summary(template)
    return {
        "Parameters": [
            {key: value for key, value in parameter.items() if key not in ("ParameterType", "ParameterConstraints")}
            for parameter in summary["Parameters"]
        ],
        **{key: summary[key] for key in ("Description", "Capabilities", "CapabilitiesReason") if key in summary},
        **({"DeclaredTransforms": summary["DeclaredTransforms"]} if summary["DeclaredTransforms"] else {}),
    }


@operation
def get_template_summary(
    call: Call, *, template_body: str = "", template_url: str = "", stack_name: str = ""
) -> dict[str, Any]:
    if stack_name:
        stack = state.existing(call, stack_name)
        return _summary(orjson.loads(stack.template) if stack.template else {"Resources": {}})
    return _summary(sources.load(sources.text_of(call, template_body, template_url, None, False)))


def _summary(template: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "Parameters": [_parameter(name, item) for name, item in (template.get("Parameters") or {}).items()],
        "ResourceTypes": sorted({resource["Type"] for resource in template["Resources"].values()}),
        "DeclaredTransforms": templates.transforms(template),
    }
    if "Description" in template:
        shown["Description"] = template["Description"]
    if "AWSTemplateFormatVersion" in template:
        shown["Version"] = str(template["AWSTemplateFormatVersion"])
    if "Metadata" in template:
        shown["Metadata"] = orjson.dumps(template["Metadata"]).decode()
    try:
        sources.check_capabilities(template, [], has_macro=False)
    except InsufficientCapabilitiesException as error:
        needed = error.message.rpartition("[")[2].rstrip("]")
        shown["Capabilities"] = [needed]
        kinds = sorted({r["Type"] for r in template["Resources"].values() if str(r["Type"]).startswith("AWS::IAM::")})
        shown["CapabilitiesReason"] = f"The following resource(s) require capabilities: [{', '.join(kinds)}]"
    return shown


def _parameter(name: str, item: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "ParameterKey": name,
        "ParameterType": item.get("Type", "String"),
        "NoEcho": str(item.get("NoEcho", "false")).lower() == "true",
        "ParameterConstraints": {"AllowedValues": [str(v) for v in item["AllowedValues"]]}
        if "AllowedValues" in item
        else {},
    }
    if "Default" in item:
        value = item["Default"]
        shown["DefaultValue"] = str(value).lower() if isinstance(value, bool) else str(value)
    if "Description" in item:
        shown["Description"] = item["Description"]
    return shown
