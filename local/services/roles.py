"""Makes boto3 clients that act in a role, by STS AssumeRole: with its rights and no others."""

from typing import Any

import boto3
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, Credentials, DeferredRefreshableCredentials
from botocore.session import Session
from requests_aws4auth import AWS4Auth

from local.services.aws_client import CREDENTIALS, aws_client

SERVICE_HEADER, SOURCE_HEADER = "x-local-service", "x-amz-source-arn"
"""By these a service of AWS that takes a role says who it is, and for which resource. A person says neither."""


class _RoleProvider:
    """Takes the role when a session first needs it, and again before it ends."""

    def __init__(self, role_arn: str, create_client: Any) -> None:
        self._role_arn, self._create_client = role_arn, create_client

    def load_credentials(self) -> Any:
        """Returns credentials that fetch themselves."""
        fetcher = AssumeRoleCredentialFetcher(
            self._create_client, Credentials(*CREDENTIALS.values()), self._role_arn,
            extra_args={"RoleSessionName": "local"},
        )  # fmt: skip
        return DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")


class Role:
    """One role of the embedded AWS, taken by a person, or by a service, maybe for one resource of its own."""

    def __init__(
        self,
        endpoint_url: str,
        region: str,
        role_arn: str,
        *,
        service: str | None = None,
        source_arn: str | None = None,
    ) -> None:
        self._endpoint_url, self._region = endpoint_url, region
        self._headers = {SERVICE_HEADER: service, SOURCE_HEADER: source_arn}
        session = Session()
        session.register_component("credential_provider", _RoleProvider(role_arn, self._sts))
        self._session = boto3.Session(botocore_session=session, region_name=region)

    def client(self, service: str, *, config: Config | None = None) -> Any:
        """Makes a client that acts in the role."""
        return aws_client(self._endpoint_url, self._region, service, config=config, session=self._session)

    def signature(self, service: str) -> AWS4Auth:
        """Makes what signs requests of `requests` in the role."""
        return AWS4Auth(region=self._region, service=service, refreshable_credentials=self._session.get_credentials())

    def _sts(self, *_: Any, **__: Any) -> Any:
        client = aws_client(self._endpoint_url, self._region, "sts")
        client.meta.events.register("before-sign.sts.AssumeRole", self._say_who)
        return client

    def _say_who(self, request: Any, **_: Any) -> None:
        for name, value in self._headers.items():
            if value is not None:
                request.headers[name] = value
