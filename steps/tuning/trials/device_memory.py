"""Tell a trial that failed because a device had no memory left."""

import re

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
_LENGTH = 200


def explain(reason: str, lines: str, device: str) -> str:
    """Return the reason of a failure; of one for a device's memory a sentence that names the device, if it is known.

    >>> explain("exit code 1", "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB", "3")
    'out of memory on device 3 (exit code 1): torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB'
    """
    if not reason.startswith("exit code"):
        return reason
    for line in reversed(lines.splitlines()):
        if _NO_MEMORY.search(line):
            which = f"device {device}" if device else "its device"
            said = _RANK.sub("", line)
            return f"out of memory on {which} ({reason.partition(':')[0]}): {said.strip()[:_LENGTH]}"
        if _EXCEPTION.match(line):  # what comes before it was got over
            break
    return reason
