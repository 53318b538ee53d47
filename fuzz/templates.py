"""Fuzzes CloudFormation templates: `python fuzz/templates.py [seconds] [seed]`.

Changes the text of a valid template, or its structure, and takes it all the way: read, checked, parameters resolved,
loops unrolled, rules and conditions tested, every property and output evaluated. A result or a TemplateError is wanted;
whatever else is raised is printed with the seed that makes it again.
"""

from __future__ import annotations

import json
import random
import sys
import time
from typing import Any

from skyjar.formation import changes, checks, extensions, graphs, intrinsics, parameters, rules, templates
from skyjar.formation.errors import TemplateError

SEED = """
AWSTemplateFormatVersion: "2010-09-09"
Transform: [AWS::LanguageExtensions]
Parameters:
  Stage: {Type: String, Default: test, AllowedValues: [test, prod], NoEcho: true}
  Count: {Type: Number, Default: 3, MinValue: 1, MaxValue: 9}
  Names: {Type: CommaDelimitedList, Default: "a,b"}
Mappings:
  Sizes: {test: {Big: 1}, prod: {Big: [2, 3]}}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  Not: !Not [!Condition IsProd]
  Both: !And [!Condition IsProd, !Or [!Condition Not, !Equals [a, a]]]
Rules:
  Few: {RuleCondition: !Equals [!Ref Stage, test], Assertions: [{Assert: !Contains [["3"], !Ref Count]}]}
Resources:
  A:
    Type: AWS::SQS::Queue
    DeletionPolicy: Retain
    Properties:
      QueueName: !Sub "${AWS::StackName}-${Stage}-${!Literal}"
      DelaySeconds: !FindInMap [Sizes, !Ref Stage, Big]
      Tags: !If [IsProd, [{Key: k, Value: v}], !Ref "AWS::NoValue"]
  B:
    Type: AWS::SSM::Parameter
    DependsOn: A
    Condition: Not
    Properties:
      Value: !Join ["-", [!GetAtt A.Arn, !Select [1, !Split [",", "x,y"]], !Base64 z, !Select [0, !Cidr [10.0.0.0/16, 4, 8]]]]
      Description: !Sub ["${x} ${A.Arn}", {x: !ImportValue e}]
      Name: "{{resolve:ssm:/a/b:1}}"
      Tags: {n: !Length [a, b], j: !ToJsonString {k: [1, true]}, z: !Select [0, !GetAZs ""]}
  Fn::ForEach::Loop:
    - X
    - !Ref Names
    - Q${X}: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref X}}
Outputs:
  O: {Value: !GetAtt A.Arn, Export: {Name: !Sub "${AWS::StackName}-o"}}
  P: {Condition: IsProd, Value: !Ref A}
"""
TOKENS = (
    "!Sub", "!Ref", "!GetAtt", "!If", "!FindInMap", "!Select", "!Cidr", "!Condition", "!Transform", "Fn::ForEach::Y", "Ref", "${", "}",
    "${A.}", "${.b}", "{{resolve:ssm:}}", "&x", "*x", "<<: {a: 1}", "? ", "- ", "[", "]", "{", "}", ":", "'", '"', "|", "\t", "\0",
    "\ud800", "é", "null", "~", "1e999", ".nan", "2001-01-01", "0x1f", "!!python/object:os.system", "!!binary x", "!!set {a}", "%YAML 9", "---",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 1e999, "", "x", "A", "${A}", [], {}, [[]], [None], {"Ref": "A"}, {"Ref": ["A"]}, {"Ref": "Stage"},
    {"Fn::GetAtt": []}, {"Fn::GetAtt": ["A", {"Ref": "Stage"}]}, {"Fn::Sub": []}, {"Fn::Sub": ["${q}", {"q": []}]}, {"Fn::If": ["IsProd"]},
    {"Fn::If": [[], 1, 2]}, {"Fn::Select": ["x", {}]}, {"Fn::Join": [{}, [{}]]}, {"Fn::Split": ["", "x"]}, {"Fn::FindInMap": [1, 2, 3, 4]},
    {"Fn::Cidr": []}, {"Fn::Cidr": ["x", "y"]}, {"Fn::Cidr": ["::/0", 256, 1]}, {"Fn::Cidr": ["10.0.0.0/8", -1, -1]}, {"Condition": {}},
    {"Fn::ImportValue": {}}, {"Fn::Nothing": 1}, {"Fn::ForEach::Z": ["X", ["a"], {"x${X}": "${X}"}]}, {"Fn::Length": 1},
    {"Fn::GetAZs": {}}, {"Fn::ToJsonString": {"a": {"Ref": "AWS::NoValue"}}}, {"Fn::ToJsonString": {"Ref": "AWS::NoValue"}},
)  # fmt: skip


class Values:
    """A scope in which everything that could exist does."""

    def __init__(self, template: dict[str, Any], values: dict[str, Any]) -> None:
        self._template, self._values = template, values
        self._asking: set[str] = set()

    def ref(self, name: str) -> Any:
        return self._values.get(name, f"<{name}>")

    def get_att(self, logical_id: str, attribute: str) -> Any:
        return f"<{logical_id}.{attribute}>"

    def condition(self, name: str) -> bool:
        known = self._template.get("Conditions") or {}
        if name not in known or name in self._asking:
            raise TemplateError(name)
        self._asking.add(name)
        found = intrinsics.test(known[name], self)
        self._asking.discard(name)
        return found

    def mapping(self, name: str) -> Any:
        if name not in (self._template.get("Mappings") or {}):
            raise TemplateError(name)
        return self._template["Mappings"][name]

    def import_value(self, name: str) -> Any:
        return name

    def dynamic(self, service: str, key: str) -> str:
        return key

    def zones(self, region: str) -> list[str]:
        return [region]


def take(text: str) -> None:
    """All that is done with a template before anything is made of it."""
    template = templates.load(text)
    checks.check(template)
    templates.transforms(template)
    values, _ = parameters.resolve(template, {}, lambda key: key)
    template = extensions.expand(template, values)
    checks.check(template)
    graphs.check(template)
    scope = Values(template, values)
    rules.check(template, scope)
    for name in template.get("Conditions") or {}:
        scope.condition(name)
    template = extensions.settle_policies(template, scope)
    resources = template["Resources"]
    included = {
        name for name, each in resources.items() if "Condition" not in each or scope.condition(each["Condition"])
    }
    graphs.in_order(graphs.dependencies(template, included, scope.condition))
    for each in (*resources.values(), *(template.get("Outputs") or {}).values()):
        intrinsics.evaluate(each, scope)
    for before, after in ((template, template), (None, template)):
        changes.plan(before, after, set() if before is None else included, included, {"Stage"}, {})


def of_text(chance: random.Random) -> str:
    text = SEED
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        at = chance.randrange(len(text))
        what = chance.random()
        if what < 0.3:
            text = text[:at] + text[at + chance.randrange(1, 20) :]
        elif what < 0.8:
            text = text[:at] + chance.choice(TOKENS) + text[at:]
        else:
            other = chance.randrange(len(text))
            text = text[:at] + text[other : other + 30] + text[at:]
    return text


def of_structure(chance: random.Random) -> str:
    template = templates.load(SEED)
    for _ in range(chance.choice((1, 1, 2, 4))):
        places: list[tuple[Any, Any]] = []
        _places(template, places)
        holder, key = chance.choice(places)
        what = chance.random()
        if what < 0.6:
            holder[key] = json.loads(json.dumps(chance.choice(VALUES)))
        elif what < 0.8:
            del holder[key]
        elif isinstance(holder, dict):
            holder[chance.choice(("Condition", "DependsOn", "Ref", "Fn::If", "é", "", "Type"))] = holder[key]
        if not template:
            break
    return json.dumps(template)


def _places(value: Any, found: list[tuple[Any, Any]]) -> None:
    for key, item in list(
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        found.append((value, key))
        _places(item, found)


def made(seed: int) -> str:
    chance = random.Random(seed)
    return of_text(chance) if chance.random() < 0.4 else of_structure(chance)


def attempt(seed: int) -> bool:
    """Whether the template was good; raises what is neither a result nor a refusal."""
    try:
        take(made(seed))
    except TemplateError:
        return False
    return True


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else time.time_ns()
    if len(sys.argv) > 2:
        print(made(seed))
        attempt(seed)
        return
    until, done = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        try:
            attempt(seed + done)
        except BaseException as error:
            print(f"seed {seed + done}: {error!r}")
            raise SystemExit(1) from error
        done += 1
    print(f"{done} templates, nothing unexpected")


if __name__ == "__main__":
    main()
