"""A caller of the API that sends paths exactly as written: HTTP libraries tidy `..`, `//` and odd bytes away."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from requests_aws4auth import AWS4Auth

TIMEOUT_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back; header names in small letters, numbers of the body as text, so that digits show."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text, parse_int=str, parse_float=str)


class Caller:
    """Calls one deployed API, signed for execute-api by default."""

    def __init__(self, api_url: str, region: str) -> None:
        self.api_url = api_url
        self._parts = urlsplit(api_url)
        self._auth = AWS4Auth("test", "test", region, "execute-api")

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        *,
        signed: bool = True,
    ) -> Answer:
        """`path` is below the stage, percent-encoded by the caller; a body that is neither bytes nor None is dumped."""
        sent = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        request = requests.Request(method, self.api_url, data=sent, headers=dict(headers or {})).prepare()
        request.url = self.api_url + path
        signed_headers = dict((self._auth(request) if signed else request).headers)
        connection = http.client.HTTPConnection(self._parts.netloc, timeout=TIMEOUT_SECONDS)
        try:
            connection.request(method, self._parts.path + path, body=sent, headers=signed_headers)
            response = connection.getresponse()
            return Answer(
                status=response.status,
                headers={name.lower(): value for name, value in response.getheaders()},
                text=response.read().decode(),
            )
        finally:
            connection.close()
