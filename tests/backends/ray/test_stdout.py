import sys
import threading

from steps.backends.ray import stdout


def test_what_another_thread_prints_is_dropped(capsys, monkeypatch):
    """As the thread in which Ray prints its reports; the stream is else what it was."""
    monkeypatch.setattr(sys, "stdout", sys.stdout)  # so that it is put back
    stdout.keep_for_this_thread()
    thread = threading.Thread(target=print, args=("a report",))
    thread.start()
    thread.join()
    print("the result", flush=True)
    assert capsys.readouterr().out == "the result\n"
    assert sys.stdout.encoding.lower() == "utf-8"
