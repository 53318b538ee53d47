"""Block Public Access of an account, set, read back and deleted."""

from typing import Any

import pytest

from skyjar.kernel.errors import AccessDenied
from skyjar.services.s3control import errors


def test_the_four_settings_of_an_account(desk: Any) -> None:
    control = desk.ask("s3control")
    with pytest.raises(errors.NoSuchPublicAccessBlockConfiguration):
        control.get_public_access_block(account_id=desk.account)
    control.put_public_access_block(
        account_id=desk.account, public_access_block_configuration={"RestrictPublicBuckets": True}
    )
    assert control.get_public_access_block(account_id=desk.account)["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": False,
        "IgnorePublicAcls": False,
        "BlockPublicPolicy": False,
        "RestrictPublicBuckets": True,
    }
    control.delete_public_access_block(account_id=desk.account)
    with pytest.raises(errors.NoSuchPublicAccessBlockConfiguration):
        control.get_public_access_block(account_id=desk.account)


def test_no_other_account_s(desk: Any) -> None:
    with pytest.raises(AccessDenied):
        desk.ask("s3control").get_public_access_block(account_id="444455556666")
