"""What may be said on the command line, and what is answered to the rest."""

import pytest
from helpers.command_line import fails

from skneuron._command_line._options import COMMANDS, LARGEST_LAYER, parser


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["cifar"], ["'cifar'", "digits", "mnist", "svhn", "fashion_mnist"]),
        (["digits", "--hidden", "0"], ["--hidden", "'0'", "64,32"]),
        (["digits", "--hidden", "10,0"], ["--hidden", "'10,0'"]),
        (["digits", "--hidden", "ten"], ["--hidden", "'ten'"]),
        (["digits", "--hidden", "-3"], ["--hidden", "argument"]),
        (["digits", "--seeds", "1,x"], ["--seeds", "'1,x'", "0,1,2"]),
        (["digits", "--seeds", "99999999999"], ["--seeds", "4294967295"]),
        (["digits", "--max-iter", "0"], ["--max-iter", "'0'"]),
        (["digits", "--n-train", "2.5"], ["--n-train", "'2.5'"]),
        (["digits", "--n-train", "5"], ["n_train=5", "120", "1297"]),
        (["digits", "--label-noise", "1"], ["--label-noise", "'1'", "below 1"]),
        (["digits", "--label-noise", "-0.1"], ["--label-noise", "'-0.1'", "from 0"]),
        (["digits", "--label-noise", "nan"], ["--label-noise", "'nan'"]),
        (["digits", "--label-noise", "40%"], ["--label-noise", "'40%'", "such as 0.4"]),
        (["digits", "--label-noise", "0.4", "--n-train", "120"], ["label_noise=0.4", "40", "20"]),
        (["digits", "--hidden", "9" * 30], ["--hidden", "999", "up to 10000000", "64,32"]),
        (["digits", "--hidden", "9" * 5000], ["--hidden", "999", "64,32"]),
        (["digits", "--hidden", "10000001"], ["--hidden", "10000000"]),
        (["digits", "--hidden", ""], ["--hidden", "''", "64,32"]),
        (["digits", "--hidden", "64,,32"], ["--hidden", "'64,,32'"]),
        (["digits", "--seeds", "9" * 5000], ["--seeds", "4294967295"]),
        (["digits", "--seeds", ""], ["--seeds", "''"]),
        (["digits", "--max-iter", "9" * 30], ["--max-iter", "up to 2147483647"]),
        (["digits", "--n-train", "9" * 5000], ["--n-train", "up to 2147483647"]),
        (["digits", "--n-train", "2147483647"], ["n_train=2147483647", "1297"]),
        (["digits", "--out", ""], ["--out", "''", "no folder"]),
        (["digits", "--out", "  "], ["--out", "'  '", "no folder"]),
        (["digits", "--data-home", ""], ["--data-home", "''", "no folder"]),
        (["digits", "--nonsense"], ["--nonsense"]),
        ([], ["NAME"]),
    ],
)
def test_bad_input_is_named_in_one_sentence(capsys, arguments, words):
    sentence = fails(capsys, *arguments)
    assert all(word in sentence for word in words), sentence


def test_numpy_can_count_the_bytes_of_the_largest_layers():
    """So that there is not enough memory, which is one sentence, and no other error."""
    assert LARGEST_LAYER**2 * 8 < 2**63


def test_numbers_may_have_spaces_and_zeros_before():
    arguments = parser().parse_args(["study", "digits", "--hidden", " 064, 32", "--seeds", "00"])
    assert arguments.hidden == [(64, 32)]
    assert arguments.seeds == (0,)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_explained(command, capsys):
    with pytest.raises(SystemExit):
        parser().parse_args([command, "--help"])
    text = capsys.readouterr().out
    line, _, options = COMMANDS[command]
    for option, settings in options.items():
        assert settings["help"], option
        assert option.startswith("--") <= (option in text)
    for status in (0, 2, 74, 130, 143):
        assert f" {status}" in text  # of the process
    with pytest.raises(SystemExit):
        parser().parse_args(["--help"])
    assert line.split(",")[0] in " ".join(capsys.readouterr().out.split())
