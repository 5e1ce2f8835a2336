"""Keys and addresses from `.env`: the environment goes before, values stand as they are, nothing is shown."""

import os

import pytest

from taskc.backends import ModelError
from taskc.flow.environment import DotEnv, read_dotenv, with_dotenv


def write(folder, text):
    (folder / ".env").write_text(text, encoding="utf-8")
    return folder


def test_a_file_adds_to_the_environment_and_does_not_go_before_it(tmp_path):
    write(tmp_path, "OPENAI_API_KEY=from-file\nANTHROPIC_API_KEY=from-file\nEMPTY=x\n")
    found = with_dotenv({"OPENAI_API_KEY": "from-here", "EMPTY": "", "HOME": "h"}, tmp_path)
    assert found == {
        "OPENAI_API_KEY": "from-here",
        "ANTHROPIC_API_KEY": "from-file",
        "EMPTY": "",
        "HOME": "h",
    }


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("K=plain", "plain"),
        ("export K=plain", "plain"),
        ("K = spaced  ", "spaced"),
        ("K=value # a remark", "value"),
        ("K='single # quoted'", "single # quoted"),
        ('K="double\\nquoted"', "double\nquoted"),
        ("K=${HOME}/$OTHER", "${HOME}/$OTHER"),
        ("\ufeffK=bom", "bom"),
    ],
)
def test_how_values_are_written(tmp_path, line, value):
    assert read_dotenv(write(tmp_path, line + "\n")).values == {"K": value}


def test_what_cannot_be_read_is_passed_over_and_named(tmp_path):
    found = read_dotenv(write(tmp_path, "A=1\n'broken\nB=2\n# remark\nNAME\n"))
    assert found.values == {"A": "1", "B": "2"}
    assert found.broken == (2,)


def test_there_need_be_none(tmp_path):
    assert read_dotenv(tmp_path) == DotEnv()
    (tmp_path / ".env").mkdir()  # a virtual environment may be called so
    assert read_dotenv(tmp_path) == DotEnv()


def test_a_file_that_is_no_text_is_an_error(tmp_path):
    (tmp_path / ".env").write_bytes(b"K=\xff\xfe\n")
    with pytest.raises(ModelError, match="cannot be read: it is not text"):
        read_dotenv(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="everything may be read")
def test_a_file_that_may_not_be_read_is_an_error(tmp_path):
    write(tmp_path, "K=1").joinpath(".env").chmod(0)
    with pytest.raises(ModelError, match="cannot be read: permission denied"):
        read_dotenv(tmp_path)


def test_values_are_not_in_its_repr(tmp_path):
    assert "secret" not in repr(read_dotenv(write(tmp_path, "K=secret")))
