"""AWS::ECR::Repository in a stack, as CDK's bootstrap makes it."""

import json
from typing import Any

LIFECYCLE = {
    "rules": [
        {
            "rulePriority": 1,
            "selection": {
                "tagStatus": "untagged",
                "countType": "sinceImagePushed",
                "countUnit": "days",
                "countNumber": 9,
            },
            "action": {"type": "expire"},
        }
    ]
}
ACCESS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "LambdaECRImageRetrievalPolicy",
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        }
    ],
}


def template(**more: Any) -> str:
    properties = {"ImageTagMutability": "IMMUTABLE", "RepositoryName": "cdk-assets", **more}
    return json.dumps({"Resources": {"Repository": {"Type": "AWS::ECR::Repository", "Properties": properties}}})


def test_a_repository_follows_its_template(desk: Any) -> None:
    cfn, ecr = desk.ask("cloudformation"), desk.ask("ecr")
    lifecycle = {"LifecyclePolicyText": json.dumps(LIFECYCLE)}
    body = template(LifecyclePolicy=lifecycle, RepositoryPolicyText=ACCESS)
    cfn.create_stack(stack_name="s", template_body=body)
    desk.settle()
    assert json.loads(ecr.get_repository_policy(repository_name="cdk-assets")["policyText"]) == ACCESS
    assert ecr.get_lifecycle_policy(repository_name="cdk-assets")
    cfn.update_stack(stack_name="s", template_body=template(ImageScanningConfiguration={"ScanOnPush": True}))
    desk.settle()
    shown = ecr.describe_repositories()["repositories"][0]
    assert shown["imageScanningConfiguration"] == {"scanOnPush": True}
    assert shown["imageTagMutability"] == "IMMUTABLE"
    cfn.delete_stack(stack_name="s")
    desk.settle()
    assert ecr.describe_repositories() == {"repositories": []}
