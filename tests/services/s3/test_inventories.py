"""Inventories where no library writes ORC."""

from __future__ import annotations

from typing import Any

import pytest

from skyjar.kernel.errors import NotImplementedHere
from skyjar.runtime import orc


def test_without_its_library_orc_is_refused_with_what_to_install(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = {
        "Id": "o",
        "IsEnabled": True,
        "IncludedObjectVersions": "Current",
        "Schedule": {"Frequency": "Daily"},
        "Destination": {"S3BucketDestination": {"Bucket": "arn:aws:s3:::first", "Format": "ORC"}},
    }
    monkeypatch.setattr(orc, "find_spec", lambda name: None)
    with pytest.raises(NotImplementedHere, match=r"pip install 'skyjar\[orc\]'"):
        s3.put_bucket_inventory_configuration(bucket="first", id="o", inventory_configuration=wanted)
    monkeypatch.undo()
    s3.put_bucket_inventory_configuration(bucket="first", id="o", inventory_configuration=wanted)
    assert s3.get_bucket_inventory_configuration(bucket="first", id="o") == {"InventoryConfiguration": wanted}
