"""Calls the stack's API as a client does: signed, or with its key. What it refuses is turned into cause and cure."""

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import boto3
import requests
from requests.auth import AuthBase
from requests_aws4auth import AWS4Auth

from ops.stack import Stack
from ops.trouble.aws import AWS_TROUBLE, aws_trouble
from ops.trouble.trouble import ATTACH, Trouble

TIMEOUT_SECONDS = 35  # the gateway gives up after 29
TRIES = 5
TRY_AGAIN = frozenset({429, 503})
_REFUSALS: Mapping[str, tuple[str, str]] = {
    "access_denied": ("these credentials may not call this path of the API (execute-api:Invoke)", ATTACH),
    "not_authenticated": (
        "the gateway doesn't know these credentials, or wants another kind of them",
        "Check `aws sts get-caller-identity`: it must be of the stack's account. If `authorization` of `api` was "
        "changed, run `pulumi up`, so that the outputs and the gateway agree.",
    ),
    "invalid_signature": (
        "the signature doesn't match: a wrong secret key, or a clock that is off by more than 5 minutes",
        "Get new credentials, and set this machine's clock.",
    ),
    "expired_token": ("the session's credentials have ended", "Log in again, then run this again."),
    "invalid_api_key": (
        "the key of the output api_key_id isn't in the API's usage plan, or is switched off",
        "Run `pulumi up --refresh`: it makes key and plan again.",
    ),
    "throttled": (
        "the API, its function or the table has no capacity left, after several tries",
        "Look at the API's throttle_rate and Lambda's concurrency limit; a new account has 10 for all functions.",
    ),
    "queue_unavailable": (
        "the gateway could not put the request into the queue of requests",
        "Run `pulumi up --refresh`: queue, or the role that may send to it, is gone or changed.",
    ),
    "unknown_route": (
        "what the API serves is not what this version of the program declares",
        "Run `pulumi up`: it deploys the API's stage again.",
    ),
}
_REDEPLOY = ("the gateway or the function refused a request that is right", "Compare both with the code: `pulumi up`.")


class ItemApi:
    """One stack's API. `logs` is the command that shows the log of the function behind it."""

    def __init__(self, stack: Stack, logs: str) -> None:
        """Raises Trouble when the stack's key can't be read."""
        self._url = str(stack.outputs["api_url"])
        self._logs = logs
        self._session = requests.Session()
        key_id = stack.outputs.get("api_key_id")
        if key_id is None:
            self._session.auth = _signature(stack)
        else:
            self._session.headers["x-api-key"] = _key(stack, str(key_id))

    def create(self, item: Mapping[str, Any]) -> None:
        """POST /items with an item of texts, as DynamoDB JSON."""
        self.call("POST", "/items", expect=201, body=_plain(item))

    def change(self, item: Mapping[str, Any]) -> None:
        """PATCH /items/{id} with all attributes of the item."""
        self.call("PATCH", f"/items/{item['id']['S']}", expect=200, body=_plain(item))

    def delete(self, item: Mapping[str, Any]) -> None:
        """DELETE /items/{id}."""
        self.call("DELETE", f"/items/{item['id']['S']}", expect=204)

    def search(self, word: str) -> list[str]:
        """GET /search. Gives the ids that were found."""
        answer = self.call("GET", f"/search?q={quote(word)}", expect=200)
        return [str(hit["id"]) for hit in answer["items"]]

    def call(self, method: str, path: str, *, expect: int, body: Mapping[str, Any] | None = None) -> Any:
        """Sends one request, again where the API asks for it. Raises Trouble for any other status than `expect`."""
        shown = f"{method} {path.partition('?')[0]}"
        for attempt in range(1, TRIES + 1):
            try:
                answer = self._session.request(method, self._url + path, json=body, timeout=TIMEOUT_SECONDS)
            except requests.RequestException as error:
                raise Trouble(
                    f"{shown} got no answer ({type(error).__name__})",
                    cause=f"the API at {self._url} can't be reached from here",
                    cure="Is the stack deployed, and does a proxy or firewall let this machine reach the URL?",
                ) from None
            if answer.status_code == expect:
                return answer.json() if answer.content else None
            if answer.status_code not in TRY_AGAIN or attempt == TRIES:
                break
            time.sleep(2**attempt / 4)
        raise self._refused(shown, answer)

    def _refused(self, shown: str, answer: requests.Response) -> Trouble:
        code = _code(answer)
        cause, cure = _REFUSALS.get(code, _REDEPLOY)
        if answer.status_code >= 500 and code not in _REFUSALS:
            cause = "the function behind the API failed or ran out of time; the gateway passes that on as 5xx"
            cure = f"Its log has the reason: {self._logs}"
        return Trouble(f"{shown} answered {answer.status_code}{f' {code}' if code else ''}", cause=cause, cure=cure)


def _code(answer: requests.Response) -> str:
    try:
        return str(answer.json()["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return ""


def _signature(stack: Stack) -> AuthBase:
    if stack.is_local:
        root: AuthBase = AWS4Auth("test", "test", stack.region, "execute-api")
        return stack.operator.signature("execute-api") if stack.operator else root
    credentials = boto3.Session().get_credentials()
    if credentials is None:
        raise Trouble(
            "there are no AWS credentials",
            cause="neither the environment nor a profile has any",
            cure="Log in (`aws sso login`, or AWS_PROFILE), then run this again.",
        )
    signed: AuthBase = AWS4Auth(region=stack.region, service="execute-api", refreshable_credentials=credentials)
    return signed


def _key(stack: Stack, key_id: str) -> str:
    try:
        return str(stack.client("apigateway").get_api_key(apiKey=key_id, includeValue=True)["value"])
    except AWS_TROUBLE as error:
        raise aws_trouble(f"the API's key {key_id} can't be read", error) from None


def _plain(item: Mapping[str, Any]) -> dict[str, str]:
    return {name: value["S"] for name, value in item.items()}
