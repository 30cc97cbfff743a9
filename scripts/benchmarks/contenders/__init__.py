"""What a study that is disturbed is run by: this project, and others that promise to resume one.

`contender.py` is what each of them has to answer, `trial.py` the trial that all of them run, `strikes.py` what is done
to them; `scripts/benchmarks/faults.py` holds the outcome to that of an undisturbed study.
"""
