"""Makes the AWS provider of every resource: region, default tags and, for an emulator, other endpoints.

The only file that knows that an emulator can exist.
"""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from infra.settings.sections import OWN_TAGS, Settings

# What emulators offer and a capability of this kind may use. Not every endpoint that the provider knows: two names of
# one service are a warning, "an error in a future release" (hashicorp/terraform-provider-aws, pull request 35726).
_EMULATED_SERVICES = (
    "apigateway",
    "athena",
    "cloudwatch",
    "dynamodb",
    "ec2",
    "ecr",
    "events",
    "firehose",
    "glue",
    "iam",
    "kinesis",
    "kinesisvideo",
    "lambda_",
    "logs",
    "opensearchserverless",
    "pipes",
    "rds",
    "redshift",
    "redshiftserverless",
    "rekognition",
    "s3",
    "scheduler",
    "sfn",
    "sns",
    "sqs",
    "sts",
)


def aws_provider(settings: Settings) -> aws.Provider:
    """Makes the provider for `ResourceOptions(providers=[...])`; children and invokes inherit it.

    The region is `aws:region`, else the environment's, as everywhere in Pulumi; so are the credentials.
    """
    own = dict(zip(OWN_TAGS, (pulumi.get_project(), pulumi.get_stack()), strict=True))
    tags = {**own, **settings.tags}
    args = aws.ProviderArgs(
        region=pulumi.Config("aws").get("region"), default_tags=aws.ProviderDefaultTagsArgs(tags=tags)
    )
    if settings.aws_endpoint_url:
        _use_emulator(args, settings.aws_endpoint_url)
    return aws.Provider("aws", args)


def _use_emulator(args: aws.ProviderArgs, url: str) -> None:
    args.endpoints = [aws.ProviderEndpointArgs(**dict.fromkeys(_EMULATED_SERVICES, url))]
    args.s3_use_path_style = True
    args.skip_credentials_validation = True
    args.skip_metadata_api_check = True
    args.skip_requesting_account_id = True
