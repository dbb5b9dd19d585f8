"""What every root script does with errors, and with a reader that stops early."""

import subprocess
import sys

import pytest

from wardrobe.command import command, positive_int
from wardrobe.errors import DatasetError


def test_an_error_made_on_purpose_is_a_message_and_exit_code_2(capsys):
    @command
    def main(argv):
        if argv:
            raise DatasetError(f"{argv[0]} is no dataset")

    assert main([]) == 0
    assert main(["x"]) == 2
    assert capsys.readouterr().err == "x is no dataset\n"


def test_other_errors_are_not_hidden():
    @command
    def main(argv):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        main([])


def test_a_reader_that_stops_early_is_no_error():
    program = (
        "import sys\n"
        "from wardrobe.command import command\n"
        "main = command(lambda argv: [sys.stdout.write('line\\n') for _ in range(100_000)])\n"
        "sys.exit(main([]))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"line\n"
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_whole_numbers_of_at_least_one():
    assert positive_int("32") == 32
    for text in ("0", "-1", "1.5", "many", ""):
        with pytest.raises(Exception, match="must be a whole number of at least 1"):
            positive_int(text)
