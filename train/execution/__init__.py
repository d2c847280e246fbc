"""How work is done, whatever it is: stages that are skipped, processes that share it, files.

May be imported by every room; imports none.
"""
