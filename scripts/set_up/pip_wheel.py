"""Fetch pip's own wheel from the package index: for a Python without pip, as Debian and Ubuntu have it.

python3 -I scripts/set_up/pip_wheel.py <file to write>; from where, say pip's variables, see index_settings.py. A wheel
of pip needs no installing: `PYTHONPATH=pip.whl python3 -m pip`.
"""

import base64
import hashlib
import http.client
import netrc
import os
import ssl
import sys
import urllib.parse
import urllib.request
from html.parser import HTMLParser
from pathlib import Path

# The last pip for Python 3.9, whatever an index would give for it.
NAME = "pip-25.3-py3-none-any.whl"
SHA256 = "9655943313a94722b7774661c21049070f6bbb0a1516bf02f7c8d5d9201514cd"
TIMEOUT_S = 60


class Links(HTMLParser):
    """The targets of a page's links."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        if tag == "a":
            self.found += [value for name, value in attrs if name == "href" and value]


def places():
    """Return the pages that may link to the wheel."""
    indexes = [os.environ.get("PIP_INDEX_URL") or "https://pypi.org/simple"]
    indexes += os.environ.get("PIP_EXTRA_INDEX_URL", "").split()
    found = os.environ.get("PIP_FIND_LINKS", "").split()
    if os.environ.get("PIP_NO_INDEX", "").lower() in {"1", "true", "yes", "on", "t", "y"}:
        indexes = []
    return [*(index.rstrip("/") + "/pip/" for index in indexes), *found]


def opened(url):
    """Return the bytes behind a URL, with the certificates, the proxy and the password that pip would take."""
    parts = urllib.parse.urlsplit(url)
    host = parts.hostname or ""
    context = ssl.create_default_context(cafile=os.environ.get("PIP_CERT"))
    if {host, f"{host}:{parts.port}"} & set(os.environ.get("PIP_TRUSTED_HOST", "").split()):
        context = ssl._create_unverified_context()
    request = urllib.request.Request(urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])))
    user, password = _login(parts)
    if user:
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        request.add_unredirected_header("Authorization", f"Basic {token}")
    proxy = os.environ.get("PIP_PROXY")
    handlers = [urllib.request.HTTPSHandler(context=context)]
    handlers += [urllib.request.ProxyHandler({"http": proxy, "https": proxy})] if proxy else []
    with urllib.request.build_opener(*handlers).open(request, timeout=TIMEOUT_S) as answer:
        return answer.read()


def _login(parts):
    if parts.username:
        return urllib.parse.unquote(parts.username), urllib.parse.unquote(parts.password or "")
    file = os.environ.get("NETRC")
    try:
        found = netrc.netrc(None if file is None else os.path.expanduser(file))
        user, _, password = found.authenticators(parts.hostname or "") or ("", None, "")
    except (OSError, netrc.NetrcParseError):
        user, password = "", ""
    return user, password


def candidates(place):
    """Return the URLs of the wheel on a page or in a folder; a link may lack the password that its page has."""
    if "://" not in place:
        file = Path(place) / NAME
        return [file.resolve().as_uri()] if file.exists() else []
    page = Links()
    page.feed(opened(place).decode("utf-8", "replace"))
    links = [urllib.parse.urljoin(place, link.partition("#")[0]) for link in page.found]
    login, _, host = urllib.parse.urlsplit(place).netloc.rpartition("@")
    found = []
    for link in links:
        parts = urllib.parse.urlsplit(link)
        if parts.path.rpartition("/")[2] == NAME:
            found.append(parts._replace(netloc=f"{login}@{host}").geturl() if login and parts.netloc == host else link)
    return found


def main(argv):
    problems = []
    for place in places():
        shown = place.rpartition("@")[2]
        try:
            wheels = [opened(url) for url in candidates(place)[:1]]
        except (OSError, ValueError, http.client.HTTPException) as error:  # urllib's own are OSErrors
            problems.append(f"{shown}: {error}")
            continue
        for wheel in wheels:
            if hashlib.sha256(wheel).hexdigest() == SHA256:
                Path(argv[0]).write_bytes(wheel)
                return 0
        problems.append(f"{shown}: {NAME} is another file than the one released" if wheels else f"{shown}: no {NAME}")
    print("; ".join(problems), file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
