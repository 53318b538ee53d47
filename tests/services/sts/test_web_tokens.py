"""Tokens that an account issues: what they say, and to whom they are given."""

import json
from typing import Any

import pytest

from skyjar.kernel.errors import AWSError
from skyjar.kernel.outside import Outside
from skyjar.kernel.principals import Principal
from skyjar.planes.json_web_tokens import claims_of


def issued(desk: Any, who: Principal, **more: Any) -> dict[str, Any]:
    answer = desk.ask("sts", who).get_web_identity_token(audience=["app"], signing_algorithm="ES384", **more)
    while isinstance(answer, Outside):
        request, then = answer.request, answer.then
        made = request.function(*request.arguments)
        answer = desk.store.transact(lambda tx: then(desk.call(tx, who), made))  # noqa: B023
    return answer


@pytest.fixture
def ann(desk: Any) -> Principal:
    iam = desk.ask("iam")
    user = iam.create_user(user_name="ann", tags=[{"Key": "team", "Value": "red"}])["User"]
    allowed = {"Effect": "Allow", "Action": ["sts:GetWebIdentityToken", "sts:TagGetWebIdentityToken"], "Resource": "*"}
    allowed["Condition"] = {"ForAllValues:StringEquals": {"sts:IdentityTokenAudience": "app"}}
    text = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_user_policy(user_name="ann", policy_name="p", policy_document=text)
    return Principal(kind="user", account=desk.account, arn=user["Arn"], id=user["UserId"], name="ann")


def test_a_token_says_who_asks_and_what_for(desk: Any, ann: Principal) -> None:
    with pytest.raises(AWSError, match="not enabled"):
        issued(desk, ann)
    issuer = desk.ask("iam").enable_outbound_web_identity_federation()["IssuerIdentifier"]
    answer = issued(desk, ann, tags=[{"Key": "job", "Value": "7"}])
    claims = claims_of(answer["WebIdentityToken"])
    now = desk.clock.now()
    assert (claims["iss"], claims["sub"], claims["aud"]) == (issuer, ann.arn, "app")
    assert (claims["iat"], claims["exp"], answer["Expiration"]) == (now, now + 300, now + 300)
    own = claims["https://sts.amazonaws.com/"]
    assert (own["aws_account"], own["principal_tags"], own["request_tags"]) == (
        desk.account,
        {"team": "red"},
        {"job": "7"},
    )
    again = desk.ask("iam").get_outbound_web_identity_federation_info()
    assert again == {"IssuerIdentifier": issuer, "JwtVendingEnabled": True}


def test_what_is_refused(desk: Any, ann: Principal) -> None:
    iam = desk.ask("iam")
    iam.enable_outbound_web_identity_federation()
    with pytest.raises(AWSError, match="already enabled"):
        iam.enable_outbound_web_identity_federation()
    sts = desk.ask("sts", ann)
    with pytest.raises(AWSError, match="not authorized to perform: sts:GetWebIdentityToken"):
        sts.get_web_identity_token(audience=["app", "other"], signing_algorithm="ES384")
    with pytest.raises(AWSError, match="Invalid SigningAlgorithm"):
        sts.get_web_identity_token(audience=["app"], signing_algorithm="HS256")
    iam.disable_outbound_web_identity_federation()
    with pytest.raises(AWSError) as caught:
        iam.get_outbound_web_identity_federation_info()
    assert caught.value.code == "FeatureDisabled"
