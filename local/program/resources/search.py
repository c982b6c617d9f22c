"""Makes OpenSearch Serverless: policies and collection in the embedded control plane, the data in the local node."""

from local.program.resources.creation import Cloud, Created, Inputs, declared_only, physical_name


def _security_policy(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    policy_name = physical_name(name, inputs)
    # The embedded validator wants "dashboard/" where AWS documents "collection/" for dashboards' network rules.
    if inputs["type"] != "network":
        cloud.client("opensearchserverless").create_security_policy(
            name=policy_name, type=inputs["type"], policy=inputs["policy"]
        )
    return policy_name, {"name": policy_name}


def _access_policy(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    policy_name = physical_name(name, inputs)
    cloud.client("opensearchserverless").create_access_policy(
        name=policy_name, type=inputs["type"], policy=inputs["policy"]
    )
    return policy_name, {"name": policy_name}


def _collection(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    collection = cloud.client("opensearchserverless").create_collection(
        name=physical_name(name, inputs), type=inputs["type"]
    )["createCollectionDetail"]
    return collection["id"], {
        "arn": collection["arn"],
        "name": collection["name"],
        "collectionEndpoint": cloud.opensearch_url,
        "dashboardEndpoint": f"{cloud.opensearch_url}/_dashboards",
    }


CREATORS = {
    "aws:opensearch/serverlessSecurityPolicy:ServerlessSecurityPolicy": _security_policy,
    "aws:opensearch/serverlessAccessPolicy:ServerlessAccessPolicy": _access_policy,
    "aws:opensearch/serverlessCollection:ServerlessCollection": _collection,
    "aws:opensearch/serverlessVpcEndpoint:ServerlessVpcEndpoint": declared_only,
}
