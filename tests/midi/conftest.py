import pytest

from synthhost.realtime.image import load_image


@pytest.fixture(scope="session")
def image():
    """The machine code as it is played."""
    return load_image()
