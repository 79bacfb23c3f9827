from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import BuildFake
from tests.service.server.door import Door


@pytest.fixture
def door(root: Path, build_fake: BuildFake) -> Iterator[Door]:
    build_fake()
    door = Door(root)
    with door.open():
        yield door
