"""Forward passes of the language model over text and audio tokens, with all seeds' adapters.

``bert`` runs BERT encoders such as the shipped one, ``any_backbone`` all others; ``loading``
chooses.
"""

from audiotok.reader.loading import Reader, load_reader

__all__ = ["Reader", "load_reader"]
