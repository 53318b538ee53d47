"""Where a request's template comes from, and what is made of it: read, checked, its parameters resolved."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from skyjar.formation import checks, extensions, graphs, parameters, rules, sam, schemas, templates
from skyjar.formation.errors import TemplateError
from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere

from . import custom, dynamics, limits, scopes
from .errors import InsufficientCapabilitiesException, ValidationError
from .state import Stack

_NAMED_IAM = ("RoleName", "UserName", "GroupName", "ManagedPolicyName", "InstanceProfileName")


class Prepared(msgspec.Struct, frozen=True):
    """A template ready to be deployed. `values` are what Ref gives for parameters, `texts` what the stack shows."""

    template: dict[str, Any]
    values: dict[str, Any]
    texts: dict[str, str]
    hidden: tuple[str, ...]
    included: frozenset[str]
    needs: dict[str, tuple[str, ...]]


def text_of(call: Call, body: str, url: str, previous: Stack | None, uses_previous: bool) -> str:
    """The template's text. Exactly one source must be given."""
    if sum(map(bool, (body, url, uses_previous))) != 1:
        raise ValidationError("Either Template URL or Template Body must be specified.")
    if uses_previous:
        if previous is None or not previous.body:
            raise ValidationError("There is no previous template to use.")
        return previous.body
    if body:
        if len(body.encode()) > limits.TEMPLATE_BODY_BYTES:
            shown = body if len(body) < 64 else body[:64] + "…"
            raise ValidationError(
                f"1 validation error detected: Value '{shown}' at 'templateBody' failed to satisfy constraint: "
                f"Member must have length less than or equal to {limits.TEMPLATE_BODY_BYTES}"
            )
        return body
    return _fetch(call, url)


def _fetch(call: Call, url: str) -> str:
    """A TemplateURL names an object in S3, of this cloud: read as the caller."""
    parts = urlsplit(url)
    path = unquote(parts.path).lstrip("/")
    host = parts.hostname or ""
    label = host.split(".", 1)[0]
    if ".s3" in host and not host.startswith("s3"):
        bucket, key = host.split(".s3", 1)[0], path
    elif host.endswith(".localhost") and label not in ("s3", "localhost"):
        bucket, key = label, path
    else:
        bucket, _, key = path.partition("/")
    if parts.scheme not in ("http", "https") or not bucket or not key:
        raise ValidationError("TemplateURL must be a supported URL.")
    body = call.ask("s3").get_object(bucket=bucket, key=key)["Body"]
    data: bytes = body if isinstance(body, bytes) else body.read()
    if len(data) > limits.TEMPLATE_URL_BYTES:
        raise ValidationError("Template may not exceed 1000000 bytes in size.")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise ValidationError("Template format error: the template is not UTF-8.") from None


def load(text: str) -> dict[str, Any]:
    try:
        template = templates.load(text)
        checks.check(template)
        if not templates.transforms(template):
            graphs.check(template)
    except TemplateError as error:
        raise ValidationError(str(error)) from error
    return template


def tags_of(given: list[dict[str, str]] | None) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in given or ()}


def needs_sam(template: dict[str, Any]) -> bool:
    """Whether the SAM transform must be applied. Other macros are refused."""
    names = templates.transforms(template)
    if template.get("Hooks"):
        raise NotImplementedHere("Skyjar does not implement the Hooks section of templates.")
    if sam.NAME in names and any(str(name).startswith(checks.LOOP) for name in template["Resources"]):
        raise NotImplementedHere("Skyjar does not implement Fn::ForEach together with AWS::Serverless-2016-10-31.")
    for name in names:
        if name not in (sam.NAME, checks.EXTENSIONS):
            raise NotImplementedHere(f"Skyjar does not implement the transform {name}.")
    return sam.NAME in names


def has_transform(template: dict[str, Any]) -> bool:
    return bool(templates.transforms(template))


def given_parameters(given: list[dict[str, Any]], previous: Stack | None) -> dict[str, str]:
    values: dict[str, str] = {}
    for parameter in given:
        name = parameter["ParameterKey"]
        if parameter.get("UsePreviousValue"):
            if previous is None or name not in previous.parameters:
                raise ValidationError(
                    f"Invalid input for parameter key {name}. Cannot specify usePreviousValue as true for a parameter key not in the previous template"
                )
            values[name] = previous.parameters[name]
        else:
            values[name] = str(parameter.get("ParameterValue", ""))
    return values


def prepare(call: Call, stack: Stack, template: dict[str, Any], given: dict[str, str]) -> Prepared:
    """Resolve parameters and conditions and check the whole. Raises ValidationError with CloudFormation's sentence."""
    try:
        values, texts = parameters.resolve(template, given, lambda key: dynamics.stored_parameter(call, key))
        template = extensions.expand(template, values)
        checks.check(template)
        graphs.check(template)
        scope = scopes.StackScope(call, stack, template, values)
        rules.check(template, scope)
        for name in template.get("Conditions") or {}:
            scope.condition(name)
        template = extensions.settle_policies(template, scope)
        for name, resource in template["Resources"].items():
            _check_resource(name, resource)
        included = scopes.included(template, scope)
        needs = graphs.dependencies(template, included, scope.condition)
        _check_types(call, template, included)
    except TemplateError as error:
        raise ValidationError(str(error)) from error
    hidden = tuple(name for name in texts if parameters.is_hidden(template, name))
    return Prepared(
        template, values, texts, hidden, frozenset(included), {name: tuple(sorted(n)) for name, n in needs.items()}
    )


def _check_resource(name: str, resource: dict[str, Any]) -> None:
    for key in ("DeletionPolicy", "UpdateReplacePolicy"):
        checks.check_policy(name, resource, key)
    for key in ("CreationPolicy", "UpdatePolicy", "Connectors"):
        if key in resource:
            raise NotImplementedHere(f"Skyjar does not implement the attribute {key} (of {name}) in templates.")


def _exists(type_name: str) -> bool:
    """Whether AWS has the type. What only SAM's transform knows is none."""
    if type_name.startswith("AWS::Serverless::"):
        return False
    return schemas.of(type_name) is not None or type_name.startswith("Custom::")


def _check_types(call: Call, template: dict[str, Any], included: set[str]) -> None:
    unknown = sorted({template["Resources"][name]["Type"] for name in included} - call.resource_types().keys())
    unknown = [name for name in unknown if not custom.is_custom(name)]
    if not unknown:
        return
    missing = [name for name in unknown if not _exists(name)]
    if missing:
        raise TemplateError(f"Template format error: Unrecognized resource types: [{', '.join(missing)}]")
    raise NotImplementedHere(f"Skyjar does not implement the resource types [{', '.join(unknown)}].")


def check_capabilities(template: dict[str, Any], capabilities: list[str], has_macro: bool) -> None:
    """IAM resources must be acknowledged, named ones by CAPABILITY_NAMED_IAM; macros by CAPABILITY_AUTO_EXPAND."""
    needed = ""
    for resource in template["Resources"].values():
        if isinstance(resource, dict) and str(resource.get("Type")).startswith("AWS::IAM::"):
            is_named = any(name in resource.get("Properties", {}) for name in _NAMED_IAM)
            needed = "CAPABILITY_NAMED_IAM" if is_named or needed == "CAPABILITY_NAMED_IAM" else "CAPABILITY_IAM"
    given = set(capabilities)
    if "CAPABILITY_NAMED_IAM" in given:
        given.add("CAPABILITY_IAM")
    if needed and needed not in given:
        raise InsufficientCapabilitiesException(f"Requires capabilities : [{needed}]")
    if has_macro and "CAPABILITY_AUTO_EXPAND" not in given:
        raise InsufficientCapabilitiesException("Requires capabilities : [CAPABILITY_AUTO_EXPAND]")
