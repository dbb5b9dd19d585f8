"""Fixtures that several test files use."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_data():
    """The folder of real pictures beside the project; a test that needs it skips without."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("WARDROBE_REAL_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"no real pictures in {folder}; WARDROBE_REAL_DATA names another folder")
    return folder
