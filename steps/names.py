"""Every name that crosses a process: tags, metrics, environment variables."""

# In front of a hyperparameter's name, where it has to be told from a parameter of `train` itself.
PREFIX = "estimator__"

# Tags of a study's runs (parent and children).
STUDY = "tuning.study"  # the study's name
ROLE = "tuning.role"  # study, trial, baseline, confirmation or champion
TRIAL = "tuning.trial"  # the trial's number, from 0
STATE = "tuning.state"  # COMPLETE, PRUNED, FAIL; STOPPED or RETRIED: counted nowhere
PARAMS = "tuning.params"  # the trial's typed hyperparameters, JSON
REPORTED = "tuning.reported"  # what a pruner has seen of the trial, JSON: [[step, value], ...]
PRUNED_AT = "tuning.pruned_at"  # the last of these steps, of a trial that was pruned
NODE = "tuning.node"  # address of the node of a cluster on which the trial was executed
RETRY_OF = "tuning.retry_of"  # run id of the run that was cut off, or failed, in the same trial
REASON = "tuning.reason"  # why a trial failed, one sentence
STDERR = "tuning.stderr"  # the last lines that a failed trial wrote
IDENTITY = "tuning.identity"  # what makes the study this one, JSON: see steps.tuning.record.resume
TUNER = "tuning.tuner"  # the process that works on it and its last sign of life, JSON: see steps.tuning.record.lock
CONTINUES = "tuning.continues"  # run ids of the study's earlier parents, with commas between
SETTINGS = "tuning.settings"  # the study's typed settings, JSON, every `auto` resolved
GIT_DIRTY = "tuning.git_dirty"  # true if the project's work tree is not as the commit, else false
STOPPED_BY = "tuning.stopped_by"  # why the study ended: one of steps.tuning.search.stopping
PARETO = "tuning.pareto"  # on a trial of several objectives: true if no other is better in all
BEST_RUN = "tuning.best_run"  # run id of the best trial
BEST_TRIAL = "tuning.best_trial"  # its number
BEST_PARAMS = "tuning.best_params"  # its hyperparameters, JSON
CONFIRMED = "tuning.confirmed"  # scores of the best trials on fresh folds, JSON, by trial
CHAMPION = "tuning.champion"  # run id of the champion
GAINED = "tuning.gain"  # what the champion gained over the defaults on the held-out rows

# Roles of a child that runs a trial once more.
CONFIRMATION = "confirmation"
CHAMPION_ROLE = "champion"
# And of one that repeats any run, see steps.reproduce.
REPRODUCTION = "reproduction"
REPRODUCES = "tuning.reproduces"  # the run id of what it repeats
VERDICT = "tuning.verdict"  # identical, or the first difference and its likely cause
REPRODUCE = "tuning.reproduce"  # the one command that repeats a child

# States of a child that counts nowhere: it was ended with its study, or cut off; it failed, and was run again.
STOPPED = "STOPPED"
RETRIED = "RETRIED"

# Tags of any run of this project.
ENVIRONMENT = "tuning.environment"  # pinned or drifted
ENVIRONMENT_DIGEST = "tuning.environment_sha256"  # of ENVIRONMENT_FILE, which is on the run, or on its study's
ESTIMATOR = "tuning.estimator"  # import path of the estimator that was fitted; on a study: the best trial's
MODEL_FORMAT = "tuning.model_format"  # skops or cloudpickle: whether loading the model executes what is in it
DATA = "tuning.data"  # sha256 of the data: of the file's bytes, or of the frame of a shipped set
FOLDS = "tuning.folds"  # sha256 of what is made of them: the columns, the held-out rows, the rows of each fold

# Artifacts.
ENVIRONMENT_FILE = "environment/environment.json"  # the installed packages, Python, the machine
CONDA_FILE = "environment/conda.yaml"  # what it should be
LOG = "log.txt"  # on a trial that failed: its whole output
# On a run that was evaluated in full: pictures of the held-out rows, and a table.
CONFUSION = "pictures/confusion_matrix.png"
ROC = "pictures/roc_curve.png"
PRECISION_RECALL = "pictures/precision_recall.png"
PREDICTED = "pictures/predicted_actual.png"
RESIDUALS = "pictures/residuals.png"
IMPORTANCES_PICTURE = "pictures/importances.png"
IMPORTANCES = "importances.csv"
GIT_DIFF = "git.diff"  # on a study whose tree is dirty: what makes it so

# Environment variables.
FILES = "TUNING_FILES"  # the folder of a study that keeps what was fetched for it
KNOWN_ENVIRONMENT = "TUNING_ENVIRONMENT"  # sha256 of the environment that the study's run has on record

# Metrics.
TRIAL_NUMBER = "trial"  # on a trial: its number again, as an axis for charts
FIT_TIME = "fit_time_s"  # mean seconds that the fit of a fold took
GAIN = "gain"  # on a champion, and its study: the held-out score less that of the estimator's defaults
BASELINE = "baseline"  # on a study: the objective with the estimators' own defaults, the best of them


def cv(metric: str) -> str:
    """Name the mean score over the folds."""
    return f"cv_{metric}"


def cv_std(metric: str) -> str:
    """Name the standard deviation of the score over the folds."""
    return f"cv_{metric}_std"


def fold(metric: str) -> str:
    """Name the score of each fold; the fold is the metric's step."""
    return f"fold_{metric}"


def test(metric: str) -> str:
    """Name the score on the held-out rows."""
    return f"test_{metric}"


def baseline_test(metric: str) -> str:
    """Name the score on the held-out rows of the estimator with its defaults."""
    return f"baseline_{test(metric)}"


def dummy_test(metric: str) -> str:
    """Name the score on the held-out rows of what knows nothing of the features."""
    return f"dummy_{test(metric)}"


def low(name: str) -> str:
    """Name the lower end of the 95 % interval of a metric."""
    return f"{name}_low"


def high(name: str) -> str:
    """Name the upper end of the 95 % interval of a metric."""
    return f"{name}_high"


def best(objective: str) -> str:
    """Name the best value of the objective so far, on the parent run; the trial is the metric's step."""
    return f"best_{objective}"


def trials_in(state: str) -> str:
    """Name the number of trials that ended in a state, on the parent run."""
    return f"trials_{state.lower()}"


# What a study's count of trials by state begins with.
NO_TRIALS = {trials_in(state): 0.0 for state in ("COMPLETE", "PRUNED", "FAIL")}
