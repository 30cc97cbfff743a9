"""Which files the site makes pages of."""

import pytest

from scripts.documentation import site_pages


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("data.md", "docs/data.md"),
        ("../steps/names.py", "steps/names.py"),
        ("../a%20b.py", "a b.py"),
        ("/etc/hosts", None),
        ("%2Fetc/hosts", None),
        ("../../etc/hosts", None),
        ("mailto:a@b.org", None),
        ("https://b.org/c.py", None),
        ("//b.org/c.py", None),
    ],
)
def test_only_files_of_the_repository_are_pages(link, target):
    """A link to a file of the machine, to a host or to a person is left as it is, and its target is not published."""
    assert site_pages._targets("docs/page.md", f"[a]({link})") == ([] if target is None else [target])
    assert (site_pages._moved("docs/page.md", link) == link) == (target in (None, "docs/data.md"))
