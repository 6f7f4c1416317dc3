"""Tools of whoever writes mappings, as pure functions: what to mend, what was trials, what a file says in full, how a new one begins.

Everything works on a folder and on texts that stand in place of its files, so that an editor can ask before anything is saved.
"""
