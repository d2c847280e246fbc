"""Metrics, calibration fitted on validation, scores on test, their tables and figures.

May be imported by ``bundles``, ``experiments``, ``studies`` and ``codec``; imports ``method`` and
``settings``.
"""
