"""A bundle from a config: a graph of stages, what each needs and makes, and the model card.

May be imported by ``studies`` and the command line; imports every room before it, not its sibling
``experiments``.
"""
