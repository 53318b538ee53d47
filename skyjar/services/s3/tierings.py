"""After how long Intelligent-Tiering archives what is not used: kept and read back, but nothing moves."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import limits, named_configurations
from .errors import InvalidArgument, MalformedXML

_KIND = "tiering"


@operation
def get_bucket_intelligent_tiering_configuration(
    call: Call, *, bucket: str, id: str, expected_bucket_owner: str = ""
) -> dict[str, Any]:
    return {"IntelligentTieringConfiguration": named_configurations.get(call, bucket, _KIND, id)}


@operation
def list_bucket_intelligent_tiering_configurations(
    call: Call, *, bucket: str, continuation_token: str = "", expected_bucket_owner: str = ""
) -> dict[str, Any]:
    return named_configurations.listed(call, bucket, _KIND, "IntelligentTieringConfigurationList", continuation_token)


@operation
def put_bucket_intelligent_tiering_configuration(
    call: Call,
    *,
    bucket: str,
    id: str,
    intelligent_tiering_configuration: dict[str, Any],
    expected_bucket_owner: str = "",
) -> None:
    _check(intelligent_tiering_configuration)
    named_configurations.put(call, bucket, _KIND, id, intelligent_tiering_configuration)


@operation
def delete_bucket_intelligent_tiering_configuration(
    call: Call, *, bucket: str, id: str, expected_bucket_owner: str = ""
) -> None:
    named_configurations.delete(call, bucket, _KIND, id)


def _check(wanted: dict[str, Any]) -> None:
    """Each tier once, within its bounds, the deeper one later."""
    named_configurations.check_filter(wanted)
    tiers = {each["AccessTier"]: each["Days"] for each in wanted["Tierings"]}
    if wanted["Status"] not in ("Enabled", "Disabled") or not tiers or len(tiers) != len(wanted["Tierings"]):
        raise MalformedXML
    for tier, days in tiers.items():
        least, most = limits.TIERING_DAYS.get(tier, (1, 0))
        if not least <= days <= most:
            raise InvalidArgument(f"Days of {tier} are from {least} to {most}", ArgumentName="Days")
    if tiers.get("DEEP_ARCHIVE_ACCESS", 731) <= tiers.get("ARCHIVE_ACCESS", 0):
        raise InvalidArgument("DEEP_ARCHIVE_ACCESS comes after ARCHIVE_ACCESS", ArgumentName="Days")
