"""Which patch a program change calls."""

import pytest

from synthhost.patch import PatchError
from synthhost.patch.folders import factory_folder
from synthhost.patch.programs import patch_for_program, read_programs


def test_the_users_list_comes_first_and_may_say_little(tmp_path):
    (tmp_path / "programs.toml").write_text(
        '[bank.3]\n5 = "bass/round-bass"\n[bank.0]\n"7-9" = "solo-lead"\n', "utf-8"
    )
    folders = [tmp_path, factory_folder()]
    assert patch_for_program(5, bank=3, folders=folders).stem == "round-bass"
    assert patch_for_program(5, bank=0, folders=folders).stem == "reed-piano"
    assert patch_for_program(8, bank=3, folders=folders).stem == "solo-lead"
    assert patch_for_program(8, channel=10, folders=folders).parent.name == "drums"


def test_a_bank_may_be_as_fine_as_the_keyboard_sends_it(tmp_path):
    (tmp_path / "programs.toml").write_text(
        'drums = "skin-and-wire"\n[bank.8]\n"0-127" = "solo-lead"\n[bank.8-1]\n5 = "round-bass"\n', "utf-8"
    )
    folders = [tmp_path, factory_folder()]
    assert patch_for_program(5, 8, folders=folders, fine=1).stem == "round-bass"
    assert patch_for_program(6, 8, folders=folders, fine=1).stem == "solo-lead"
    assert patch_for_program(5, 8, folders=folders, fine=2).stem == "solo-lead"
    assert patch_for_program(5, 0, folders=folders, fine=1).stem == "reed-piano"
    assert patch_for_program(5, 120, folders=folders).stem == "skin-and-wire", "rhythm of General MIDI 2"


@pytest.mark.parametrize(
    "text",
    [
        "x = ",
        "drums = 3",
        "bank = 3",
        "[bank.x]",
        "[bank.1-]",
        "[bank.1-128]",
        '[bank.0]\n128 = "a"',
        '[bank.0]\n"1-x" = "a"',
        "[bank.0]\n1 = 2",
        "bank.0 = 1",
    ],
)
def test_a_broken_list_is_refused_with_its_name(text, tmp_path):
    path = tmp_path / "programs.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(PatchError) as caught:
        read_programs(path)
    assert str(path) in str(caught.value)


def test_a_program_that_no_list_has_is_refused(tmp_path):
    with pytest.raises(PatchError, match="no patch for program 5"):
        patch_for_program(5, folders=[tmp_path])
