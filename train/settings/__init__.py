"""What YAML configs may say: types, defaults, how files inherit. No learning library is needed.

May be imported by every room; imports none.
"""
