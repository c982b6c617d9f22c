"""Turns an error of AWS, or of the way there, into cause and cure. It names the action, never what was sent."""

from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError, NoCredentialsError

from ops.trouble.trouble import ATTACH, Trouble

AWS_TROUBLE = (BotoCoreError, ClientError)
_DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "403")
_NOT_LOGGED_IN = (
    "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException",
    "InvalidSignatureException", "SignatureDoesNotMatch",
)  # fmt: skip
_LOG_IN = "Log in (`aws sso login`, or AWS_PROFILE), check `aws sts get-caller-identity`, then run this again."


def aws_trouble(seen: str, error: BotoCoreError | ClientError) -> Trouble:
    """`seen` is what could not be done."""
    if isinstance(error, ClientError):
        code, action = str(error.response["Error"].get("Code", "")), error.operation_name
        cause, cure = _answered(code, action)
        return Trouble(f"{seen} ({code})", cause=cause, cure=cure)
    name = type(error).__name__
    if isinstance(error, NoCredentialsError):
        return Trouble(f"{seen} ({name})", cause="neither the environment nor a profile has credentials", cure=_LOG_IN)
    if isinstance(error, ConnectionError | HTTPClientError):
        cause = "AWS, or the local stack, can't be reached from here"
        return Trouble(f"{seen} ({name})", cause=cause, cure="Is the stack up? Is a proxy or firewall in the way?")
    return Trouble(f"{seen} ({name})", cause=str(error).rstrip("."), cure=_LOG_IN)


def _answered(code: str, action: str) -> tuple[str, str]:
    if code in _DENIED:
        return f"these credentials may not call {action}", ATTACH
    if code in _NOT_LOGGED_IN:
        return "AWS doesn't accept these credentials: they have ended, or are of another account", _LOG_IN
    if "NotFound" in code or "NonExistent" in code or code.startswith("NoSuch"):
        return "something that the stack's outputs name is gone", "Make it again: pulumi up --refresh"
    return f"{action} was refused", "The code says why; if it is throttling, run this again."
