from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from skyjar.kernel.principals import Principal, root


@pytest.fixture
def user(desk: Any) -> Callable[..., Principal]:
    """A user of an account whose policy is made of the statements given."""

    def made(name: str, *statements: dict[str, Any], account: str = desk.account) -> Principal:
        iam = desk.ask("iam", root(account))
        told = iam.create_user(user_name=name)["User"]
        if statements:
            iam.put_user_policy(user_name=name, policy_name="p", policy_document=document(*statements))
        return Principal(kind="user", account=account, arn=told["Arn"], id=told["UserId"], name=name)

    return made


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **each} for each in statements]})
