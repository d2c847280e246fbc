"""One file a corpus; each has ``read(root, splits, ...)``, which returns records.

Imported by ``train.corpora.reading`` alone.
"""
