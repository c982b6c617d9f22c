"""The headers that sign a bulk request, against botocore's signature of the same bytes."""

from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambda_kit.signing import request_signer

HOST = "abc.eu-west-1.aoss.amazonaws.com"
ROLE = {"AWS_LAMBDA_FUNCTION_NAME": "f", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "s/+cret"}
PATHS = st.sampled_from(["/lab-table-index/_bulk", "/a-1_b/_bulk", "/search/i/_bulk"])


class SignedAt(SigV4Auth):  # type: ignore[misc]  # botocore has no types
    """botocore's signature with the headers and the time that are given."""

    def add_auth(self, request: Any) -> None:
        request.context["timestamp"] = request.headers["x-amz-date"]
        text = self.string_to_sign(request, self.canonical_request(request))
        self._inject_signature_to_request(request, self.signature(text, request))


@pytest.fixture
def role(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ROLE.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("role")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=PATHS, body=st.binary(min_size=1, max_size=200), port=st.sampled_from(["", ":8443"]))
@pytest.mark.parametrize("token", [None, "token/+="])
def test_the_signature_is_botocores(
    monkeypatch: pytest.MonkeyPatch, token: str | None, path: str, body: bytes, port: str
) -> None:
    if token is None:
        monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    else:
        monkeypatch.setenv("AWS_SESSION_TOKEN", token)
    ours = request_signer(f"https://{HOST}{port}", "eu-west-1")(path, body)
    unsigned = {name: value for name, value in ours.items() if name != "Authorization"}
    assert set(unsigned) == {"x-amz-date", "x-amz-content-sha256"} | ({"x-amz-security-token"} if token else set())
    request = AWSRequest("POST", f"https://{HOST}{port}{path}", data=body, headers=unsigned)
    keys = Credentials(ROLE["AWS_ACCESS_KEY_ID"], ROLE["AWS_SECRET_ACCESS_KEY"], token)
    SignedAt(keys, "aoss", "eu-west-1").add_auth(request)
    assert _parts(ours["Authorization"]) == _parts(request.headers["Authorization"])


@pytest.mark.usefixtures("role")
@pytest.mark.parametrize("change", ["path", "body", "host"])
def test_the_signature_covers_everything_that_is_sent(change: str) -> None:
    def signature(host: str = HOST, path: str = "/i/_bulk", body: bytes = b"{}\n") -> str:
        return _parts(request_signer(f"https://{host}", "eu-west-1")(path, body)["Authorization"])["Signature"]

    changed: dict[str, Any] = {"path": "/j/_bulk", "body": b"[]\n", "host": f"x{HOST}"}
    assert signature() != signature(**{change: changed[change]})


def test_the_loopback_gets_no_header() -> None:
    assert request_signer("http://127.0.0.1:9201", "eu-west-1")("/i/_bulk", b"{}\n") == {}


def _parts(authorization: str) -> dict[str, str]:
    return dict(part.strip().split("=", 1) for part in authorization.partition(" ")[2].split(","))
