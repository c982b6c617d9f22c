"""Makes the REST API: routes, validation, refusals, throttling, keys, stage. The log role is declared only."""

from local.program.resources.creation import Cloud, Created, Inputs, declared_only, physical_name


def _rest_api(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    gateway = cloud.client("apigateway")
    api_id = gateway.create_rest_api(name=physical_name(name, inputs))["id"]
    (root,) = (entry["id"] for entry in gateway.get_resources(restApiId=api_id)["items"] if entry["path"] == "/")
    return api_id, {
        "rootResourceId": root,
        "arn": f"arn:aws:apigateway:{cloud.region}::/restapis/{api_id}",
        "executionArn": f"arn:aws:execute-api:{cloud.region}:{cloud.account}:{api_id}",
    }


def _resource(cloud: Cloud, _name: str, inputs: Inputs) -> Created:
    created = cloud.client("apigateway").create_resource(
        restApiId=inputs["restApi"], parentId=inputs["parentId"], pathPart=inputs["pathPart"]
    )
    return created["id"], {"path": created["path"]}


def _model(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    created = cloud.client("apigateway").create_model(
        restApiId=inputs["restApi"],
        name=physical_name(name, inputs),
        contentType=inputs["contentType"],
        schema=inputs["schema"],
    )
    return created["id"], {"name": created["name"]}


def _request_validator(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    created = cloud.client("apigateway").create_request_validator(
        restApiId=inputs["restApi"],
        name=physical_name(name, inputs),
        validateRequestBody=inputs.get("validateRequestBody", False),
        validateRequestParameters=inputs.get("validateRequestParameters", False),
    )
    return created["id"], {}


def _method(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    cloud.client("apigateway").put_method(
        restApiId=inputs["restApi"],
        resourceId=inputs["resourceId"],
        httpMethod=inputs["httpMethod"],
        authorizationType=inputs["authorization"],
        apiKeyRequired=inputs.get("apiKeyRequired", False),
        requestParameters=inputs.get("requestParameters", {}),
        requestModels=inputs.get("requestModels", {}),
        **({"requestValidatorId": inputs["requestValidatorId"]} if inputs.get("requestValidatorId") else {}),
    )
    return name, {}


def _integration(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    cloud.client("apigateway").put_integration(
        restApiId=inputs["restApi"],
        resourceId=inputs["resourceId"],
        httpMethod=inputs["httpMethod"],
        type=inputs["type"],
        requestTemplates=inputs.get("requestTemplates", {}),
        requestParameters=inputs.get("requestParameters", {}),
        passthroughBehavior=inputs.get("passthroughBehavior", "WHEN_NO_MATCH"),
        # A MOCK has none of these.
        **{name: inputs[name] for name in ("integrationHttpMethod", "uri", "credentials") if inputs.get(name)},
    )
    return name, {}


def _method_response(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    cloud.client("apigateway").put_method_response(
        restApiId=inputs["restApi"],
        resourceId=inputs["resourceId"],
        httpMethod=inputs["httpMethod"],
        statusCode=inputs["statusCode"],
        responseParameters=inputs.get("responseParameters", {}),
        responseModels=inputs.get("responseModels", {}),
    )
    return name, {}


def _integration_response(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    cloud.client("apigateway").put_integration_response(
        restApiId=inputs["restApi"],
        resourceId=inputs["resourceId"],
        httpMethod=inputs["httpMethod"],
        statusCode=inputs["statusCode"],
        responseTemplates=inputs.get("responseTemplates", {}),
        responseParameters=inputs.get("responseParameters", {}),
        **({"selectionPattern": inputs["selectionPattern"]} if inputs.get("selectionPattern") else {}),
    )
    return name, {}


def _gateway_response(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    cloud.client("apigateway").put_gateway_response(
        restApiId=inputs["restApiId"],
        responseType=inputs["responseType"],
        responseTemplates=inputs.get("responseTemplates", {}),
        responseParameters=inputs.get("responseParameters", {}),
        **({"statusCode": inputs["statusCode"]} if inputs.get("statusCode") else {}),
    )
    return name, {}


def _deployment(cloud: Cloud, _name: str, inputs: Inputs) -> Created:
    return cloud.client("apigateway").create_deployment(restApiId=inputs["restApi"])["id"], {}


def _stage(cloud: Cloud, _name: str, inputs: Inputs) -> Created:
    api_id, stage = inputs["restApi"], inputs["stageName"]
    cloud.client("apigateway").create_stage(restApiId=api_id, stageName=stage, deploymentId=inputs["deployment"])
    return f"ags-{api_id}-{stage}", {"invokeUrl": f"{cloud.aws_endpoint_url}/_aws/execute-api/{api_id}/{stage}"}


def _method_settings(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    """Makes throttling only: the embedded gateway has neither metrics nor logs nor a cache."""
    path = inputs["methodPath"].replace("*/*", "/*/*")
    settings = {
        "throttling/rateLimit": inputs["settings"]["throttlingRateLimit"],
        "throttling/burstLimit": inputs["settings"]["throttlingBurstLimit"],
    }
    cloud.client("apigateway").update_stage(
        restApiId=inputs["restApi"],
        stageName=inputs["stageName"],
        patchOperations=[
            {"op": "replace", "path": f"{path}/{key}", "value": str(value)} for key, value in settings.items()
        ],
    )
    return name, {}


def _api_key(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    key = cloud.client("apigateway").create_api_key(name=physical_name(name, inputs), enabled=True)
    arn = f"arn:aws:apigateway:{cloud.region}::/apikeys/{key['id']}"
    return key["id"], {"arn": arn, "value": key["value"]}


def _usage_plan(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    throttle = inputs["throttleSettings"]
    plan = cloud.client("apigateway").create_usage_plan(
        name=physical_name(name, inputs),
        apiStages=[{"apiId": stage["apiId"], "stage": stage["stage"]} for stage in inputs["apiStages"]],
        throttle={"rateLimit": throttle["rateLimit"], "burstLimit": throttle["burstLimit"]},
    )
    return plan["id"], {}


def _usage_plan_key(cloud: Cloud, _name: str, inputs: Inputs) -> Created:
    key = cloud.client("apigateway").create_usage_plan_key(
        usagePlanId=inputs["usagePlanId"], keyId=inputs["keyId"], keyType=inputs["keyType"]
    )
    return key["id"], {}


CREATORS = {
    "aws:apigateway/account:Account": declared_only,
    "aws:apigateway/apiKey:ApiKey": _api_key,
    "aws:apigateway/deployment:Deployment": _deployment,
    "aws:apigateway/integration:Integration": _integration,
    "aws:apigateway/integrationResponse:IntegrationResponse": _integration_response,
    "aws:apigateway/method:Method": _method,
    "aws:apigateway/methodResponse:MethodResponse": _method_response,
    "aws:apigateway/methodSettings:MethodSettings": _method_settings,
    "aws:apigateway/model:Model": _model,
    "aws:apigateway/requestValidator:RequestValidator": _request_validator,
    "aws:apigateway/resource:Resource": _resource,
    "aws:apigateway/response:Response": _gateway_response,
    "aws:apigateway/restApi:RestApi": _rest_api,
    "aws:apigateway/stage:Stage": _stage,
    "aws:apigateway/usagePlan:UsagePlan": _usage_plan,
    "aws:apigateway/usagePlanKey:UsagePlanKey": _usage_plan_key,
}
