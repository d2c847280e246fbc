"""Training and evaluation of bundles: corpora in, trained models out.

Rooms import one way, as ``tests/train/test_rooms.py`` holds: ``execution``, ``settings`` <-
``corpora`` <- ``encoding`` <- ``method`` <- ``evaluation`` <- ``bundles``, ``experiments`` <-
``studies``, ``codec``, ``example_clips``.
"""
