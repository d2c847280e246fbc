"""One file a corpus; each has ``read(root, splits, ...)``, which gives records.

Imported by ``train.corpora.reading`` alone.
"""
