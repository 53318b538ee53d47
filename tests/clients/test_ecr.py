"""ECR's repositories with boto3."""

from collections.abc import Iterator

import pytest

from skyjar.testing import Running, running

pytestmark = pytest.mark.client


@pytest.fixture(scope="module")
def cloud() -> Iterator[Running]:
    with running() as found:
        yield found


def test_a_repository_as_deployment_tools_use_it(cloud: Running) -> None:
    ecr = cloud.account().client("ecr")
    made = ecr.create_repository(repositoryName="cdk-assets", imageTagMutability="IMMUTABLE")["repository"]
    assert ecr.describe_repositories(repositoryNames=["cdk-assets"])["repositories"] == [made]
    assert ecr.describe_images(repositoryName="cdk-assets")["imageDetails"] == []
    with pytest.raises(ecr.exceptions.ImageNotFoundException):
        ecr.describe_images(repositoryName="cdk-assets", imageIds=[{"imageTag": "x"}])
    with pytest.raises(ecr.exceptions.RepositoryAlreadyExistsException):
        ecr.create_repository(repositoryName="cdk-assets")
    ecr.delete_repository(repositoryName="cdk-assets", force=True)
    with pytest.raises(ecr.exceptions.RepositoryNotFoundException):
        ecr.describe_images(repositoryName="cdk-assets")
    with pytest.raises(ecr.exceptions.ClientError, match="NotImplemented"):
        ecr.get_authorization_token()
