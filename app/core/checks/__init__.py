"""What can be wrong with a drawing, what is worth knowing of it, and what would help.

``problems`` is the vocabulary: a problem has a sentence and fixes, and inference finds most of them; ``data``,
``label_wires``, ``references``, ``bypassing`` and ``over_time`` look at what concerns more than one layer. ``refusals``
are why a drawing cannot be trained, ``lint`` keeps nothing from anything, ``check`` puts all of it together. ``fixes``
leads from a fix to its edit; ``wiring``, ``feeding``, ``upstream`` and ``quick_fixes`` find out what would help.
"""
