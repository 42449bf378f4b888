"""Names of nodes and blocks: what is legal, and how to find a free one; and what of other words can be kept."""

from __future__ import annotations

import keyword
import re
from collections.abc import Container
from functools import lru_cache

from nodes.api.registry import find
from nodes.api.words import quoted

_LEGAL = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
LONGEST = 64
_BAD_LETTERS = "{} cannot be a name. Use letters a–z, digits and _, and begin with a letter."

# A node's name becomes an attribute of an nn.Module and a variable in forward(), so it must not hide what
# either needs. The first group is every public attribute of nn.Module (a test compares it with torch).
_MODULE_ATTRIBUTES = frozenset(
    """T_destination add_module apply bfloat16 buffers call_super_init children compile cpu cuda double dump_patches
    eval extra_repr float forward get_buffer get_extra_state get_parameter get_submodule half ipu load_state_dict
    modules mtia named_buffers named_children named_modules named_parameters parameters register_backward_hook
    register_buffer register_forward_hook register_forward_pre_hook register_full_backward_hook
    register_full_backward_pre_hook register_load_state_dict_post_hook register_load_state_dict_pre_hook
    register_module register_parameter register_state_dict_post_hook register_state_dict_pre_hook requires_grad_
    set_extra_state set_submodule share_memory state_dict to to_empty train training type xpu zero_grad""".split()
)
_USED_IN_THE_TEXT = frozenset("self super torch nn functional math range layer probe losses initialised".split())
RESERVED = _MODULE_ATTRIBUTES | _USED_IN_THE_TEXT


def why_illegal(name: object) -> str | None:
    """The sentence that says why this cannot be a name, or None if it can."""
    return _why_illegal(name) if isinstance(name, str) else _BAD_LETTERS.format(quoted(name))


@lru_cache(8192)  # every name of a drawing is asked about after every edit
def _why_illegal(name: str) -> str | None:
    if not _LEGAL.match(name):
        return _BAD_LETTERS.format(quoted(name))
    if len(name) > LONGEST:
        return f"The name {name[:20]}… is longer than {LONGEST} characters. Use a shorter one."
    if keyword.iskeyword(name) or keyword.issoftkeyword(name) or name in RESERVED:
        return f"The name {name} has a meaning of its own in Python or torch. Use another, such as {name}_1."
    return None


def free_name(wanted: str, *taken: Container[str]) -> str:
    """``wanted`` made legal and, if it is in one of ``taken``, counted up: ``conv1`` becomes ``conv2``."""

    def free(name: str) -> bool:
        return why_illegal(name) is None and not any(name in each for each in taken)

    stem = re.sub(r"[^A-Za-z0-9_]+", "_", str(wanted)[:LONGEST]).strip("_") or "node"
    if not stem[0].isalpha():
        stem = f"node_{stem}"
    if free(stem):
        return stem
    base, number = re.fullmatch(r"(.*?)(\d*)", stem, re.DOTALL).groups()  # type: ignore[union-attr]
    count = int(number[:9]) if number else 1
    while True:
        count += 1
        name = f"{base[: LONGEST - 8]}{count}"
        if free(name):
            return name


def _stem(node_type: str) -> str:
    if node_type.startswith("block:"):
        return node_type.removeprefix("block:").lower()
    if node_type.endswith("Loss"):
        return "loss"
    layer = find(node_type)
    own = layer.stem if layer is not None else ""
    return own or re.sub(r"\dd$", "", node_type).lower()  # without the number of dimensions


def default_name(node_type: str, taken: Container[str]) -> str:
    """A name for a fresh node of this type: ``conv1``, ``fc2``, ``relu3``."""
    stem = _stem(node_type)
    numbered = node_type.startswith("block:") and stem[-1:].isdigit()  # block1, block1_2: never block11
    if numbered or stem in ("digits", "loss", "input", "output"):
        if stem not in taken and why_illegal(stem) is None:
            return stem
    count = 1
    if numbered:
        stem, count = f"{stem}_", 2
    while (name := f"{stem}{count}") in taken or why_illegal(name) is not None:
        count += 1
    return name


def writable(text: str) -> str:
    """``text`` as it can be saved and printed: half of a letter, which a paste can bring, becomes a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")
