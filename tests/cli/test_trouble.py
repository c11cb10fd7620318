"""Refusals of AWS, in one line."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from taxiway.trouble import explain


def refusal(code: str, operation: str, message: str = "because") -> str:
    error = ClientError({"Error": {"Code": code, "Message": message}}, operation)
    return explain(error) or ""


@pytest.mark.parametrize(
    ("code", "operation", "words"),
    [
        ("AccessDeniedException", "CreateTable", "may not call CreateTable: because"),
        ("AccessDenied", "CreateRole", "may not call CreateRole: because"),
        ("ExpiredTokenException", "GetRestApi", "credentials have expired"),
        ("TooManyRequestsException", "UpdateUsagePlan", "run the same command again"),
        ("ResourceInUseException", "UpdateTable", "run the same command again"),
        ("ResourceNotFoundException", "Query", "the tables are missing"),
        ("ResourceNotFoundException", "PutRetentionPolicy", "AWS refuses PutRet"),
    ],
)
def test_a_refusal_says_what_and_what_to_do(code: str, operation: str, words: str):
    assert words in refusal(code, operation)
