"""CloudFormation: what ministack forgets of a resource.

AWS: "AWS::ApiGateway::RestApi" (a changed Body is no replacement, ApiKeySourceType),
"AWS::ApiGateway::Stage" (AccessLogSetting, and slashes in MethodSettings) and
"AWS::DynamoDB::Table" (time to live, point-in-time recovery).
"""

from __future__ import annotations

from typing import Any

from tests.rehearsal.emulator import definitions


def mend(provisioners: Any, gateway: Any, dynamodb: Any) -> None:
    """Replace the provisioners in the module and in its tables."""
    for name in ("_ddb_create", "_ddb_update"):
        inner = getattr(provisioners, name)
        _replace(provisioners, name, inner, _with_settings(dynamodb, inner))
    for name, maker in (
        ("_apigw_rest_api_create", _creating_api),
        ("_apigw_rest_api_update", _updating_api),
        ("_apigw_stage_create", _creating_stage),
        ("_apigw_stage_update", _updating_stage),
    ):
        inner = getattr(provisioners, name)
        _replace(provisioners, name, inner, maker(gateway, inner))


def _replace(provisioners: Any, name: str, old: Any, new: Any) -> None:
    setattr(provisioners, name, new)
    tables = [value for value in vars(provisioners).values() if isinstance(value, dict)]
    for table in tables:
        for entry in table.values():
            if isinstance(entry, dict):
                entry |= {key: new for key, value in entry.items() if value is old}


def _key_source(gateway: Any, api_id: str, props: dict[str, Any]) -> None:
    if props.get("ApiKeySourceType"):
        gateway._rest_apis.get(api_id)["apiKeySource"] = props["ApiKeySourceType"]


def _creating_api(gateway: Any, inner: Any) -> Any:
    def create(logical_id: str, props: dict[str, Any], stack: str) -> Any:
        api_id, attributes = inner(logical_id, props, stack)
        _key_source(gateway, api_id, props)
        return api_id, attributes

    return create


def _updating_api(gateway: Any, inner: Any) -> Any:
    def update(
        api_id: str, old: dict[str, Any], new: dict[str, Any], *rest: Any
    ) -> Any:
        body: Any = new.get("Body")
        if body != old.get("Body") and gateway._rest_apis.get(api_id):
            definitions.put_api(gateway, api_id, body, "overwrite")
            for name, field in (
                ("MinimumCompressionSize", "minimumCompressionSize"),
                ("BinaryMediaTypes", "binaryMediaTypes"),
            ):
                if name in new:
                    gateway._rest_apis.get(api_id)[field] = new[name]
            old = {**old, "Body": body}
        answer = inner(api_id, old, new, *rest)
        _key_source(gateway, answer[0], new)
        return answer

    return update


def _creating_stage(gateway: Any, inner: Any) -> Any:
    def create(logical_id: str, props: dict[str, Any], stack: str) -> Any:
        answer = inner(logical_id, props, stack)
        _complete_stage(gateway, props)
        return answer

    return create


def _updating_stage(gateway: Any, inner: Any) -> Any:
    def update(
        physical_id: str, old: dict[str, Any], new: dict[str, Any], *rest: Any
    ) -> Any:
        answer = inner(physical_id, old, new, *rest)
        _complete_stage(gateway, new)
        return answer

    return update


def _complete_stage(gateway: Any, props: dict[str, Any]) -> None:
    wanted = props.get("AccessLogSetting") or {}
    stage = gateway._stages_v1.get(props["RestApiId"], {}).get(props["StageName"])
    if stage is None:
        return
    stage["accessLogSettings"] = {
        "destinationArn": wanted.get("DestinationArn"),
        "format": wanted.get("Format"),
    }
    # `/~1path~1of~1it` in a template is `~1path~1of~1it` in the stage.
    settings = stage.get("methodSettings") or {}
    stage["methodSettings"] = {
        name.removeprefix("/"): value for name, value in settings.items()
    }


def _with_settings(dynamodb: Any, inner: Any) -> Any:
    def provision(*arguments: Any, **more: Any) -> Any:
        answer = inner(*arguments, **more)
        table = {"TableName": answer[0]}
        # The last of the properties that came in: an update brings old and new.
        props = [one for one in arguments if isinstance(one, dict)][-1]
        expiry = props.get("TimeToLiveSpecification")
        if expiry:
            dynamodb._update_ttl({**table, "TimeToLiveSpecification": expiry})
        recovery = props.get("PointInTimeRecoverySpecification")
        if recovery:
            dynamodb._update_continuous_backups(
                {**table, "PointInTimeRecoverySpecification": recovery}
            )
        return answer

    return provision
