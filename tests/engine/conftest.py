import pytest

from synthhost.patch import compile_patch, load
from tests.engine.wholes import HEAD, PARTS, TONE


@pytest.fixture
def whole(image, tmp_path):
    """Compiles the text of a patch with parts."""
    for name, words in PARTS.items():
        text = TONE.format(**{"op": "sine", "performance": ""} | words)
        (tmp_path / f"{name}.toml").write_text(HEAD.format(name) + text)

    def make(text):
        (tmp_path / "whole.toml").write_text(HEAD.format("whole") + text)
        return compile_patch(load(tmp_path / "whole.toml", [tmp_path]), image.operators)

    return make
