"""A request that is sent again."""

from __future__ import annotations

from typing import Any

import pytest

from skyjar.services.cloudformation.errors import AlreadyExistsException

TEMPLATE = '{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}'


def test_a_change_set_asked_for_twice_with_one_token_is_made_once(desk: Any) -> None:
    def create(token: str) -> Any:
        return desk.ask("cloudformation").create_change_set(
            stack_name="s", change_set_name="c", template_body=TEMPLATE, change_set_type="CREATE", client_token=token
        )

    first = create("one")
    assert create("one") == first
    with pytest.raises(AlreadyExistsException):
        create("two")
