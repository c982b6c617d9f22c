"""Names what a trial costs, before anything is made. Prices are of one day and one source each; the bill decides."""

from dataclasses import dataclass

MINUTES = 40
"""How long it takes, most of it for the collection and the images. An estimate: it was never measured in an account."""


@dataclass(frozen=True, kw_only=True)
class Price:
    """US dollars an hour in the region, and where and when it was read."""

    dollars: float
    source: str


# A collection without standby has half an OCU each for indexing and for search, also when idle:
# https://aws.amazon.com/blogs/big-data/amazon-opensearch-serverless-cost-effective-search-capabilities-at-any-scale/
OCUS = 1.0
OCU_HOUR = {
    "us-east-1": Price(dollars=0.24, source="secondary sources, 2026-09"),
    "eu-central-1": Price(dollars=0.339, source="a secondary source, 2024-03"),
}
ELSEWHERE = Price(dollars=0.339, source="the highest that this program knows; this region's is unknown to it")
STREAM_HOUR = 0.04  # an on-demand Kinesis stream in us-east-1; a secondary source
ALARM_HOUR = 0.10 / 730  # CloudWatch, us-east-1, 2026-08
ALARMS = 27


def hourly(region: str) -> float:
    """Gives what the stack costs an hour, idle, in US dollars."""
    return OCUS * OCU_HOUR.get(region, ELSEWHERE).dollars + STREAM_HOUR + ALARMS * ALARM_HOUR


def describe(region: str) -> str:
    """Says it in words, with every assumption."""
    ocu = OCU_HOUR.get(region, ELSEWHERE)
    hours = -(-MINUTES // 60)
    return (
        f"It costs about ${hourly(region):.2f} an hour, also when idle:\n"
        f"  ${OCUS * ocu.dollars:.2f}  OpenSearch Serverless: 2 x 0.5 OCU without standby, "
        f"at ${ocu.dollars} an OCU-hour ({ocu.source})\n"
        f"  ${STREAM_HOUR:.2f}  a Kinesis stream on demand, and {ALARMS} alarms for less than a cent\n"
        "  The rest (DynamoDB, Lambda, API Gateway, SQS, S3, ECR, logs) costs by use: some cents for a trial.\n"
        "  Units of a collection that the account has already are shared, and then cost nothing more.\n"
        f"It takes about {MINUTES} minutes, so count ${hourly(region) * hours:.2f}. Then everything is destroyed."
    )
