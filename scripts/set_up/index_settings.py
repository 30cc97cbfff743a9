"""Print what pip's settings say of where packages come from, as variables for pip and for uv: NAME=value, a line each.

Any Python from 3.9 on runs it, with or without pip: `python3 -I scripts/set_up/index_settings.py`. What pip is told of
how to install is left out, and pip reads no file besides. uv reads no pip.conf: it is told the same, unless it has
indexes of its own.
"""

import configparser
import os
import sys
from pathlib import Path

# Options of pip that say from where it downloads, and how it gets there.
KEPT = (
    "cache-dir", "cert", "client-cert", "extra-index-url", "find-links", "index-url", "keyring-provider",
    "no-cache-dir", "no-index", "proxy", "retries", "timeout", "trusted-host", "use-deprecated", "use-feature",
)  # fmt: skip
UV_INDEXES = (
    "UV_CONFIG_FILE", "UV_DEFAULT_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_INDEX", "UV_INDEX_URL",
    "UV_NO_INDEX",
)  # fmt: skip
INDEX = ("index", "find-links")
# A file of uv's without any of these says only how to install.
UV_SAYS_WHERE = (*INDEX, "cache-dir", "certs", "insecure", "keyring", "mirror", "offline", "proxy", "tls")
TRUE = {"1", "true", "t", "yes", "y", "on"}
# Where Debian, Fedora and their like, SUSE, Alpine and macOS have the certificates that they trust.
TRUSTED = (
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)  # fmt: skip


def config_files():
    """Return the files that pip reads, the first ones outweighed by the later; see `pip config debug`."""
    named = os.environ.get("PIP_CONFIG_FILE", "")
    if named == os.devnull:
        return []
    home = Path(os.path.expanduser("~"))
    own = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "pip"
    shared = [Path(folder) for folder in (os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep)]
    if sys.platform == "darwin":
        shared = [Path("/Library/Application Support")]
        of_macos = home / "Library" / "Application Support" / "pip"
        own = of_macos if of_macos.is_dir() else home / ".config" / "pip"
    files = [*(folder / "pip" / "pip.conf" for folder in shared), Path("/etc/pip.conf")]
    if not (named and os.path.exists(named)):
        files += [home / ".pip" / "pip.conf", own / "pip.conf"]
    files += [Path(prefix) / "pip.conf" for prefix in dict.fromkeys([sys.base_prefix, sys.prefix])]
    return files + ([Path(named)] if named else [])


def pip_settings():
    """Return each kept option that has a value: of [global], then of [install], then of the environment."""
    by_section = {"global": {}, "install": {}}
    for file in config_files():
        parser = configparser.RawConfigParser()
        try:
            parser.read(file, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError, OSError):
            continue  # pip itself says what is wrong with it
        for section, found in by_section.items():
            if parser.has_section(section):
                found.update({_option(name): value for name, value in parser.items(section)})
    named = {_option(name[4:]): value for name, value in os.environ.items() if name.startswith("PIP_")}
    merged = {}
    for found in (*by_section.values(), named):
        merged.update({name: " ".join(value.split()) for name, value in found.items() if value.strip()})
    return {name: value for name, value in merged.items() if name in KEPT}


def _option(name):
    """Return pip's one name of an option; `default-timeout` is another of `timeout`."""
    name = name.lower().replace("_", "-").lstrip("-")
    return "timeout" if name == "default-timeout" else name


def for_uv(pip):
    """Return the variables that tell uv the same; what it has been told already stays."""
    given = {
        "SSL_CERT_FILE": pip.get("cert"),
        "SSL_CLIENT_CERT": pip.get("client-cert"),
        "UV_HTTP_TIMEOUT": pip.get("timeout"),
        "UV_INSECURE_HOST": pip.get("trusted-host"),
        "UV_KEYRING_PROVIDER": "subprocess" if pip.get("keyring-provider") == "subprocess" else None,
        "ALL_PROXY": pip.get("proxy"),
        # As pip does; a machine without any such file has only those that uv brings.
        "UV_SYSTEM_CERTS": "true" if sys.platform == "darwin" or any(map(os.path.exists, TRUSTED)) else None,
    }
    files = uv_files()
    if files and not any(word in text for text in files for word in UV_SAYS_WHERE):
        given["UV_NO_CONFIG"] = "true"
    if not any(name in os.environ for name in UV_INDEXES) and not any(word in text for text in files for word in INDEX):
        found = [place for place in pip.get("find-links", "").split() if "://" in place or os.path.exists(place)]
        given["UV_INDEX_URL"] = pip.get("index-url")
        given["UV_EXTRA_INDEX_URL"] = pip.get("extra-index-url")
        given["UV_FIND_LINKS"] = ",".join(found)
        given["UV_NO_INDEX"] = "true" if pip.get("no-index", "").lower() in TRUE else None
    return {name: value for name, value in given.items() if value and name not in os.environ}


def uv_files():
    """Return the texts of uv's own files."""
    own = Path(os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")) / "uv" / "uv.toml"
    texts = []
    for file in (own, Path("/etc/uv/uv.toml")):
        try:
            texts.append(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            continue
    return texts


def main():
    pip = pip_settings()
    variables = {"PIP_" + name.upper().replace("-", "_"): value for name, value in pip.items()}
    fixed = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
    }
    for name, value in {**variables, **fixed, **for_uv(pip)}.items():
        print(f"{name}={value}")


if __name__ == "__main__":
    main()
