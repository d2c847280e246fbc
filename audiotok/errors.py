"""The exceptions that this project raises on purpose."""


class AudiotokError(Exception):
    """Base of all; its message is one sentence that tells the user what to do."""


class AudioError(AudiotokError):
    """A recording cannot be used: missing, unreadable, too short, too long, silent."""


class BundleError(AudiotokError):
    """A bundle, codec or backbone is missing, incomplete or does not fit."""


class DataError(AudiotokError):
    """A corpus, a table or a config cannot be used."""


class ExperimentError(AudiotokError):
    """Rounds or a sentence of the experiment are not as they should be."""
