"""Fixtures: KMS as the account's root, and as users of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from skyjar.kernel import credentials
from skyjar.kernel.principals import Principal, root


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*", **more}


@pytest.fixture
def kms(desk: Any) -> Any:
    return desk.ask("kms")


@pytest.fixture
def user(desk: Any) -> Callable[..., Principal]:
    """A user of an account, with statements for its policy."""

    def make(name: str, *statements: dict[str, Any], account: str = "") -> Principal:
        iam = desk.ask("iam", root(account or desk.account))
        iam.create_user(user_name=name)
        if statements:
            iam.put_user_policy(user_name=name, policy_name="p", policy_document=document(*statements))
        key = iam.create_access_key(user_name=name)["AccessKey"]["AccessKeyId"]
        found: Principal = desk.store.transact(lambda tx: credentials.find(tx, key)).principal
        return found

    return make
