"""Reading the corpus."""

import json
from pathlib import Path

from skyjar.policy.documents import compile_document
from skyjar.policy.evaluation import Policies
from skyjar.policy.requests import Principal


def corpus(name):
    return json.loads((Path(__file__).parent / "corpus" / f"{name}.json").read_text())


def principal(facts):
    facts = {**facts, "service_names": tuple(facts.get("service_names", ()))}
    return Principal(facts.pop("kind"), **facts)


CALLERS = {name: principal(facts) for name, facts in corpus("callers").items()}


def document(**statement):
    version = statement.pop("Version", "2012-10-17")
    action = {} if "NotAction" in statement else {"Action": "*"}
    return compile_document({"Version": version, "Statement": {"Effect": "Allow", **action, **statement}})


def policies(case, documents):
    """The Policies of a case whose policies are keys of `documents`."""

    def named(name):
        return name, compile_document(documents[name])

    return Policies(
        identity=[named(name) for name in case.get("identity", [])],
        resource=[named(name) for name in case.get("resource", [])],
        boundary=named(case["boundary"]) if case.get("boundary") else None,
        session=None if case.get("session") is None else [named(name) for name in case["session"]],
        scp=[[named(name) for name in level] for level in case.get("scp", [])],
        rcp=[[named(name) for name in level] for level in case.get("rcp", [])],
        endpoint=named(case["endpoint"]) if case.get("endpoint") else None,
        **{name: case[name] for name in ("resource_account", "resource_required", "resource_kind") if name in case},
    )
