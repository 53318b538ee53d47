"""Policies and requests by the thousand, from a seed: quicker than hypothesis, which shrinks what `test_agreement` finds."""

from random import Random

from .cases import corpus

WHO = corpus("callers")
ACTIONS = ["sqs:SendMessage", "sqs:ReceiveMessage", "s3:GetObject"]
ACTION_PATTERNS = ["*", "sqs:*", "SQS:send*", "s3:Get?bject", "*:*Message", "sqs:ReceiveMessage"]
RESOURCES = ["*", "arn:aws:sqs:us-east-1:111122223333:q", "arn:aws:s3:::b/alice/x:y", "arn:aws:s3:::b/red"]
RESOURCE_PATTERNS = [
    *RESOURCES,
    "arn:aws:sqs:*",
    "arn:aws:sqs:us-*-1:1111????3333:*",
    "arn:aws:sqs:u*1:*:q",
    "arn:aws:s3:::b/${aws:username}/*",
    "arn:aws:s3:::b/${aws:PrincipalTag/team, 'none'}",
    "arn:aws:s3:::*/*:?",
    "arn:*:s3*b/*",
    "arn:aws:sqs:us-east-1:${aws:PrincipalAccount}:?",
    "${*}",
]
TEXTS = ["x", "X", "alice", "red", "10", "10.0", "7", "true", "False", "2020-01-01T00:00:00Z", "1577836800"]
TEXTS += ["10.1.2.3", "eA==", "arn:aws:iam::111122223333:user/team/alice", "arn:aws:sns:us-east-1:1:t:u"]
TEXTS += ["2001:db8::1", "", "*"]
WANTED = [*TEXTS, "*l*c?", "${aws:username}", "${aws:PrincipalTag/city}", "${a:k, 'x'}", "10.0.0.0/8", "2001:db8::/32"]
WANTED += ["arn:aws:iam::*:user/*", "arn:aws:sns:*:?:t*", "arn:*", "r?d", "${*}", "2020-01-02"]
OPERATORS = ["StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike"]
OPERATORS += [
    "StringNotLike",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "ArnEquals",
    "ArnLike",
    "ArnNotLike",
]
OPERATORS += ["ArnNotEquals"] + [
    kind + how
    for kind in ("Numeric", "Date")
    for how in ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
]
KEYS = ["a:k", "a:many", "aws:username", "aws:PrincipalArn", "aws:PrincipalTag/Team"]
NAMES = [facts["arn"] for facts in WHO.values() if facts.get("arn") and facts["kind"] != "federated"]
NAMES += ["111122223333", "444455556666", "arn:aws:iam::111122223333:role/svc/app", "AROAAPPAPPAPPAPPAPP1"]
NAMES += ["AIDAALICEALICEALICE1"]
SERVICES = ["sns.amazonaws.com", "sqs.amazonaws.com", "sns.us-east-1.amazonaws.com"]
PROVIDERS = ["arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com", "accounts.google.com"]


class Generator:
    def __init__(self, seed):
        self.random = Random(seed)

    def one_or_more(self, choices):
        if self.random.random() < 0.5:
            return self.random.choice(choices)
        return self.random.choices(choices, k=self.random.randint(1, 3))

    def condition(self):
        operator = self.random.choice(OPERATORS)
        operator = self.random.choice(["", "", "ForAllValues:", "ForAnyValue:"]) + operator
        operator += self.random.choice(["", "", "IfExists"])
        if self.random.random() < 0.08:
            operator = "Null"
        keys = self.random.sample(KEYS, self.random.choice([1, 1, 2]))
        return operator, {
            key: self.random.choice([True, False]) if self.random.random() < 0.1 else self.one_or_more(WANTED)
            for key in keys
        }

    def principal(self):
        kind = self.random.random()
        if kind < 0.2:
            return "*"
        if kind < 0.3:
            return {"Service": self.one_or_more(SERVICES)}
        if kind < 0.4:
            return {"Federated": self.one_or_more(PROVIDERS)}
        return {"AWS": self.one_or_more([*NAMES, "*"])}

    def statement(self, with_principal, effect=None):
        action = "NotAction" if self.random.random() < 0.2 else "Action"
        resource = "NotResource" if self.random.random() < 0.2 else "Resource"
        statement = {
            "Effect": effect or self.random.choice(["Allow"] * 5 + ["Deny"]),
            action: self.one_or_more(ACTION_PATTERNS),
            resource: self.one_or_more(RESOURCE_PATTERNS),
        }
        if self.random.random() < 0.35:
            statement["Condition"] = dict(self.condition() for _ in range(self.random.randint(1, 2)))
        if with_principal:
            statement["NotPrincipal" if self.random.random() < 0.15 else "Principal"] = self.principal()
        return statement

    def document(self, with_principal=False):
        statements = [self.statement(with_principal) for _ in range(self.random.randint(1, 3))]
        return {
            "Version": "2008-10-17" if self.random.random() < 0.1 else "2012-10-17",
            "Statement": statements[0] if len(statements) == 1 and self.random.random() < 0.5 else statements,
        }

    def some(self, make):
        return [make() for _ in range(self.random.randint(0, 2))]

    def situation(self):
        def rare(probability):
            return self.random.random() < probability

        found = {"identity": self.some(self.document), "resource": self.some(lambda: self.document(True))}
        if rare(0.25):
            found["boundary"] = self.document()
        if rare(0.25):
            found["session"] = self.some(self.document)
        if rare(0.2):
            found["scp"] = [[self.document(), *self.some(self.document)] for _ in range(self.random.randint(1, 2))]
        if rare(0.15):
            found["rcp"] = [[self.document(True), *self.some(lambda: self.document(True))]]
        if rare(0.1):
            found["endpoint"] = self.document(True)
        if rare(0.3):
            found["resource_account"] = self.random.choice(["111122223333", "444455556666"])
        if rare(0.15):
            found["resource_required"] = True
        return found

    def request(self):
        context = {}
        if self.random.random() < 0.6:
            context["a:K"] = self.random.choice(TEXTS)
        if self.random.random() < 0.6:
            context["A:many"] = self.random.choices(TEXTS, k=self.random.randint(0, 3))
        return self.random.choice(list(WHO)), self.random.choice(ACTIONS), self.random.choice(RESOURCES), context
