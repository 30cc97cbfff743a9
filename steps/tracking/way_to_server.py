"""What stands between this machine and a tracking server: a proxy, certificates, the name that the server answers to.

An error there looks as if the server were away, or refused the user.
"""

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from requests.utils import get_environ_proxies, select_proxy

from steps.errors import StepError, Unreachable, WrongValue
from steps.project import secrets

# As `requests` and MLflow say it.
_OTHER_HOST = "Invalid Host header"
_NO_FILE = re.compile(r"Could not find (?:a suitable|the) TLS [\w ]+, invalid path: (.+?)(?:\n|'?\)|$)")
_NO_CERTIFICATE = re.compile(r"NO_CERTIFICATE_OR_CRL_FOUND|\[X509\] PEM lib|\[SSL\] PEM lib")
_PROXY = re.compile(r"ProxyError\('([^']*)', (.*)", re.DOTALL)
_PROXY_REFUSES = re.compile(r"Tunnel connection failed: (\d+)|failed with error code (407)")
_REASON = re.compile(r"\[Errno -?\d+\] ([^\"')]+)|(timed out)")
# In the order in which they count.
_CERTIFICATES = (
    "MLFLOW_TRACKING_SERVER_CERT_PATH", "MLFLOW_TRACKING_CLIENT_CERT_PATH", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
)  # fmt: skip


def explain(text: str, uri: str) -> StepError | None:
    """Translate the text of an error on the way to the server of a URI; return None for any other."""
    return _host(text, uri) or _certificates(text) or _proxy(text, uri)


def proxy_of(uri: str) -> str:
    """Say which proxy requests to a URI go through, and how to go past it; empty if they go through none."""
    proxy = select_proxy(uri, get_environ_proxies(uri)) if uri.startswith(("http:", "https:")) else None
    if not proxy:
        return ""
    set_by = [name for name, value in os.environ.items() if name.lower().endswith("_proxy") and value == proxy]
    past = f"NO_PROXY={urlsplit(uri).hostname} goes past it"
    return f"the proxy {secrets.hidden(proxy)}{f' of {set_by[0]}' if set_by else ''} ({past})"


def _host(text: str, uri: str) -> StepError | None:
    if _OTHER_HOST not in text:
        return None
    host = secrets.hidden(urlsplit(uri).netloc).rpartition("@")[2]
    return WrongValue(
        f"the tracking server {secrets.hidden(uri)} answers no request for the host {host!r}: name it by a host that "
        f"it answers to, or start it with `mlflow server --allowed-hosts {host}`"
    )


def _certificates(text: str) -> StepError | None:
    if match := _NO_FILE.search(text):
        problem = f"no such file: {match[1]}"
        named = [name for name in _CERTIFICATES if os.environ.get(name) == match[1]]
    elif _NO_CERTIFICATE.search(text):
        problem = "has no certificate in PEM format"
        named = [name for name in _CERTIFICATES if Path(os.environ.get(name, "")).is_file()]
    else:
        return None
    which = f"{named[0]} {os.environ[named[0]]!r}" if named else "the certificates for https"
    return WrongValue(f"{which}: {problem}; must be a file of certificates in PEM format, or unset")


def _proxy(text: str, uri: str) -> StepError | None:
    if refused := _PROXY_REFUSES.search(text):
        status = next(filter(None, refused.groups()))
        return WrongValue(f"{proxy_of(uri) or 'a proxy'} refuses to connect to {secrets.hidden(uri)}: error {status}")
    if match := _PROXY.search(text):
        found = _REASON.search(match[2])
        reason = next(filter(None, found.groups())) if found else match[1]
        return Unreachable(f"{proxy_of(uri) or 'a proxy'} can't be used: {reason}")
    return None
