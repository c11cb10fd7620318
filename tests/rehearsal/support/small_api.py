"""A small API of two functions, to try the emulator with."""

from __future__ import annotations

import io
import json
import time
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.rehearsal.support.aws import Aws

_ECHO = """
import importlib.util, json, os

def handle(event, context):
    asked = event.get("queryStringParameters") or {}
    if asked.get("fail"):
        raise RuntimeError("a secret detail")
    body = "x" * int(asked["size"]) if "size" in asked else json.dumps(
        {"event": event, "environment": dict(os.environ),
         "pydantic": importlib.util.find_spec("pydantic") is not None})
    return {"statusCode": 200, "body": body, "headers": {
        "Content-Type": "application/json", "WWW-Authenticate": "Basic"}}
"""

_AUTHORIZER = """
def handle(event, context):
    key = event["headers"].get("x-key", "")
    if key == "broken":
        raise RuntimeError("a secret detail")
    effect = "Allow" if key.startswith("key-of-") else "Deny"
    return {
        "principalId": key or "nobody",
        "usageIdentifierKey": key,
        "policyDocument": {"Version": "2012-10-17", "Statement": [
            {"Action": "execute-api:Invoke", "Effect": effect,
             "Resource": event["methodArn"]}]},
        "context": {"code": "bad_key", "left": 7, "id": event["requestContext"]["requestId"]},
    }
"""


@dataclass(frozen=True)
class SmallApi:
    """Two functions behind `/open` and, with authorizer and key, `/closed`."""

    aws: Aws
    id: str

    @property
    def url(self) -> str:
        """Where its stage is."""
        return self.aws.url(self.id)

    def put(self, definition: dict[str, Any]) -> None:
        """Overwrite its definition, without deploying it."""
        self.aws.client("apigateway").put_rest_api(
            restApiId=self.id, mode="overwrite", body=json.dumps(definition)
        )

    def deploy(self) -> None:
        """Serve what is defined."""
        self.aws.client("apigateway").create_deployment(
            restApiId=self.id, stageName="api"
        )


def role(aws: Aws, name: str) -> str:
    """Make a role without rights for functions, unless it is there; return its ARN."""
    iam = aws.client("iam")
    trust: dict[str, Any] = {"Effect": "Allow", "Action": "sts:AssumeRole"}
    trust |= {"Principal": {"Service": "lambda.amazonaws.com"}}
    try:
        return str(iam.get_role(RoleName=name)["Role"]["Arn"])
    except iam.exceptions.NoSuchEntityException:
        made = iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps(
                {"Version": "2012-10-17", "Statement": [trust]}
            ),
        )
        return str(made["Role"]["Arn"])


def zipped(code: str) -> bytes:
    """Pack the only file of a function."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("main.py", code)
    return packed.getvalue()


def function(aws: Aws, name: str, code: str, role_arn: str) -> str:
    """Make a function of one file; return its ARN when it is ready."""
    client = aws.client("lambda")
    arn = client.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="main.handle",
        Role=role_arn,
        Code={"ZipFile": zipped(code)},
        Timeout=25,
    )["FunctionArn"]
    client.get_waiter("function_active_v2").wait(
        FunctionName=name, WaiterConfig={"Delay": 1}
    )
    return str(arn)


def definition(aws: Aws, echo: str, authorizer: str) -> dict[str, Any]:
    """Write the swagger as Chalice and `taxiway provision` do."""
    call = f"arn:aws:apigateway:{aws.region}:lambda:path/2015-03-31/functions/%s/invocations"
    integration = {"type": "aws_proxy", "httpMethod": "POST", "uri": call % echo}
    method = {"x-amazon-apigateway-integration": integration, "responses": {}}
    closed = {**method, "security": [{"people": []}, {"api_key": []}]}
    refused = {
        "statusCode": 401,
        "responseParameters": {
            "gatewayresponse.header.X-Left": "context.authorizer.left",
            "gatewayresponse.header.X-Id": "context.requestId",
            "gatewayresponse.header.WWW-Authenticate": "'Basic'",
        },
        "responseTemplates": {
            "application/json": '{"code":"$context.authorizer.code","id":"$context.requestId"}'
        },
    }
    extension = {
        "type": "request",
        "identitySource": "",
        "authorizerUri": call % authorizer,
        "authorizerResultTtlInSeconds": 0,
    }
    people = {"type": "apiKey", "name": "Unused", "in": "header"}
    people["x-amazon-apigateway-authtype"] = "custom"
    return {
        "swagger": "2.0",
        "info": {"title": "small", "version": "1"},
        "securityDefinitions": {
            "people": {**people, "x-amazon-apigateway-authorizer": extension},
            "api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
        },
        "x-amazon-apigateway-api-key-source": "AUTHORIZER",
        "x-amazon-apigateway-minimum-compression-size": 1024,
        "x-amazon-apigateway-gateway-responses": {"ACCESS_DENIED": refused},
        "paths": {
            "/open": {"get": method, "head": method, "post": method},
            "/closed": {"get": closed},
        },
    }


def small_api(aws: Aws) -> tuple[SmallApi, dict[str, Any]]:
    """Make the API; give it with its definition."""
    arn = role(aws, "small")
    # Unique names let a test session begin again on the same emulator.
    mark = f"{time.time_ns():x}"
    made = definition(
        aws,
        function(aws, f"echo-{mark}", _ECHO, arn),
        function(aws, f"authorizer-{mark}", _AUTHORIZER, arn),
    )
    api_id = aws.client("apigateway").import_rest_api(
        body=json.dumps(made), parameters={"endpointConfigurationTypes": "REGIONAL"}
    )["id"]
    api = SmallApi(aws, api_id)
    api.deploy()
    return api, made
