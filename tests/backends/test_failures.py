"""The reason of a run that failed, such as that a device had no memory left."""

from pathlib import Path

import pytest

from steps.backends import failures

# What torchrun of PyTorch 2.13 has written of two processes, of which the first had no memory.
TORCHRUN = Path(__file__).parents[1] / "samples" / "torchrun.txt"
TRACE = 'Traceback (most recent call last):\n  File "fit.py", line 3, in <module>\n'
NO_MEMORY = [
    "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 15.77 GiB",
    "torch.cuda.OutOfMemoryError: HIP out of memory. Tried to allocate 2.00 GiB",
    "RuntimeError: CUDA error: out of memory",
    "torch.OutOfMemoryError: XPU out of memory. Tried to allocate 64.00 GiB",
    "jaxlib.xla_extension.XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory while trying to allocate 8589934 B",
    "tensorflow.python.framework.errors_impl.ResourceExhaustedError: OOM when allocating tensor with shape[8,8]",
    "cupy_backends.cuda.api.runtime.CUDARuntimeError: cudaErrorMemoryAllocation: out of memory",
    "_catboost.CatBoostError: catboost/libs/cuda/error.cpp: CUDA error 2: out of memory",
    "lightgbm.basic.LightGBMError: [CUDA] out of memory cuda_utils.h 123",
    "cupy.cuda.memory.OutOfMemoryError: Out of memory allocating 8,000,000,000 bytes (allocated so far: 0 bytes).",
    "RuntimeError: MPS backend out of memory (MPS allocated: 18.00 GB, other allocations: 96.00 KB)",
]


@pytest.mark.parametrize("line", NO_MEMORY)
def test_a_device_without_memory_is_the_reason(line):
    """In one sentence that names the device."""
    said = failures.explain("exit code 1", TRACE + line, "3")
    assert said == f"out of memory on device 3 (exit code 1): {line}"
    assert "out of memory on its device (exit code 1)" in failures.explain("exit code 1", line, "")


def test_what_a_framework_writes_behind_it_does_not_hide_it():
    """Such as JAX's remark on its traceback."""
    lines = f"{TRACE}{NO_MEMORY[4]}\n--------------------\nFor simplicity, JAX has removed its internal frames\n"
    assert failures.explain("exit code 1", lines, "0").startswith("out of memory on device 0 (exit code 1): jaxlib")


def test_torchrun_s_own_words_do_not_hide_it():
    """It reports which of its processes failed, behind what that one has said."""
    said = failures.explain("exit code 1", TORCHRUN.read_text(), "0,1")
    assert said.startswith("out of memory on device 0,1 (exit code 1): torch.OutOfMemoryError: CUDA out of memory.")


OTHERS = [
    ("exit code 1", f"{NO_MEMORY[0]}\nhalf the batch then\n{TRACE}ValueError: no", ": ValueError: no"),
    ("exit code 1", f"{TRACE}MemoryError", ": MemoryError"),
    ("exit code 1", "grpc: RESOURCE_EXHAUSTED: quota of requests", ": grpc: RESOURCE_EXHAUSTED: quota of requests"),
    ("exit code 1", "", ""),
    ("killed by SIGKILL (out of memory?)", NO_MEMORY[0], ""),
    ("timeout: not ended after 5 s", NO_MEMORY[0], ""),
    ("ended well, but logged no loss", NO_MEMORY[0], ""),
]


@pytest.mark.parametrize(("failure", "lines", "more"), OTHERS)
def test_another_reason_is_none_of_a_device(failure, lines, more):
    """One that was got over, this machine's own memory, a server's refusal, an end from outside."""
    assert failures.explain(failure, lines, "3") == failure + more
