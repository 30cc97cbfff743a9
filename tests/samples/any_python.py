"""A script for any Python from 3.9 on: process pools of each kind, a thread and an exit handler at its end, a code."""

import atexit
import multiprocessing
import os
import sys
import threading


class Answer:
    """What a worker returns, pickled."""


def answer(number):
    """Do the work of one worker."""
    return number, Answer()


def work_on():
    """Be a thread that ends after the main one."""
    threading.main_thread().join()
    print("thread")


if __name__ == "__main__":
    print(sys.argv, os.environ["GIVEN"])
    atexit.register(print, "exit handler")
    threading.Thread(target=work_on).start()
    for method in ("fork", "spawn", "forkserver"):
        with multiprocessing.get_context(method).Pool(2) as pool:
            print(method, sum(number for number, _ in pool.map(answer, range(4))))
    sys.exit(7)
