"""An answer of the tracking server that breaks off in its midst is asked for again, as if there had been none.

MLflow tries again whatever fails before an answer's first line; but `requests` reads the rest beyond that, so a server
that is killed between the two, as one in twelve is that is killed at work, would end a study on the spot.
"""

from typing import Any

from mlflow.utils.request_utils import TCPKeepAliveHTTPAdapter
from requests import PreparedRequest, Response
from requests.exceptions import ChunkedEncodingError, ConnectionError

_send = TCPKeepAliveHTTPAdapter.send


def resend_broken_answers() -> None:
    """Have MLflow's requests made again in this process and its forks, as often as MLflow repeats one."""
    TCPKeepAliveHTTPAdapter.send = _whole  # type: ignore[assignment, method-assign]


def _whole(self: TCPKeepAliveHTTPAdapter, request: PreparedRequest, stream: bool = False, **options: Any) -> Response:
    """Send a request, and read the answer, which `requests` keeps; what is streamed is the reader's."""
    left = self.max_retries.total or 0
    while True:
        response = _send(self, request, stream=stream, **options)
        if stream:
            return response
        try:
            _ = response.content  # it is read here
        except (ChunkedEncodingError, ConnectionError):
            if left == 0:
                raise
            left -= 1
        else:
            return response
