"""The systems of the paper's tables on any task, with scores beside the published ones.

Imported by the command line; imports every room before it, not its sibling ``bundles``.
"""
