"""Metrics, analytics and tiering configurations: kept by id, listed in pages, refused where they say nothing sensible."""

from __future__ import annotations

from typing import Any

import pytest

from skyjar.kernel.errors import AWSError

ANALYSIS: dict[str, Any] = {"StorageClassAnalysis": {}}
TIERS = [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}, {"Days": 180, "AccessTier": "DEEP_ARCHIVE_ACCESS"}]
KINDS: list[tuple[str, str, dict[str, Any]]] = [
    ("metrics", "Metrics", {"Filter": {"Prefix": "a/"}}),
    ("analytics", "Analytics", {**ANALYSIS, "Filter": {"Tag": {"Key": "k", "Value": "v"}}}),
    ("intelligent_tiering", "IntelligentTiering", {"Status": "Enabled", "Tierings": TIERS}),
]


@pytest.mark.parametrize(("noun", "name", "given"), KINDS)
def test_kept_by_id_and_listed_in_pages(s3: Any, noun: str, name: str, given: dict[str, Any]) -> None:
    put, get = getattr(s3, f"put_bucket_{noun}_configuration"), getattr(s3, f"get_bucket_{noun}_configuration")
    listed = getattr(s3, f"list_bucket_{noun}_configurations")
    for number in range(101):
        put(bucket="first", id=f"c{number:03}", **{f"{noun}_configuration": {"Id": f"c{number:03}", **given}})
    assert get(bucket="first", id="c007") == {f"{name}Configuration": {"Id": "c007", **given}}
    page = listed(bucket="first")
    assert (len(page[f"{name}ConfigurationList"]), page["IsTruncated"]) == (100, True)
    rest = listed(bucket="first", continuation_token=page["NextContinuationToken"])
    assert [each["Id"] for each in rest[f"{name}ConfigurationList"]] == ["c100"]
    assert not rest["IsTruncated"]
    delete = getattr(s3, f"delete_bucket_{noun}_configuration")
    delete(bucket="first", id="c100")
    for again in (get, delete):
        with pytest.raises(AWSError) as caught:
            again(bucket="first", id="c100")
        assert caught.value.code == "NoSuchConfiguration"


@pytest.mark.parametrize(
    ("noun", "given", "code"),
    [
        ("metrics", {"Id": "other"}, "InvalidArgument"),
        ("metrics", {"Id": "c", "Filter": {}}, "MalformedXML"),
        ("metrics", {"Id": "c", "Filter": {"And": {"Prefix": "a"}}}, "MalformedXML"),
        ("intelligent_tiering", {"Id": "c", "Status": "Enabled", "Tierings": TIERS[:1] * 2}, "MalformedXML"),
        ("intelligent_tiering", {"Id": "c", "Status": "Enabled", "Tierings": [{**TIERS[0], "Days": 89}]}, "InvalidArgument"),
        ("intelligent_tiering", {"Id": "c", "Status": "Enabled", "Tierings": [{**TIERS[0], "Days": 180}, TIERS[1]]},
         "InvalidArgument"),
    ],
)  # fmt: skip
def test_what_says_nothing_sensible(s3: Any, noun: str, given: dict[str, Any], code: str) -> None:
    with pytest.raises(AWSError) as caught:
        getattr(s3, f"put_bucket_{noun}_configuration")(bucket="first", id="c", **{f"{noun}_configuration": given})
    assert caught.value.code == code
