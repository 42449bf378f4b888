"""Many variants of a drawing trained as one undertaking: together where that is faster, else one process a core.

``sweep`` is the loop, ``told`` its events, ``worker`` the other end of a process, ``results`` the table.
"""
