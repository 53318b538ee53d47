"""Templates are read as CloudFormation reads them, and hostile ones are refused without harm."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from skyjar.formation import checks, graphs, schemas, templates
from skyjar.formation.errors import TemplateError
from skyjar.kernel import service as services

FUZZ = Path(__file__).parents[2] / "fuzz" / "templates.py"


def refusal(text: str) -> str:
    with pytest.raises(TemplateError) as caught:
        template = templates.load(text)
        checks.check(template)
        graphs.check(template)
    return str(caught.value)


def test_short_tags_are_long_names() -> None:
    loaded = templates.load(
        "a: !GetAtt X.Y.Z\nb: !Ref N\nc: !Sub [x, {y: !If [C, 1, 2]}]\nd: 2010-09-09\ne: {Fn::Join: [a, []]}"
    )
    assert loaded == {
        "a": {"Fn::GetAtt": ["X", "Y.Z"]},
        "b": {"Ref": "N"},
        "c": {"Fn::Sub": ["x", {"y": {"Fn::If": ["C", 1, 2]}}]},
        "d": "2010-09-09",
        "e": {"Fn::Join": ["a", []]},
    }


BOMB = "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nResources: *c"
DEEP = 90_000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BOMB, "YAML aliases are not allowed"),
        ("[" * DEEP, "nested too deeply"),
        ("- " * DEEP, "nested too deeply"),
        ("{a: " * DEEP, "nested too deeply"),
        ('{"a":' * DEEP, "unsupported structure"),
        ('{"a":' * 100 + "1" + "}" * 100, "nested too deeply"),
        ("a: " + "9" * 10_000, "unsupported structure"),
        ("x" * 1_000_001, "Template size limit"),
        ("Resources: \ud800", "unsupported structure"),
        ("a: \0", "YAML not well-formed"),
        ("just text", "unsupported structure"),
        ("", "unsupported structure"),
        ("a: 1\na: 2", "duplicate key a"),
        ('{"a": 1, "a": 2}', "duplicate key a"),
        ('{"Resources": {}', "JSON not well-formed. (line 2, column 1)"),
        ('{"Resources": NaN}', "JSON not well-formed"),
        ("a: !!python/object/apply:os.system [echo]", "YAML not well-formed"),
        ("{}", "At least one Resources member must be defined."),
        ("Resources: {A-B: {Type: AWS::SQS::Queue}}", "Resource name A-B is non alphanumeric."),
        ("Resources: {A: {Properties: {}}}", "Every Resources object must contain a Type member."),
        ("Resources: {A: {Type: T, Conditon: x}}", "Invalid template resource property 'Conditon'"),
        ("Resources: {A: {Type: T, Properties: {x: !Nothing y}}}", "Encountered unsupported function: Fn::Nothing"),
        ("Resources: {A: {Type: T, Properties: {x: !Ref B}}}", "Unresolved resource dependencies [B] in the Resources block"),
        ("Resources: {A: {Type: T, Properties: {x: !Sub '${B.C} ${!D}'}}}", "Unresolved resource dependencies [B] in"),
        ("Resources: {A: {Type: T}}\nOutputs: {O: {Value: !Ref B}}", "Unresolved resource dependencies [B] in the Outputs block"),
        ("Resources: {A: {Type: T, DependsOn: [B]}}", "Unresolved resource dependencies [B]"),
        ("Resources: {Fn::ForEach::X: [A, [b], {}]}", "needs the transform AWS::LanguageExtensions"),
    ],
)  # fmt: skip
def test_refused_with_a_sentence(text: str, words: str) -> None:
    assert words in refusal(text)


def test_fuzzed_templates_are_taken_or_refused() -> None:
    spec = importlib.util.spec_from_file_location("fuzz_templates", FUZZ)
    assert spec is not None
    assert spec.loader is not None
    fuzz: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fuzz)
    fuzz.take(fuzz.SEED)
    taken = sum(fuzz.attempt(seed) for seed in range(600))
    assert 30 < taken < 570


def test_every_property_that_is_handled_exists() -> None:
    for service in services.having("cfn.py"):
        for name, kind in service.resource_types.items():
            schema = schemas.of(name)
            if schema is not None:
                assert kind.properties <= set(schema.properties), name
                assert set(schema.required) <= kind.properties, name
                assert kind.replaced_by <= kind.properties, name
