"""The emulated AWS: a process of its own on 127.0.0.1, ended by its handle."""

from __future__ import annotations

import dataclasses
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from tests.rehearsal.support.environments import ROOT, Environments

HOST = "127.0.0.1"
REGION = "eu-central-1"
_INHERITED = ("HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH")
# How pip reaches its index: the functions' packages are fetched by it.
_OF_PIP = ("PIP_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT", "REQUESTS_CA")
_START_SECONDS = 60.0


@dataclass(frozen=True)
class Aws:
    """Where the emulated AWS answers, and as whom it is called."""

    endpoint: str
    log: Path
    access_key: str = "test"
    secret_key: str = "test"
    region: str = REGION

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs to call this AWS, and nothing of the caller's."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name in _INHERITED or name.upper().startswith(_OF_PIP)
        }
        return inherited | {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "NO_COLOR": "1",
        }

    def client(self, service: str) -> Any:
        """Give a boto3 client."""
        # The service is a text here, and boto3's types want a literal.
        make: Any = boto3.client
        return make(
            service,
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
        )

    def another_account(self, number: str) -> Aws:
        """Give the root of another account; this emulator knows them by the key."""
        return dataclasses.replace(self, access_key=number)

    def user(self, name: str, policy: str) -> Aws:
        """Make a user who may do what the policy says, and no more."""
        iam = self.client("iam")
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="rights", PolicyDocument=policy)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return dataclasses.replace(
            self, access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"]
        )

    def url(self, api_id: str, stage: str = "api") -> str:
        """Give the address of a REST API's stage."""
        return f"{self.endpoint}/_aws/execute-api/{api_id}/{stage}"


@contextmanager
def running_aws(python: Environments, log: Path) -> Iterator[Aws]:
    """Run the emulator on a free port."""
    with (
        socket.create_server((HOST, 0), backlog=256) as listener,
        log.open("wb") as out,
    ):
        port = listener.getsockname()[1]
        process = subprocess.Popen(
            [
                python.emulator,
                ROOT / "tests/rehearsal/emulator/__main__.py",
                str(listener.fileno()),
            ],
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=_environment(port, python, log.parent),
            pass_fds=(listener.fileno(),),
            start_new_session=True,
        )
    try:
        aws = Aws(f"http://{HOST}:{port}", log)
        _wait_until_ready(aws, process)
        yield aws
    finally:
        process.terminate()
        assert process.stdin
        process.stdin.close()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _environment(port: int, python: Environments, folder: Path) -> dict[str, str]:
    """Give little: the functions inherit it from the emulator."""
    temporary = folder / "tmp"
    temporary.mkdir()
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return inherited | {
        "TMPDIR": str(temporary),
        "AUTH": "true",
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        "LOG_LEVEL": "WARNING",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": "unix:///nonexistent",
        "PYTHONDONTWRITEBYTECODE": "1",
        "REHEARSAL_RUNTIME": str(python.runtime),
    }


def _wait_until_ready(aws: Aws, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(f"{aws.endpoint}/_ministack/health", timeout=30)
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"the emulator did not start:\n{aws.log.read_text()}")
