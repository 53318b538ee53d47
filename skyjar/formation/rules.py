"""The Rules section: assertions about the parameters, made before anything else."""

from __future__ import annotations

from .errors import TemplateError
from .intrinsics import Scope, test
from .templates import Template


def check(template: Template, scope: Scope) -> None:
    """Raises TemplateError for the first assertion that does not hold."""
    for name, rule in (template.get("Rules") or {}).items():
        assertions = rule.get("Assertions") if isinstance(rule, dict) else None
        if not isinstance(assertions, list):
            raise TemplateError(f"Template format error: Rule {name} must have a list of Assertions.")
        if "RuleCondition" in rule and not test(rule["RuleCondition"], scope):
            continue
        for assertion in assertions:
            if not isinstance(assertion, dict) or "Assert" not in assertion:
                raise TemplateError(
                    f"Template format error: Every assertion of rule {name} must contain an Assert member."
                )
            if not test(assertion["Assert"], scope):
                said = assertion.get("AssertDescription", "")
                raise TemplateError(f"Template error: Rule {name} is not satisfied. {said}".strip())
