import threading

from steps.tuning.progress import Progress


def test_the_bar_counts_trials_and_shows_the_best(capsys):
    """On stderr, and nowhere else, stands how many trials are done and the best objective so far."""
    progress = Progress(3, "cv_accuracy")
    progress.advance(None)
    progress.advance(0.75)
    progress.advance(0.9583333333)
    progress.close()
    out, err = capsys.readouterr()
    assert out == ""
    last = err.replace("\r", "\n").splitlines()[-1]
    assert last.startswith("tune: 100%")
    assert "3/3" in last
    assert "best cv_accuracy 0.958333" in last


def test_no_best_is_shown_before_there_is_one(capsys):
    """Trials that all failed count, and no score is invented for them."""
    progress = Progress(2, "cv_r2")
    progress.advance(None)
    progress.close()
    err = capsys.readouterr().err
    assert "1/2" in err.replace("\r", "\n").splitlines()[-1]
    assert "best" not in err


def test_a_log_file_gets_few_lines(capsys):
    """Where stderr is no terminal, a hundred quick trials don't write a hundred lines."""
    progress = Progress(100, "cv_r2")
    for _ in range(100):
        progress.advance(0.5)
    progress.close()
    assert capsys.readouterr().err.count("\r") <= 4


def test_the_bar_needs_no_thread(capsys):
    """The tuner has one thread: the bar adds none."""
    before = threading.active_count()
    progress = Progress(2, "cv_r2")
    progress.advance(0.5)
    assert threading.active_count() == before
    progress.close()
    capsys.readouterr()
