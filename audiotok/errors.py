"""The one family of errors that this project raises on purpose."""


class AudiotokError(Exception):
    """Something the user can mend; its text is one sentence made to be read."""


class AudioError(AudiotokError):
    """The sound cannot be used: missing, unreadable, too short, too long, silent."""


class BundleError(AudiotokError):
    """A bundle, codec or backbone is missing, incomplete or does not fit."""


class DataError(AudiotokError):
    """A corpus, a table or a config cannot be used."""
