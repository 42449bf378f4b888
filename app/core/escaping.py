"""Text for HTML and SVG."""


def escape(text: str) -> str:
    """As ``html.escape``, whose module also loads a table of all 2,231 named signs of HTML: a third of a megabyte, for
    a window that only writes."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace('"', "&quot;").replace("'", "&#x27;")
