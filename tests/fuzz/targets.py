"""Every parser that is fuzzed, by name."""

from tests.fuzz import projects, records, spaces, tables, words

TARGETS = {**spaces.TARGETS, **tables.TARGETS, **words.TARGETS, **records.TARGETS, **projects.TARGETS}
