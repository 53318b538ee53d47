"""A stack's outputs, what it exports, and what it imports."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.formation import intrinsics
from skyjar.formation.errors import TemplateError
from skyjar.kernel.call import Call

from . import scopes, state
from .state import Stack

Outputs = tuple[tuple[str, str, str, str], ...]


def of(call: Call, stack: Stack) -> tuple[Outputs, tuple[str, ...]]:
    """The outputs, resolved, and the names of the exports that the template imports."""
    template = orjson.loads(stack.template)
    scope = scopes.StackScope(call, stack, template, orjson.loads(stack.values))
    found: list[tuple[str, str, str, str]] = []
    for name, output in (template.get("Outputs") or {}).items():
        if "Condition" in output and not scope.condition(output["Condition"]):
            continue
        value = intrinsics.evaluate(output.get("Value"), scope)
        if value is None or value is intrinsics.NO_VALUE or isinstance(value, dict | list):
            raise TemplateError(
                f"Template format error: Output {name} is malformed. The Value field of every Outputs member must evaluate to a String."
            )
        export = intrinsics.evaluate((output.get("Export") or {}).get("Name", ""), scope)
        found.append((name, _text(value), _text(output.get("Description", "")), _text(export)))
    for name in scopes.included(template, scope):
        intrinsics.evaluate(_imports(template["Resources"][name].get("Properties", {})), scope)
    return tuple(found), tuple(sorted(set(scope.imported)))


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _imports(value: Any) -> Any:
    """Only what can import something: Fn::ImportValue, and the branches of Fn::If."""
    if isinstance(value, list):
        return [found for item in value if (found := _imports(item)) not in (None, [])]
    if not isinstance(value, dict):
        return None
    if "Fn::ImportValue" in value:
        return value
    if "Fn::If" in value and isinstance(value["Fn::If"], list) and len(value["Fn::If"]) == 3:
        name, *branches = value["Fn::If"]
        return {"Fn::If": [name, *map(_imports, branches)]}
    return [found for item in value.values() if (found := _imports(item)) not in (None, [])]


def export(call: Call, stack: Stack, outputs: Outputs) -> None:
    """Make these the stack's exports, instead of those it has. Raises TemplateError, and has changed nothing, when
    another stack is in the way."""
    wanted = {name: value for _, value, _, name in outputs if name}
    gone = {name for _, _, _, name in stack.outputs if name} - wanted.keys()
    for name in (*sorted(gone), *wanted):
        known = state.exports.get(call, name)
        if known is None:
            continue
        if known.stack_id != stack.id:
            raise TemplateError(f"Export with name {name} is already exported by stack {known.stack_id.split('/')[1]}.")
        verb = "deleted" if name in gone else "updated"
        user = importer(call, name, stack.id) if known.value != wanted.get(name) else ""
        if user:
            raise TemplateError(f"Export {name} cannot be {verb} as it is in use by {user}")
    for name in gone:
        state.exports.delete(call, name)
    for name, value in wanted.items():
        state.exports.put(call, state.Export(name=name, value=value, stack_id=stack.id))


def importer(call: Call, export: str, besides: str) -> str:
    """The name of a stack that imports it; empty when none does."""
    for stack in state.stacks.each(call):
        if export in stack.imports and stack.status != "DELETE_COMPLETE" and stack.id != besides:
            return stack.name
    return ""
