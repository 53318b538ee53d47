"""CloudFormation's template language and its planning: pure; it knows no resource type and no store."""
