"""Every name that crosses a process: tags, roles, states, metrics, artifacts, environment variables.

Each class is a group of constants. Imports nothing of this project.
"""

# Comes before a hyperparameter's name if that must be told from a parameter of `train` itself.
ESTIMATOR_PREFIX = "estimator__"
# The parameter by which an entry point is given a folder that its next attempt sees too, see Variable.CHECKPOINT.
CHECKPOINT = "checkpoint"


class Role:
    """Values of the tag Tag.ROLE: what a run is to a study."""

    STUDY = "study"  # the parent run
    TRIAL = "trial"
    BASELINE = "baseline"  # an estimator, or an entry point, with its own defaults
    CONFIRMATION = "confirmation"  # runs a trial once more, on fresh folds
    CHAMPION = "champion"  # runs the best trial, or the defaults, once more, refitted
    REPRODUCTION = "reproduction"  # repeats any run, see steps.reproduce
    REPRODUCE = "reproduce"  # the step's own run, above those
    NOTHING = "nothing"  # of no study: a refused command's run, a dry run's, that of the step `space`


class State:
    """Values of the tag Tag.STATE: how a child ended."""

    COMPLETE = "COMPLETE"
    PRUNED = "PRUNED"
    FAIL = "FAIL"
    STOPPED = "STOPPED"  # counted nowhere: ended with its study, or cut off
    RETRIED = "RETRIED"  # counted nowhere: it failed, and was run again
    # The states that Optuna knows too; a trial in one of them is settled.
    SETTLED = (COMPLETE, PRUNED, FAIL)


class Tag:
    """Tags of runs."""

    # Of a study's runs, parent and children.
    STUDY = "tuning.study"  # the study's name
    ROLE = "tuning.role"  # one of Role
    TRIAL = "tuning.trial"  # the trial's number, from 0
    STATE = "tuning.state"  # one of State
    # Of a trial that is evaluated with a part of its budget: see steps.tuning.search.promotion.
    EVALUATION = "tuning.evaluation"  # the number of the evaluation among all of the study, from 0
    BUDGET = "tuning.budget"  # what it had of its budget
    PROMOTED_FROM = "tuning.promoted_from"  # run id of the same trial on the rung below
    PARAMS = "tuning.params"  # the trial's typed hyperparameters, JSON
    REPORTED = "tuning.reported"  # what a pruner has seen of the trial, JSON: [[step, value], ...]
    BEST_STEP = "tuning.best_step"  # the steps that count of objectives, then constraints, `name:best`; commas between
    PRUNED_AT = "tuning.pruned_at"  # the last of these steps, of a trial that was pruned
    NODE = "tuning.node"  # address of the node of a cluster on which the trial was executed
    STARTED = "tuning.started"  # when that was, in milliseconds since 1970; before, it waited for a free place there
    DEVICE = "tuning.device"  # the devices that the trial had, as the variable that shows them names them
    RETRY_OF = "tuning.retry_of"  # run id of the run that was cut off, or failed, in the same trial
    REASON = "tuning.reason"  # why a trial failed, one sentence
    STDERR = "tuning.stderr"  # the last lines that a failed trial wrote
    REPRODUCE = "tuning.reproduce"  # the one command that repeats a child
    PROJECT = "tuning.project"  # the project that is tuned, where it is another than this one: a URI or a folder
    # Of a child of somebody's own entry point.
    CHECKPOINT = "tuning.checkpoint"  # the folder that it was given for its checkpoints
    OUTPUT = "tuning.output"  # what it prints: a path on this machine while it runs, then Artifact.LOG
    # Written by its own processes, see steps.backends.warm.mlflow_calls.
    ASKED_EXPERIMENT = "tuning.asked_experiment"  # what it gave to set_experiment, which means the study's
    OTHER_SERVER = "tuning.other_server"  # a tracking URI that it uses, other than the study's
    STARTS_RUNS = "tuning.starts_runs"  # true if it has started other runs
    WITHIN = "tuning.within"  # on such a run: the child's run id
    # Of a study's parent run.
    IDENTITY = "tuning.identity"  # what makes the study this one, JSON: see steps.tuning.record.identity
    TUNER = "tuning.tuner"  # the process that works on it and its last heartbeat, JSON: see steps.tuning.record.lock
    CONTINUES = "tuning.continues"  # run ids of the study's earlier parents, with commas between
    SETTINGS = "tuning.settings"  # the study's typed settings, JSON, every `auto` resolved
    GIT_DIRTY = "tuning.git_dirty"  # true if the project's work tree is not as the commit, else false
    STOPPED_BY = "tuning.stopped_by"  # why the study ended: one of steps.tuning.search.stopping
    BEST_RUN = "tuning.best_run"  # run id of the best trial
    BEST_TRIAL = "tuning.best_trial"  # its number
    BEST_PARAMS = "tuning.best_params"  # its hyperparameters, JSON
    CONFIRMED = "tuning.confirmed"  # scores on fresh folds, JSON, by trial, or what else was scored
    CHAMPION = "tuning.champion"  # run id of the champion
    CHAMPION_IS = "tuning.champion_is"  # what it is, there too: trial 3, the estimator's defaults, the dummy
    GAIN = "tuning.gain"  # what the champion gained over the defaults on the held-out rows
    # On a trial that breaks a constraint: which, and by how much.
    INFEASIBLE = "tuning.infeasible"
    # On a trial of several objectives: true if no other is better in all.
    PARETO = "tuning.pareto"
    # Of a reproduction.
    REPRODUCES = "tuning.reproduces"  # the run id of what it repeats
    VERDICT = "tuning.verdict"  # identical, or the first difference and its likely cause
    # Of any run of this project.
    ENVIRONMENT = "tuning.environment"  # pinned or drifted
    ENVIRONMENT_SHA256 = "tuning.environment_sha256"  # of Artifact.ENVIRONMENT, which is on the run, or on its study's
    ESTIMATOR = "tuning.estimator"  # import path of the estimator that was fitted; on a study: the best trial's
    MODEL_FORMAT = "tuning.model_format"  # skops or cloudpickle: whether loading the model executes what is in it
    IMPORTANCES = "tuning.importances"  # how often the importance of each feature was measured
    DATA = "tuning.data"  # sha256 of the data: of the file's bytes, or of the frame of a shipped set
    FOLDS = "tuning.folds"  # sha256 of what is made of them: the columns, the held-out rows, the rows of each fold


class Artifact:
    """Artifacts of runs, by path."""

    ENVIRONMENT = "environment/environment.json"  # the installed packages, Python, the machine
    CONDA = "environment/conda.yaml"  # what it should be
    LOG = "log.txt"  # on a trial that failed, or of somebody's own entry point: the end of its output
    TAGS = "tags"  # a folder: the tags that are too long for MLflow, whole, see steps.tracking.whole
    PARAMETERS = "parameters.json"  # the parameters that MLflow would cut, whole
    GIT_DIFF = "git.diff"  # on a study whose tree is dirty: what makes it so
    # On a study.
    WARM_START = "warm_start.json"  # the runs that its search knew from the start, and why others are left out
    REPORT = "report.html"  # the page
    TRIALS = "trials.csv"  # its trials as a table
    BEST = "best.yaml"  # the best trial's parameters, as -P takes them
    STUDY_DB = "study.db"  # the study as a database of Optuna's own
    # On a run that was evaluated in full: the held-out rows in numbers, pictures of them, and a table.
    EVALUATION = "evaluation.json"  # see steps.tracking.evaluation
    CONFUSION = "pictures/confusion_matrix.png"
    ROC = "pictures/roc_curve.png"
    PRECISION_RECALL = "pictures/precision_recall.png"
    PREDICTED = "pictures/predicted_actual.png"
    RESIDUALS = "pictures/residuals.png"
    IMPORTANCES_PICTURE = "pictures/importances.png"
    IMPORTANCES = "importances.csv"


class Variable:
    """Environment variables."""

    RUN_ID = "MLFLOW_RUN_ID"  # MLflow's own: the run that `mlflow run` has made for a step
    BY_MLFLOW = "TUNING_BY_MLFLOW"  # true if `mlflow run` started the step: parameters are typed as `-P name=value`
    TUNER = "TUNING_TUNER"  # the tuner's process id, for its children
    TRIAL = "TUNING_TRIAL"  # a trial's run, experiment and server, JSON, for the processes that its own code starts
    FILES = "TUNING_FILES"  # the folder of a study that keeps what was fetched for it
    KNOWN_ENVIRONMENT = "TUNING_ENVIRONMENT"  # sha256 of the environment that the study's run has on record
    USERS_FOLDER = "TUNING_FOLDER"  # where the user stood who started scripts/run: a relative path begins there
    IMPORTANCES_S = "TUNING_IMPORTANCES_S"  # the seconds that a champion's permutation importances may take
    SCORED_RUN = "TUNING_SCORED_RUN"  # the run of the same trial: it has the scores of a champion's folds
    OWN_FOLDS = "TUNING_OWN_FOLDS"  # set: the run has folds that no other run of its study has
    PATCHES = "TUNING_PATCHES"  # off: no patch of speed, see steps.patches
    CHECKPOINT = "TUNING_CHECKPOINT"  # a folder that is the trial's, also if it is run again after it was cut off
    PORT = "TUNING_PORT"  # a TCP port that no other running trial of this machine is given
    # Which devices a process sees: of NVIDIA, of AMD (HIP's count within ROCR's), of Intel.
    CUDA_DEVICES = "CUDA_VISIBLE_DEVICES"
    HIP_DEVICES = "HIP_VISIBLE_DEVICES"
    ROCR_DEVICES = "ROCR_VISIBLE_DEVICES"
    ZE_DEVICES = "ZE_AFFINITY_MASK"
    CUDA_ORDER = "CUDA_DEVICE_ORDER"  # PCI_BUS_ID: CUDA's numbers are those that nvidia-smi shows


class Metric:
    """Metrics of runs."""

    TRIAL = "trial"  # on a trial: its number again, as an axis for charts
    FIT_TIME = "fit_time_s"  # mean seconds that the fit of a fold took, with its preparation, whichever run did that
    # What a child took, with all that it started and waited for; written by its tuner, unless it has logged such.
    PEAK_MEMORY = "peak_memory_mb"  # the most memory of any of its processes, in MB of 1,000,000 bytes
    CPU = "cpu_s"  # seconds of processor time, of all of them together
    COSTS = (PEAK_MEMORY, CPU)
    BEST_ITERATION = "best_iteration"  # with early stopping: the best round of boosting, mean over the folds
    GAIN = "gain"  # on a champion, and its study: the held-out score less that of the estimator's defaults
    BASELINE = "baseline"  # on a study: the objective of the baseline, of several the best
    SEARCH_TIME = "search_s"  # on a study: the seconds in which a trial ran, over all its starts; by its report

    @staticmethod
    def cv(scorer: str) -> str:
        """Name the mean score over the folds."""
        return f"cv_{scorer}"

    @staticmethod
    def cv_std(scorer: str) -> str:
        """Name the standard deviation of the score over the folds."""
        return f"cv_{scorer}_std"

    @staticmethod
    def fold(scorer: str) -> str:
        """Name the score of each fold; the fold is the metric's step."""
        return f"fold_{scorer}"

    @staticmethod
    def test(scorer: str) -> str:
        """Name the score on the held-out rows."""
        return f"test_{scorer}"

    @staticmethod
    def baseline_test(scorer: str) -> str:
        """Name the score on the held-out rows of the estimator with its defaults."""
        return f"baseline_{Metric.test(scorer)}"

    @staticmethod
    def dummy_test(scorer: str) -> str:
        """Name the score on the held-out rows of what knows nothing of the features."""
        return f"dummy_{Metric.test(scorer)}"

    @staticmethod
    def low(name: str) -> str:
        """Name the lower end of the 95 % interval of a metric."""
        return f"{name}_low"

    @staticmethod
    def high(name: str) -> str:
        """Name the upper end of the 95 % interval of a metric."""
        return f"{name}_high"

    @staticmethod
    def best(objective: str) -> str:
        """Name the best value of the objective so far, on the parent run; the trial is the metric's step."""
        return f"best_{objective}"

    @staticmethod
    def trials_in(state: str) -> str:
        """Name the number of trials that ended in a state, on the parent run."""
        return f"trials_{state.lower()}"


# What a study's count of trials by state begins with.
NO_TRIALS = {Metric.trials_in(state): 0.0 for state in State.SETTLED}
