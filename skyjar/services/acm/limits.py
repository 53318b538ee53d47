"""Quotas and defaults. Source: ACM User Guide, "Quotas", "ACM certificate characteristics", "Managed certificate renewal"; API
reference."""

CERTIFICATES = 2_500  # per account and Region, of each kind: requested, imported
CERTIFICATES_A_YEAR = 5_000
YEAR_S = 365 * 86_400
DOMAINS = 10  # per certificate
COMMON_NAME_CHARS = 64
TAGS = 50
PRIVATE_KEY_BYTES = 5_120  # of one that is imported

VALID_DAYS = 198
RENEWAL_DAYS = 45  # before the end
RENEWAL_EVERY_S = 86_400
TIMEOUT_S = 72 * 3_600  # of a request that is not validated
TOKEN_S = 3_600  # how long an idempotency token counts
# How often a record is looked for: every so many seconds, until the request is so many seconds old.
LOOKS = ((5, 600), (60, 3_600), (600, TIMEOUT_S))

EXPIRY_DAYS = 45  # DaysBeforeExpiry of an account that has set nothing
PAGE = 1_000
SEARCH_PAGE = 100
FILTER_DEPTH = 20
NAMES_LISTED = 100  # by ListCertificates

REQUESTABLE = ("RSA_2048", "EC_prime256v1", "EC_secp384r1")
LISTED_BY_DEFAULT = ("RSA_1024", "RSA_2048")
MAILBOXES = ("admin", "administrator", "hostmaster", "postmaster", "webmaster")
AMAZONS = ("amazonaws.com", "cloudfront.net", "elasticbeanstalk.com")
# Top-level names that are nobody's to own (RFC 6761, RFC 6762, RFC 7686, RFC 8375, ICANN's reservation of .internal).
PRIVATE = ("test", "invalid", "example", "local", "onion", "internal", "home.arpa")
OWN = "localhost"  # names below it are the cloud's own
RECORD_TTL_S = 300  # of a record that CloudFormation makes
