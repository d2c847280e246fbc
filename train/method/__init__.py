"""The method: 1 selection by a lasso, 2 pre-training of new rows, 3 fine-tuning with LoRA.

May be imported by ``evaluation`` and every room after it; imports ``corpora``, ``settings``,
``execution``. ``steps`` is how bundles and experiments run it.
"""
