"""What object storage refuses, in words: where, what, and what to do next.

Codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html . The store's own sentences aren't repeated,
and neither are botocore's: they may hold keys, and don't say what to do.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from feeds.publishing.target import NotPublished

_LATER = "Publish again later: what lies there is whole, and the rest follows."
_ENDPOINT = "See that AWS_ENDPOINT_URL_S3 names the store's own endpoint; without it Amazon is asked."
_POLICY = "Grant s3:ListBucket on the bucket, and s3:GetObject, s3:PutObject and s3:DeleteObject below the prefix."
_CREDENTIALS = "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give the machine a role."
_REGION = "Set AWS_DEFAULT_REGION to the bucket's region."
_FULL = "Make room, or raise the quota, and publish again."
_SIGN_IN = "Log in anew, or renew them, and publish again."

# By the code: what is wrong, and what to do.
_CODES: dict[str, tuple[str, str]] = {}
for _what, _next, _names in (
    ("there is no such bucket", "Make it, or mend the target's name. " + _ENDPOINT, "NoSuchBucket"),
    ("these credentials may not do it", _POLICY, "AccessDenied AllAccessDisabled AccountProblem 403 Forbidden"),
    ("the access key is not known there", _CREDENTIALS, "InvalidAccessKeyId NotSignedUp"),
    ("the secret key does not fit the access key", _CREDENTIALS, "SignatureDoesNotMatch"),
    ("the credentials have expired", _SIGN_IN, "ExpiredToken ExpiredTokenException InvalidToken TokenRefreshRequired"),
    ("this machine's clock is wrong", "Set it (timedatectl), and publish again.", "RequestTimeTooSkewed"),
    (
        "the bucket lies in another region",
        _REGION,
        "PermanentRedirect TemporaryRedirect Redirect AuthorizationHeaderMalformed IllegalLocationConstraintException "
        "301 307",
    ),
    (
        "the store is overloaded or down",
        _LATER,
        "SlowDown ServiceUnavailable InternalError RequestTimeout Throttling ThrottlingException OperationAborted "
        "429 Busy ServerBusy",
    ),
    # An answer without a code of S3's: a proxy's before it, or a web server's.
    ("it is overloaded, down, or no object storage", f"{_ENDPOINT} {_LATER}", "500 502 503 504"),
    ("what arrived there was not what was sent", _LATER, "BadDigest InvalidDigest IncompleteBody"),
    ("the store is full", _FULL, "QuotaExceeded XMinioStorageFull StorageFull InsufficientStorage 507"),
    ("no object storage answers there", _ENDPOINT, "MethodNotAllowed NotImplemented 404 405 501"),
):
    _CODES |= dict.fromkeys(_names.split(), (_what, _next))

# By the class of botocore's exception, or one that it is derived from.
_CLASSES: dict[str, tuple[str, str]] = {}
for _what, _next, _names in (
    ("no credentials were found", _CREDENTIALS, "NoCredentialsError"),
    ("the credentials are not whole", _CREDENTIALS, "PartialCredentialsError"),
    (
        "no credentials could be had where the settings say",
        _SIGN_IN,
        "CredentialRetrievalError TokenRetrievalError NoAuthTokenError SSOError LoginError MetadataRetrievalError "
        "RefreshWithMFAUnsupportedError",
    ),
    (
        "the settings of AWS can't be used",
        "Mend AWS_PROFILE and what stands in ~/.aws/config.",
        "ProfileNotFound ConfigParseError ConfigNotFound InvalidConfigError InvalidRetryConfigurationError "
        "InvalidChecksumConfigError InvalidS3AddressingStyleError InvalidDefaultsMode",
    ),
    ("the region is missing, or is none", _REGION, "BaseEndpointResolverError InvalidRegionError UnknownRegionError"),
    ("no answer came in time", _LATER, "ConnectTimeoutError ReadTimeoutError"),
    ("its certificate could not be verified", _ENDPOINT, "SSLError"),
    ("the proxy can't be reached", "Mend HTTPS_PROXY, or name the store in NO_PROXY.", "ProxyConnectionError"),
    ("nobody answers there", _ENDPOINT + " " + _LATER, "EndpointConnectionError"),
    ("the connection broke", _LATER, "HTTPClientError ConnectionError IncompleteReadError"),
    ("no object storage answers there", _ENDPOINT, "ResponseParserError EndpointProviderError ValueError"),
):
    _CLASSES |= dict.fromkeys(_names.split(), (_what, _next))


@contextmanager
def told(where: str, operation: str) -> Iterator[None]:
    """Raise NotPublished, in our words, for whatever botocore raises within the block."""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError
    from urllib3.exceptions import HTTPError

    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code") or "")
        status = str(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") or "")
        known = _CODES.get(code) or _CODES.get(status)
        what, then = known or ("the store refuses", _LATER)
        raise NotPublished(f"{where}: {what} ({operation}: {_plain(code) or status}). {then}") from None
    except (BotoCoreError, ResponseParserError, HTTPError, ValueError) as error:
        names = [each.__name__ for each in type(error).__mro__]
        what, then = next((_CLASSES[name] for name in names if name in _CLASSES), ("it could not be asked", _LATER))
        raise NotPublished(f"{where}: {what} ({operation}: {names[0]}). {then}") from None


def _plain(code: str) -> str:
    """Return a code as it may be shown: a store that isn't one may put anything there."""
    return code if code.isalnum() and len(code) <= 60 else ""
