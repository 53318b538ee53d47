"""Repositories and their settings."""

import json
from typing import Any

import pytest

from skyjar.kernel.errors import AWSError

NAME = {"repository_name": "team/app"}
LIFECYCLE = json.dumps(
    {
        "rules": [
            {
                "rulePriority": 1,
                "selection": {
                    "tagStatus": "untagged",
                    "countType": "sinceImagePushed",
                    "countUnit": "days",
                    "countNumber": 1,
                },
                "action": {"type": "expire"},
            }
        ]
    }
)
POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "ecr:ListImages"}],
    }
)


def test_a_repository_is_made_described_and_deleted(desk: Any) -> None:
    ecr = desk.ask("ecr")
    made = ecr.create_repository(**NAME, image_tag_mutability="IMMUTABLE")["repository"]
    assert made["repositoryArn"] == "arn:aws:ecr:us-east-1:111122223333:repository/team/app"
    assert made["repositoryUri"] == "111122223333.dkr.ecr.us-east-1.amazonaws.com/team/app"
    assert ecr.describe_repositories()["repositories"] == [made]
    assert ecr.list_images(**NAME) == {"imageIds": []}
    with pytest.raises(AWSError, match="already exists in the registry with id '111122223333'"):
        ecr.create_repository(**NAME)
    ecr.delete_repository(**NAME)
    with pytest.raises(AWSError, match="does not exist in the registry with id '111122223333'"):
        ecr.describe_repositories(repository_names=["team/app"])


def test_settings_and_policies_are_kept(desk: Any) -> None:
    ecr = desk.ask("ecr")
    arn = ecr.create_repository(**NAME, tags=[{"Key": "a", "Value": "1"}])["repository"]["repositoryArn"]
    ecr.put_image_tag_mutability(**NAME, image_tag_mutability="IMMUTABLE")
    ecr.put_image_scanning_configuration(**NAME, image_scanning_configuration={"scanOnPush": True})
    shown = ecr.describe_repositories()["repositories"][0]
    assert (shown["imageTagMutability"], shown["imageScanningConfiguration"]) == ("IMMUTABLE", {"scanOnPush": True})
    with pytest.raises(AWSError, match="Lifecycle policy does not exist"):
        ecr.get_lifecycle_policy(**NAME)
    with pytest.raises(AWSError, match="Lifecycle policy validation failure"):
        ecr.put_lifecycle_policy(**NAME, lifecycle_policy_text="{}")
    ecr.put_lifecycle_policy(**NAME, lifecycle_policy_text=LIFECYCLE)
    assert ecr.delete_lifecycle_policy(**NAME)["lifecyclePolicyText"] == LIFECYCLE
    ecr.tag_resource(resource_arn=arn, tags=[{"Key": "b", "Value": "2"}])
    ecr.untag_resource(resource_arn=arn, tag_keys=["a"])
    assert ecr.list_tags_for_resource(resource_arn=arn) == {"tags": [{"Key": "b", "Value": "2"}]}


def test_a_repository_policy_admits_another_account(desk: Any) -> None:
    from skyjar.kernel.principals import root

    ecr, stranger = desk.ask("ecr"), desk.ask("ecr", root("444455556666"))
    ecr.create_repository(**NAME)
    where = {**NAME, "registry_id": "111122223333"}
    with pytest.raises(AWSError, match="is not authorized to perform: ecr:ListImages"):
        stranger.list_images(**where)
    ecr.set_repository_policy(**NAME, policy_text=POLICY)
    assert stranger.list_images(**where) == {"imageIds": []}
    with pytest.raises(AWSError, match="is not authorized"):
        stranger.delete_repository(**where)
    ecr.delete_repository_policy(**NAME)
    with pytest.raises(AWSError, match="Repository policy does not exist"):
        ecr.get_repository_policy(**NAME)
