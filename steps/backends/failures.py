"""Say why a run failed: what its process says, and what it wrote last."""

import re

from steps.backends import log_file

# What PyTorch, JAX, TensorFlow, CuPy, XGBoost, LightGBM and CatBoost write then, on devices of any maker.
_NO_MEMORY = re.compile(
    r"(CUDA|HIP|XPU|MPS|GPU|cuda\w*|hip\w*)\b[^\n]*(out of memory|failed to allocate)"
    r"|OutOfMemoryError"
    r"|RESOURCE_EXHAUSTED[^\n]*(memory|allocat)|ResourceExhaustedError|OOM when allocating"
    r"|(CUDA_ERROR|UR_RESULT_ERROR)_OUT_OF_(DEVICE_)?MEMORY|(cuda|hip)Error(MemoryAllocation|OutOfMemory)"
)
# An exception, but for torchrun's own, which tells that one of its processes has had another.
_EXCEPTION = re.compile(r"(?!.*\bChildFailedError)[\w.]*(Error|Exception|Interrupt)\b")
_RANK = re.compile(r"^\[rank\d+\]:")
_LENGTH, _MEMORY_LENGTH = 300, 200


def explain(failure: str, lines: str, device: str = "") -> str:
    r"""Add to an exit code the line that says most of the last ones that a process wrote.

    Of a device that had no memory left it is a sentence that names the device, if it is known.

    >>> explain("exit code 1", "epoch 1\nout of luck"), explain("killed by SIGKILL", "epoch 1")
    ('exit code 1: out of luck', 'killed by SIGKILL')
    >>> explain("exit code 1", "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB", "3")
    'out of memory on device 3 (exit code 1): torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB'
    """
    if not failure.startswith("exit code"):
        return failure
    for line in reversed(lines.splitlines()):
        if _NO_MEMORY.search(line):
            which = f"device {device}" if device else "its device"
            said = _RANK.sub("", line)
            return f"out of memory on {which} ({failure}): {said.strip()[:_MEMORY_LENGTH]}"
        if _EXCEPTION.match(line):  # what comes before it was got over
            break
    line = log_file.telling_line(lines)
    return f"{failure}: {line[:_LENGTH]}" if line else failure
