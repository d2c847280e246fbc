"""The language model that reads sequences of text and audio tokens, with the adapters of all seeds.

``bert`` reads what ships, ``any_backbone`` all else; ``loading`` chooses.
"""

from audiotok.reader.loading import Reader, load_reader

__all__ = ["Reader", "load_reader"]
