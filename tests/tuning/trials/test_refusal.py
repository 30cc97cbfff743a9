"""What a script wrote that does not take an argument, or lacks one."""

import pytest

from steps.tuning.trials.refusal import refusal

USAGE = "usage: fit.py [-h] [--lr LR] [--layers LAYERS]\n"


@pytest.mark.parametrize(
    ("output", "given", "said"),
    [
        (f"{USAGE}fit.py: error: unrecognized arguments: --lrr 0.1", ["lrr"], "takes no --lrr (did you mean 'lr'?)"),
        (
            f"{USAGE}fit.py: error: unrecognized arguments: --lrr 0.1 --layes 3",
            ["lrr", "layes", "other"],
            "takes no --lrr (did you mean 'lr'?), --layes (did you mean 'layers'?)",
        ),
        (
            "Usage: fit.py [OPTIONS]\nTry 'fit.py --help' for help.\n\nError: No such option: --lrr Did you mean --lr?",
            ["lrr"],
            "takes no --lrr (did you mean 'lr'?)",
        ),
        ("Error: No such option '--learning-rate'.", ["learning-rate"], "takes no --learning-rate"),
        ("│ No such option: --lrr                   │", ["lrr"], "takes no --lrr"),
        (
            "FATAL Flags parsing error:\n  Unknown command line flag 'lrr'. Did you mean: lr ?\nPass --helpshort",
            ["lrr"],
            "takes no --lrr",
        ),
        ("ERROR: Could not consume arg: --lrr\nUsage: fit.py", ["lrr"], "takes no --lrr"),
        ("getopt.GetoptError: option --lrr not recognized", ["lrr"], "takes no --lrr"),
        ("fit.sh: unrecognized option '--lrr'", ["lrr"], "takes no --lrr"),
        ("flag provided but not defined: -lrr\nUsage of fit:", ["lrr"], "takes no --lrr"),
        ("error: unexpected argument '--lrr' found", ["lrr"], "takes no --lrr"),
        ("fit.py: error: the following arguments are required: --data, -e/--epochs", ["lr"], "needs --data, --epochs"),
        ("fit.py: error: the following arguments are required: table", ["lr"], "needs table"),
        ("Error: Missing option '--data'.", ["lr"], "needs --data"),
        # Another trial may do well where one failed of its values.
        (f"{USAGE}fit.py: error: argument --lr: invalid float value: 'x'", ["lr"], ""),
        ("ValueError: unknown option 'foo' for --solver", ["solver"], ""),
        ("TypeError: fit() got an unexpected keyword argument 'lr'", ["lr"], ""),
        # Something that it runs was given the argument, not by the study.
        ("cc: error: unrecognized option '--fancy'", ["lr"], ""),
        ("fit.py: error: unrecognized arguments: --other 3", ["lr"], ""),
        ("", ["lr"], ""),
    ],
)
def test_a_refused_argument_is_one_that_was_given(output, given, said):
    """As argparse, click, typer, absl, fire, getopt, Go and clap say it; a value that is refused is no such thing."""
    assert refusal(output, given).startswith(said)
    assert bool(refusal(output, given)) == bool(said)
