"""What some of MLflow's functions mean to the code of a trial of somebody's own entry point.

MLflow launches a run for each trial, and code that was written to be started by hand stumbles over that, or logs where
nobody looks. So these public functions are wrapped in the processes of such a trial, once `mlflow` has been imported:

- `mlflow.set_experiment` means the study's experiment. With another one, MLflow refuses to go on with the launched run
  ("Cannot start run with ID …"); most scripts call it.
- `log_param` and `log_batch` of MlflowClient, on which all other functions and autologging stand: a value that the
  launched run has on record in another spelling (`1e-3`, 0.001) is logged in the recorded one. MLflow would refuse it
  ("Changing param values is not allowed"), and `mlflow run` records a parameter as a shell's word.
- `MlflowClient.create_run` gives a run that the code starts by itself a tag with the trial's run, so that a metric
  there is found, and told from those of the trials beside it.
- `mlflow.set_tracking_uri` is left as it is; another server than the trial's is noted on the trial's run.

What the tuner is to know stands in tags of the trial's run, which every backend has. Whatever goes wrong here is as if
nothing were wrapped. A part of `launcher`, under the same rules: any Python from 3.9 on, the standard library alone;
and any MLflow from 2.0 on. `on_path` has what brings it into the Python processes below a shell.
"""

import functools
import importlib.util
import inspect
import json
import os
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Callable, Optional

_HERE = os.path.dirname(os.path.abspath(__file__))
ON_PATH = os.path.join(_HERE, "on_path")
_PATH = "PYTHONPATH"
_LOOPBACK = re.compile(r"(?<=://)(localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?=[:/]|$)")
_PASSWORD = re.compile(r"(?<=://)[^/@]*@")
_TAG_LENGTH = 500
# The functions of `mlflow` that other modules have under the same name.
_WRAPPED = ("set_experiment", "set_tracking_uri")
# By such a name: the modules that have it, once `look` has looked.
_seen: "dict[str, list[Any]]" = {}


def _load(*path: str) -> Any:
    """Import a file of this project under no name: the project is not on the path of these processes."""
    spec: Any = importlib.util.spec_from_file_location("_", os.path.join(_HERE, *path))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


spelling = _load("spelling.py")
names = _load(os.pardir, os.pardir, "names.py")


def variables(environment: "Mapping[str, str]") -> "dict[str, str]":
    """Return the variables by which this module gets into the Python processes that are started with them."""
    paths = environment.get(_PATH, "")
    if ON_PATH in paths.split(os.pathsep):
        return {}
    return {_PATH: os.pathsep.join(filter(None, [ON_PATH, paths]))}


def leave_out(environment: "MutableMapping[str, str]") -> None:
    """Take out what this module has put there: what a tuner that runs in a trial starts is of trials of its own."""
    environment.pop(names.Variable.TRIAL, None)
    paths = [path for path in environment.pop(_PATH, "").split(os.pathsep) if path not in ("", ON_PATH)]
    environment.update({_PATH: os.pathsep.join(paths)} if paths else {})


def begin(environment: "MutableMapping[str, str]" = os.environ) -> None:
    """Wrap MLflow's functions in this process, now or once `mlflow` is imported; only in a process of a trial.

    The first process of a trial finds the run that MLflow has launched in MLflow's own variables, which the script may
    change; it leaves them to those that it starts.
    """
    if names.Variable.TRIAL in environment:
        run_id, experiment_id, server = json.loads(environment[names.Variable.TRIAL])
    elif environment.get(names.Variable.RUN_ID):
        run_id = environment[names.Variable.RUN_ID]
        experiment_id, server = environment.get("MLFLOW_EXPERIMENT_ID"), environment.get("MLFLOW_TRACKING_URI")
        environment[names.Variable.TRIAL] = json.dumps([run_id, experiment_id, server])
    else:
        return
    if "mlflow" in sys.modules:
        _wrap(sys.modules["mlflow"], run_id, experiment_id, server)
    else:
        sys.meta_path.insert(0, _AfterImport(lambda mlflow: _wrap(mlflow, run_id, experiment_id, server)))


def look() -> None:
    """Take note of the modules that have what is wrapped: a fork need not look, and copy the pages of all modules."""
    if "mlflow" in sys.modules:
        _seen.update((name, _that_have(name, getattr(sys.modules["mlflow"], name, None))) for name in _WRAPPED)


def _that_have(name: str, function: Any) -> "list[Any]":
    return [module for module in list(sys.modules.values()) if getattr(module, "__dict__", {}).get(name) is function]


class _AfterImport:
    """Has a function called with `mlflow` as soon as that has been imported, once."""

    def __init__(self, call: "Callable[[Any], None]"):
        self._call = call

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name != "mlflow" or self not in sys.meta_path:
            return None
        sys.meta_path.remove(self)
        spec: Any = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            return spec
        loader, execute = spec.loader, spec.loader.exec_module

        def exec_module(module: Any) -> None:
            del loader.exec_module
            execute(module)
            self._call(module)

        loader.exec_module = exec_module
        return spec


def _wrap(mlflow: Any, run_id: str, experiment_id: "Optional[str]", server: "Optional[str]") -> None:
    try:
        calls = _Calls(mlflow, run_id, experiment_id, server or mlflow.get_tracking_uri())
        calls.wrap()
    except Exception as error:  # another `mlflow`, or one of a release that is quite different
        print(f"a trial's calls of MLflow are left as they are: {error!r}", file=sys.stderr)


class _Calls:
    """MLflow's functions, wrapped for the trial of one run on one server."""

    def __init__(self, mlflow: Any, run_id: str, experiment_id: "Optional[str]", server: str):
        self._mlflow, self._client = mlflow, mlflow.MlflowClient
        self._run_id, self._experiment_id, self._server = run_id, experiment_id, server
        self._noted: set[str] = set()

    def wrap(self) -> None:
        """Put the wrapped functions in the place of MLflow's, wherever a module has them."""
        mlflow, client = self._mlflow, self._client
        client.create_run = self._before(client.create_run, self._tag_run)
        client.log_batch = self._before(client.log_batch, self._respell_batch)
        client.log_param = self._log_param(client.log_param)
        for name, wrap in zip(_WRAPPED, (self._set_experiment, self._set_tracking_uri)):
            original = getattr(mlflow, name)
            function = wrap(original)
            for module in _seen.get(name) or _that_have(name, original):
                setattr(module, name, function)

    def _before(self, original: Any, change: "Callable[[dict[str, Any]], None]") -> Any:
        """Wrap a function: its arguments are changed, by their names, before it is called."""
        signature = inspect.signature(original)

        @functools.wraps(original)
        def call(*args: Any, **kwargs: Any) -> Any:
            try:
                bound = signature.bind(*args, **kwargs)
                change(bound.arguments)
                args, kwargs = bound.args, bound.kwargs
            except Exception:  # the function says itself what is wrong
                pass
            return original(*args, **kwargs)

        return call

    def _set_experiment(self, original: Any) -> Any:
        @functools.wraps(original)
        def set_experiment(experiment_name: Any = None, experiment_id: Any = None, **others: Any) -> Any:
            is_one = (experiment_name is None) != (experiment_id is None)  # else MLflow says what is wrong
            if self._experiment_id is None or not is_one or not self._is_home(self._mlflow.get_tracking_uri()):
                return original(experiment_name, experiment_id, **others)
            experiment = original(experiment_id=self._experiment_id, **others)
            if str(experiment_name or experiment_id) not in (experiment.name, experiment.experiment_id):
                self._note(names.Tag.ASKED_EXPERIMENT, experiment_name or experiment_id)
            return experiment

        return set_experiment

    def _set_tracking_uri(self, original: Any) -> Any:
        @functools.wraps(original)
        def set_tracking_uri(uri: Any) -> Any:
            result = original(uri)
            self._note_server(self._mlflow.get_tracking_uri())
            return result

        return set_tracking_uri

    def _log_param(self, original: Any) -> Any:
        respelled = self._before(original, self._respell)

        @functools.wraps(original)
        def log_param(*args: Any, **kwargs: Any) -> Any:
            result = respelled(*args, **kwargs)
            given = inspect.signature(original).bind(*args, **kwargs).arguments["value"]
            return given if isinstance(result, str) else result  # else it is logged later, and this stands for it

        return log_param

    def _tag_run(self, arguments: "dict[str, Any]") -> None:
        arguments["tags"] = {**(arguments.get("tags") or {}), names.Tag.WITHIN: self._run_id}
        self._note(names.Tag.STARTS_RUNS, "true")
        self._note_server(arguments["self"].tracking_uri)

    def _respell(self, arguments: "dict[str, Any]") -> None:
        if self._is_trial(arguments):
            arguments["value"] = self._spelled(arguments["key"], arguments["value"])

    def _respell_batch(self, arguments: "dict[str, Any]") -> None:
        if arguments.get("params") and self._is_trial(arguments):
            arguments["params"] = [
                type(param)(param.key, self._spelled(param.key, param.value)) for param in arguments["params"]
            ]

    def _spelled(self, key: str, value: Any) -> Any:
        recorded = self._recorded.get(key)
        return recorded if recorded is not None and spelling.same_value(recorded, str(value)) else value

    @functools.cached_property
    def _recorded(self) -> "dict[str, str]":
        return dict(self._client(tracking_uri=self._server).get_run(self._run_id).data.params)

    def _is_trial(self, arguments: "dict[str, Any]") -> bool:
        return arguments["run_id"] == self._run_id and self._is_home(arguments["self"].tracking_uri)

    def _is_home(self, server: str) -> bool:
        return _same_place(server) == _same_place(self._server)

    def _note_server(self, server: str) -> None:
        if not self._is_home(server):
            self._note(names.Tag.OTHER_SERVER, _PASSWORD.sub("…@", str(server)))

    def _note(self, tag: str, value: Any) -> None:
        """Tell the tuner, by a tag of the trial's run."""
        if tag not in self._noted:
            self._noted.add(tag)
            try:
                self._client(tracking_uri=self._server).set_tag(self._run_id, tag, str(value)[:_TAG_LENGTH])
            except Exception:  # the script will hear of it by itself
                pass


def _same_place(server: str) -> str:
    """Return one spelling of a tracking URI."""
    uri = _LOOPBACK.sub("localhost", str(server).rstrip("/"))
    scheme, mark, path = uri.partition(":///")
    if mark and scheme.startswith(("sqlite", "file")):
        return f"{scheme}:{os.path.realpath(path if scheme.startswith('sqlite') else '/' + path)}"
    return uri if "://" in uri or ":" in uri else f"file:{os.path.realpath(uri)}"
