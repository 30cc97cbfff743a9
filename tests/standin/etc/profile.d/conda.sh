# shellcheck shell=bash
# Defines `conda activate <environment>`: what MLflow sources when CONDA_EXE or MLFLOW_CONDA_HOME says where conda is.
conda() {
  [ "$1" = activate ] || { command conda "$@"; return; }
  [ -e "$STANDIN_CONDA_ENVS/$2/conda-meta/history" ] || { echo "EnvironmentNameNotFound: $2" >&2; return 1; }
  export CONDA_DEFAULT_ENV="$2" CONDA_PREFIX="$STANDIN_CONDA_ENVS/$2"
  export PATH="$CONDA_PREFIX/bin:$PATH"
  trap : EXIT # with a trap bash does not turn into its last command: it stays between, as it does where conda has hooks
}
