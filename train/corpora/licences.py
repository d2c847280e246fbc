"""Licence of a model from those of its training corpora."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from train.settings.corpora import CorpusConfig

UNKNOWN = "unknown"
OTHER = "other"  # the hub's word for a licence that it has no name for
# Licences that ask for no more than a notice, beside which any other one holds.
# The ODbL is one for what is made from a database, such as a model, and not the database itself.
PERMISSIVE = ("cc0-1.0", "apache-2.0", "mit", "bsd-2-clause", "bsd-3-clause", "odbl")
HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


@dataclass(frozen=True)
class Source:
    """A published corpus.

    Attributes
    ----------
    name : with its citation.
    licence : the hub's id of its licence, or its publishers' words; empty where unknown.
    """

    name: str
    licence: str = ""


SOURCES = {
    "ravdess": Source(
        "RAVDESS (Livingstone & Russo 2018, doi:10.1371/journal.pone.0196391)", "cc-by-nc-sa-4.0"
    ),
    "nemo": Source("nEMO (Christop 2024, arXiv:2404.06292)", "cc-by-nc-sa-4.0"),
    "crema_d": Source("CREMA-D (Cao et al. 2014, doi:10.1109/TAFFC.2014.2336244)", "odbl"),
    "emospeech": Source(
        "Indian EmoSpeech Command Dataset (Banga et al. 2019, arXiv:1910.13801)", "cc-by-nc-sa-4.0"
    ),
    "goemotions": Source("GoEmotions (Demszky et al. 2020, arXiv:2005.00547)", "cc-by-4.0"),
    "librispeech": Source("LibriSpeech (Panayotov et al. 2015)", "cc-by-4.0"),
    "mmused_fallacy": Source(
        "MM-USED-fallacy (Mancini et al. 2024, MM-ArgFallacy 2025)", "for research"
    ),
    "mmused": Source("MM-USED (Mancini et al. 2022)", "for research"),
    "mosei": Source("CMU-MOSEI (Zadeh et al. 2018)"),
}


def licence_of(corpus: CorpusConfig) -> str:
    """Return a corpus's licence: the config's, else the published one, else ``unknown``."""
    given = corpus.license or SOURCES.get(corpus.reader, Source("")).licence
    return given.strip() or UNKNOWN


def combined(licences: Iterable[str]) -> str:
    """Return the licence that meets the conditions of all these, by the hub's id.

    Of Creative Commons licences it is the one with the union of their conditions. ``unknown``
    where one is unknown or there are none; ``other`` where one has no id on the hub, forbids
    derivatives, or is ShareAlike while another adds conditions.
    """
    names = {licence.lower() for licence in licences}
    if not names or UNKNOWN in names:
        return UNKNOWN
    asking = sorted(names - set(PERMISSIVE))
    if not asking:
        return max(names, key=PERMISSIVE.index)
    conditions = [_conditions(name) for name in asking]
    if not all(conditions):
        return asking[0] if len(names) == 1 and re.fullmatch(r"[a-z0-9.-]+", asking[0]) else OTHER
    together = set().union(*conditions)
    versions = {name.rsplit("-", 1)[1] for name in asking}
    if "nd" in together or any("sa" in each and each != together for each in conditions):
        return OTHER
    if "sa" in together and len(versions) > 1:
        return OTHER
    parts = [part for part in ("by", "nc", "sa") if part in together]
    return f"cc-{'-'.join(parts)}-{max(versions)}"


def title(licence: str) -> str:
    """Return a licence's usual name."""
    if licence == UNKNOWN:
        return "licence unknown"
    if licence.lower().startswith("cc") and " " not in licence:
        head, _, version = licence.upper().rpartition("-")
        return f"{head.replace('-', ' ', 1)} {version}" if head else licence
    return licence


def sources_list(corpora: Iterable[CorpusConfig]) -> str:
    """Return the corpora with citations and licences as a Markdown list."""
    lines = (f"- {_name(corpus)}, {title(licence_of(corpus))}" for corpus in corpora)
    return "\n".join(dict.fromkeys(lines))


def metadata(corpora: Iterable[CorpusConfig]) -> dict[str, str]:
    """Return the licence fields of hub metadata."""
    licence = combined(map(licence_of, corpora))
    named = {"license_name": "those-of-the-corpora"} if licence == OTHER else {}
    return {"license": licence} | named


def licence_text(corpora: Iterable[CorpusConfig]) -> str:
    """Return the licence of a model trained on these corpora, with reasons, as Markdown."""
    corpora = list(corpora)
    licence = combined(map(licence_of, corpora))
    listed = sources_list(corpora)
    if licence == UNKNOWN:
        return (
            "Unknown, since that of some corpora is: ask those whose work it is before you share "
            "this. If you know\nthe licence of a corpus, say it with `license:` in the config. "
            f"Read were:\n\n{listed}"
        )
    if licence == OTHER:
        return (
            "No licence that hubs have a name for keeps all that these corpora ask for; keep to "
            f"each of theirs,\nand ask those whose work it is before you share this:\n\n{listed}"
        )
    duties = ["name those whose work is in it"]
    if "sa" in _conditions(licence):
        duties.insert(0, "pass it on under the same licence")
    for_what = " for non-commercial purposes" if "nc" in _conditions(licence) else ""
    return (
        f"{_linked(licence)}, which keeps what the corpora ask for: share and change it{for_what},"
        f"\n{' and '.join(duties)}:\n\n{listed}"
    )


def _conditions(licence: str) -> set[str]:
    """Return the conditions of a Creative Commons licence, such as by and nc; else none."""
    head, *parts, version = licence.lower().split("-") if licence.count("-") > 1 else ("", "")
    known = head == "cc" and set(parts) <= {"by", "nc", "sa", "nd"} and version[:1].isdigit()
    return set(parts) if known and "by" in parts else set()


def _linked(licence: str) -> str:
    if not (conditions := _conditions(licence)):
        return title(licence)
    parts = "-".join(part for part in ("by", "nc", "nd", "sa") if part in conditions)
    version = licence.rsplit("-", 1)[1]
    return f"[{title(licence)}](https://creativecommons.org/licenses/{parts}/{version}/)"


def _name(corpus: CorpusConfig) -> str:
    if source := SOURCES.get(corpus.reader):
        return source.name
    if corpus.path and HUB_ID.fullmatch(corpus.path):
        return f"the data set {corpus.path}"
    return f"{PurePosixPath(corpus.root).name}, a corpus of the user"
