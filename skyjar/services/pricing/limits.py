"""Source: Price List API reference, "GetProducts", "DescribeServices", "GetAttributeValues", and "AWS service endpoints", 2026."""

REGIONS = ("us-east-1", "eu-central-1", "ap-south-1")
RESULTS = 100
FORMAT = "aws_v1"
TERM = "JRTCKXETXF"  # the offer term of all prices on demand
DIMENSION = "6YS6EN2CT7"  # the rate of all prices that have one band
