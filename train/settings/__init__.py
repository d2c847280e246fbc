"""Schemas of YAML configs: keys, types, defaults, inheritance. Imports no learning library.

May be imported by every room; imports none.
"""
