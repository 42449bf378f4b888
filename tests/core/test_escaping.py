"""Text for HTML: as Python's own module writes it."""

from __future__ import annotations

import html

from hypothesis import given
from hypothesis import strategies as st

from app.core.escaping import escape


@given(st.text(alphabet="&<>\"';# aä\n"))
def test_it_is_what_python_writes(text: str) -> None:
    """Fails if a name with a sign of HTML in it is shown as markup, or a sign is replaced twice."""
    assert escape(text) == html.escape(text)
    assert html.unescape(escape(text)) == text
