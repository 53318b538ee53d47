"""A second opinion: the policy language read straight off the JSON, slowly, sharing no code with `skyjar.policy`.

It covers what `test_agreement` generates: every element and operator, variables, and all types of policy.
"""

import base64
import ipaddress
import re
from datetime import datetime
from decimal import Decimal, InvalidOperation


class Unresolved(Exception):
    pass


def lookup(who, context, key):
    for name, value in context.items():
        if name.lower() == key.lower():
            return value if value != [] else None
    facts = {f"aws:principaltag/{tag}": value for tag, value in who.get("tags", {}).items()}
    facts["aws:principalaccount"] = who.get("account")
    facts["aws:principalisawsservice"] = "true" if who["kind"] == "service" else "false"
    if who["kind"] == "user":
        facts["aws:username"] = who["arn"].split("/")[-1]
    if who["kind"] in ("user", "root", "federated-user"):
        facts["aws:principalarn"] = who["arn"]
    if who["kind"] == "assumed-role":
        facts["aws:principalarn"] = who["parent_arn"]
    return {name.lower(): value for name, value in facts.items()}.get(key.lower()) or None


def expression(text, who, context, *, wild, dot="."):
    """A regular expression for a text with variables."""

    def one(piece):
        if piece.startswith("${"):
            inner = piece[2:-1]
            if inner in ("*", "?", "$"):
                return re.escape(inner)
            key, _, default = inner.partition(",")
            value = lookup(who, context, key.strip())
            if isinstance(value, str):
                return re.escape(value)
            if default:
                return re.escape(default.strip().strip("'"))
            raise Unresolved
        if wild and piece in ("*", "?"):
            return dot + ("*" if piece == "*" else "")
        return re.escape(piece)

    return "".join(one(piece) for piece in re.split(r"(\$\{[^}]*\}|[*?])", text) if piece)


def resource_matches(pattern, resource, who, context):
    regex, rest = "", pattern
    if pattern.startswith("arn:"):
        for _ in range(5):
            found = re.match(r"((?:\$\{[^}]*\}|[^:$])*):", rest)
            if not found:
                break
            segment, rest = found[1], rest[found.end() :]
            open_end = segment.endswith("*") and not segment.endswith("**")
            regex += expression(segment[:-1] if open_end else segment, who, context, wild=True, dot="[^:]")
            regex += (".*" if open_end else "") + ":"
        else:
            return bool(re.fullmatch(regex + expression(rest, who, context, wild=True), resource, re.S))
        open_end = rest.endswith("*")
        regex += expression(rest[:-1] if open_end else rest, who, context, wild=True, dot="[^:]")
        return bool(re.fullmatch(regex + (".*" if open_end else ""), resource, re.S))
    return bool(re.fullmatch(expression(pattern, who, context, wild=True), resource, re.S))


def arn_matches(pattern, value, who, context):
    if pattern == "*":
        return True
    wanted = re.findall(r"((?:\$\{[^}]*\}|[^:$])*)(?::|$)", pattern)[:5]
    rest = pattern[sum(len(each) + 1 for each in wanted) :]
    have = value.split(":", 5)
    if len(have) != 6 or pattern.count(":") < 5:
        return pattern == value
    return all(
        re.fullmatch(expression(each, who, context, wild=True), part, re.S)
        for each, part in zip([*wanted, rest], have, strict=True)
    )


def moment(text):
    if re.fullmatch(r"\d{5,}", text):
        return int(text)
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def compare(operator, wanted, have, who, context):
    """The positive form."""
    if operator in ("StringEquals", "StringNotEquals"):
        return bool(re.fullmatch(expression(wanted, who, context, wild=False), have, re.S))
    if operator.endswith("IgnoreCase"):
        return bool(re.fullmatch(expression(wanted, who, context, wild=False), have, re.S | re.I))
    if operator in ("StringLike", "StringNotLike"):
        return bool(re.fullmatch(expression(wanted, who, context, wild=True), have, re.S))
    if operator.startswith("Arn"):
        return arn_matches(wanted, have, who, context)
    if operator == "Bool":
        return bool(re.fullmatch(expression(wanted, who, context, wild=False), have, re.S | re.I))
    try:
        if operator == "BinaryEquals":
            return base64.b64decode(wanted, validate=True) == base64.b64decode(have, validate=True)
        if "IpAddress" in operator:
            return ipaddress.ip_address(have) in ipaddress.ip_network(wanted, strict=False)
        read = Decimal if operator.startswith("Numeric") else moment
        a, b = read(have), read(wanted)
    except (ValueError, InvalidOperation):
        return False
    how = re.sub("^(Numeric|Date)", "", operator)
    order = (a > b) - (a < b)
    accepted = {"LessThan": [-1], "LessThanEquals": [-1, 0], "GreaterThan": [1], "GreaterThanEquals": [0, 1]}
    return order in accepted.get(how, [0])


def condition_holds(operator, key, wanted, who, context):
    wanted = [str(each).lower() if isinstance(each, bool) else each for each in as_list(wanted)]
    have = lookup(who, context, key)
    if operator == "Null":
        return str(have is None).lower() in [each.lower() for each in wanted]
    quantifier, _, operator = operator.rpartition(":")
    if_exists = operator.endswith("IfExists")
    operator = operator.removesuffix("IfExists")
    negated = "Not" in operator
    values = [] if have is None else as_list(have)

    def judge(value):
        unresolved = False
        for each in wanted:
            try:
                if compare(operator, each, value, who, context):
                    return not negated
            except Unresolved:
                unresolved = True
        return negated and not unresolved

    if quantifier:
        values = [value for value in values if value]
    if quantifier == "ForAllValues":
        return all(judge(value) for value in values)
    if not values:
        return if_exists or (negated and not quantifier)
    if quantifier == "ForAnyValue":
        return any(judge(value) for value in values)
    return (all if negated else any)(judge(value) for value in values)


def closeness(kind, entry, who):
    """How closely one entry of a Principal names: 0 not at all, 1 the account, 2 the role, 3 directly."""
    is_own = who.get("account") and entry in (who["account"], f"arn:aws:iam::{who['account']}:root")
    if kind == "AWS" and entry == "*":
        return 3
    if who["kind"] == "service":
        return 3 if kind == "Service" and entry in who["service_names"] else 0
    if who["kind"] == "federated":
        return 3 if kind == "Federated" and entry in (who["arn"], "*") else 0
    if kind != "AWS" or who["kind"] == "anonymous":
        return 0
    if who["kind"] != "root" and entry == who["arn"]:
        return 3
    if entry == who.get("parent_arn") or (entry.startswith("A") and entry == who["user_id"].split(":")[0]):
        return 3 if who["kind"] == "user" else 2
    return 1 if is_own else 0


def names(statement, who):
    """How closely a statement's Principal or NotPrincipal names who asks."""
    is_not = "NotPrincipal" in statement
    element = statement["NotPrincipal" if is_not else "Principal"]
    if element == "*":
        element = {"AWS": "*"}
    entries = [(kind, entry) for kind, several in element.items() for entry in as_list(several)]
    closest = max(closeness(kind, entry, who) for kind, entry in entries)
    if not is_not:
        return closest
    if statement["Effect"] == "Allow":
        return 0 if closest else 3
    if who["kind"] in ("service", "federated", "anonymous") or ("AWS", "*") in entries:
        return 0 if closest else 3
    chain = [who["arn"], who.get("parent_arn")] if who["kind"] != "root" else []
    named = [entry for kind, entry in entries if kind == "AWS"]
    has_account = who["account"] in named or f"arn:aws:iam::{who['account']}:root" in named
    return 0 if has_account and all(arn in named for arn in chain if arn) else 3


def literal(element):
    """An element of a policy without variables, in the language that has them."""
    if isinstance(element, dict):
        return {key: literal(value) for key, value in element.items()}
    if isinstance(element, list):
        return [literal(each) for each in element]
    return element.replace("$", "${$}") if isinstance(element, str) else element


def statement_matches(statement, who, action, resource, context, version):
    if version != "2012-10-17":
        statement = literal(statement)

    def listed(name):
        patterns = as_list(statement[name])
        return any(re.fullmatch(expression(each, who, {}, wild=True), action, re.S | re.I) for each in patterns)

    if not (listed("Action") if "Action" in statement else not listed("NotAction")):
        return False
    negated = "NotResource" in statement
    matched = unresolved = False
    for pattern in as_list(statement.get("NotResource", statement.get("Resource", "*"))):
        try:
            matched = matched or resource_matches(pattern, resource, who, context)
        except Unresolved:
            unresolved = True
    if (matched or unresolved) if negated else not matched:
        return False
    return all(
        condition_holds(operator, key, wanted, who, context)
        for operator, keys in statement.get("Condition", {}).items()
        for key, wanted in keys.items()
    )


def allowed(who, action, resource, context, policies):
    """`policies`: identity, resource: lists of documents; boundary, endpoint: one; session: a list; scp, rcp: lists of
    lists."""

    def matching(documents, effect):
        return [
            statement
            for document in documents
            for statement in as_list(document["Statement"])
            if statement["Effect"] == effect
            and statement_matches(statement, who, action, resource, context, document.get("Version", "2008-10-17"))
        ]

    def naming(documents, effect):
        return [each for each in matching(documents, effect) if names(each, who)]

    outsider = who["kind"] in ("service", "federated", "anonymous")
    if ":role/aws-service-role/" in (who.get("parent_arn") or ""):
        policies = {**policies, "scp": [], "rcp": []}
    own = [*policies.get("identity", []), *as_list(policies.get("boundary")), *(policies.get("session") or [])]
    given = policies.get("resource", [])
    if not outsider and who["kind"] != "root" and matching(own, "Deny"):
        return False
    for level in [] if outsider else policies.get("scp", []):
        if matching(level, "Deny") or not matching(level, "Allow"):
            return False
    for level in [*policies.get("rcp", []), *([[policies["endpoint"]]] if policies.get("endpoint") else [])]:
        if naming(level, "Deny") or not naming(level, "Allow"):
            return False
    if naming(given, "Deny"):
        return False
    closest = max((names(statement, who) for statement in matching(given, "Allow")), default=0)
    if outsider:
        return closest > 0
    same = policies.get("resource_account", who["account"]) == who["account"]
    if not closest and (not same or policies.get("resource_required")):
        return False
    if who["kind"] == "root" or (same and closest == 3):
        return True
    if not (same and closest == 2) and not matching(policies.get("identity", []), "Allow"):
        return False
    if policies.get("boundary") and not matching([policies["boundary"]], "Allow"):
        return False
    return policies.get("session") is None or bool(matching(policies["session"], "Allow"))


def as_list(value):
    return value if isinstance(value, list) else [] if value is None else [value]
