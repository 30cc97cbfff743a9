"""How many threads BLAS and OpenMP use. They read their limits when they load, so these are set before."""

import os

# A BLAS with two threads rounds otherwise than with one, so the number is a recorded setting of every run.
VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)


def variables(threads: int) -> dict[str, str]:
    """Return the environment variables that limit a process."""
    return dict.fromkeys(VARIABLES, str(threads))


def limit(threads: int) -> None:
    """Limit this process and those that it starts; call it before numpy is imported."""
    os.environ.update(variables(threads))
