"""Run a command to which the kernel refuses pidfd_open, as sandboxes do.

    python tests/without_pidfd.py EPERM command …

A kernel older than Linux 5.3 answers ENOSYS, a container's seccomp filter often EPERM.
"""

import ctypes
import errno
import os
import sys

# From <linux/prctl.h>, <linux/seccomp.h>, <linux/filter.h> and <asm/unistd.h>, where it has this number everywhere.
_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 22, 38
_SECCOMP_MODE_FILTER = 2
_SECCOMP_RET_ERRNO, _SECCOMP_RET_ALLOW = 0x00050000, 0x7FFF0000
_LOAD_WORD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_PIDFD_OPEN = 434


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.POINTER(_Instruction)))


def refuse(number: int) -> None:
    """Have pidfd_open fail with an error number, in this process and all that it starts."""
    instructions = (_Instruction * 4)(
        _Instruction(_LOAD_WORD, 0, 0, 0),  # the number of the system call
        _Instruction(_JUMP_IF_EQUAL, 0, 1, _PIDFD_OPEN),
        _Instruction(_RETURN, 0, 0, _SECCOMP_RET_ERRNO | number),
        _Instruction(_RETURN, 0, 0, _SECCOMP_RET_ALLOW),
    )
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl.argtypes = [ctypes.c_int, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_ulong]
    program = _Program(len(instructions), instructions)
    prctl(_PR_SET_NO_NEW_PRIVS, 1, None, 0, 0)
    if prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(program), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "this kernel takes no filter of system calls")


if __name__ == "__main__":
    refuse(getattr(errno, sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])
