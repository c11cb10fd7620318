"""What `make package` builds, for each stage that ships."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import in_a_process


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return packaged("dev", tmp_path_factory.mktemp("dev"), PYTHONHASHSEED="1")


@pytest.fixture(scope="session")
def package_of_prod(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return packaged("prod", tmp_path_factory.mktemp("prod"), PYTHONHASHSEED="2")


def packaged(stage: str, out: Path, **environment: str) -> Path:
    said = in_a_process("package", "--stage", stage, str(out), **environment)
    assert said.code == 0, said.err
    return out
