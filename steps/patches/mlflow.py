"""A request to the tracking server is sent again if its answer breaks off.

What: `TCPKeepAliveHTTPAdapter.send`, through which MLflow sends its requests, reads the whole answer and repeats the
request if that fails, as often as MLflow repeats one that got no answer.
Why: MLflow lets urllib3 retry, which ends when the first lines of an answer are there. `requests` reads the rest after
that, so a server killed in between raises an error that nobody retries, and the study ends. There is no public option.
Since: MLflow 3.17.2, requests 2.34.
Gain: correctness. In chaos runs, one kill in twelve hit this gap. `TUNING_PATCHES=off` leaves it on.
Takes: `tests/patches/test_mlflow.py` breaks off real answers, with the patch and without.
"""

from typing import Any

from mlflow.utils.request_utils import TCPKeepAliveHTTPAdapter
from requests import PreparedRequest, Response
from requests.exceptions import ChunkedEncodingError, ConnectionError

_send = TCPKeepAliveHTTPAdapter.send


def resend_broken_answers() -> None:
    """Apply the patch, to this process and its forks."""
    TCPKeepAliveHTTPAdapter.send = _send_until_whole  # type: ignore[assignment, method-assign]


def _send_until_whole(
    self: TCPKeepAliveHTTPAdapter, request: PreparedRequest, stream: bool = False, **options: Any
) -> Response:
    """Send a request and read its answer, which `requests` keeps; of a streamed one the caller reads the rest."""
    retries = self.max_retries.total or 0
    while True:
        response = _send(self, request, stream=stream, **options)
        if stream:
            return response
        try:
            _ = response.content  # reads it
        except (ChunkedEncodingError, ConnectionError):
            if retries == 0:
                raise
            retries -= 1
        else:
            return response
