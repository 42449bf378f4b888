"""What the command palette offers: the menus as they are, layers to add, blocks to enter, settings of the recipe."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu

from app.core.commands import SetRecipe
from app.core.graph.blocks import why_recursive
from app.core.graph.model import BLOCK_PREFIX, MAIN
from app.core.graph.roles import plays
from app.ui.docks import PANELS
from app.ui.palette.search import usable
from app.ui.typed_numbers import plain
from nodes.api import Choice, Float, Int
from nodes.api.registry import heading_of, layers

if TYPE_CHECKING:
    from app.ui.base_window import BaseWindow

STEP = " › "
# Why an entry is grey, for those whose reason does not depend on more than one thing.
_REASONS = {
    "undo": "There is nothing to undo.",
    "redo": "There is nothing to redo.",
    "leave": "You are not inside a block.",
    "pause": "No training is on.",
    "stop": "No training is on.",
    "train": "A training is on already.",
    "step": "The training is just starting or stopping.",
}
_OWN = "command_palette"  # it does not offer itself


@dataclass(frozen=True)
class CommandOffer:
    """One line. ``key`` is what is remembered of it; ``reason`` says why it cannot be done now, if it cannot."""

    key: str
    title: str
    path: str
    run: Callable[[], object]
    keys: str = ""
    words: str = ""
    reason: str = ""
    icon: str = ""
    family: str = ""
    checked: bool = False

    @property
    def enabled(self) -> bool:
        """Whether it can be done now."""
        return not self.reason


def offers(window: BaseWindow) -> list[CommandOffer]:
    """Everything that can be done in this window now."""
    return [*_menus(window), *_layers(window), *_blocks(window), *_recipe(window)]


def _menus(window: BaseWindow) -> Iterator[CommandOffer]:
    for action in window.menuBar().actions():
        menu = action.menu()
        if isinstance(menu, QMenu):
            yield from _menu(window, menu, _plain(action.text()))


def _menu(window: BaseWindow, menu: QMenu, path: str) -> Iterator[CommandOffer]:
    if menu is window.actions_table.submenus["panels"]:
        yield from _panels(window, path)
        return
    menu.aboutToShow.emit()  # some menus are filled only when they open
    for action in menu.actions():
        inner = action.menu()
        if isinstance(inner, QMenu):
            yield from _menu(window, inner, f"{path}{STEP}{_plain(action.text())}")
        elif not action.isSeparator() and action.isVisible() and action.objectName() != _OWN:
            yield _of_action(action, path)


def _panels(window: BaseWindow, path: str) -> Iterator[CommandOffer]:
    """By name a panel is wanted in sight; only the menu closes one too."""
    for panel in PANELS:
        yield CommandOffer(
            f"panel {panel.name}",
            f"Show {panel.title}",
            path,
            partial(window.show_panel, panel.name),
            panel.keys,
            panel.tip,
        )


def _of_action(action: QAction, path: str) -> CommandOffer:
    title, _, keys = action.text().partition("\t")
    title = _plain(title)
    shortcut = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    name = action.objectName()
    reason = ""
    if not action.isEnabled():
        reason = str(action.property("why_not") or _REASONS.get(name, "This cannot be done now."))
    icon = str(action.property("netloom_icon") or "").partition(" ")[0]
    # What is undone differs each time, so that its title is no good as the thing to remember.
    key = f"action {name}" if name else f"{path}{STEP}{title}"
    tip = re.sub(r"<[^>]*>|\([^)]*\)$", " ", action.toolTip())
    return CommandOffer(
        key, title, path, action.trigger, shortcut or keys, tip, reason, icon, checked=action.isChecked()
    )


def _plain(text: str) -> str:
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&").rstrip("…").rstrip(".")


def _layers(window: BaseWindow) -> Iterator[CommandOffer]:
    canvas = window.canvas
    for layer in usable(layers().values(), canvas.where != MAIN):
        words = f"{layer.name} {' '.join(layer.words)}"
        title = f"Add {layer.id}" if layer.id == layer.name else f"Add {layer.id} ({layer.name})"
        yield CommandOffer(
            f"add {layer.id}",
            title,
            f"Layers{STEP}{heading_of(layer)}",
            partial(canvas.add_layer, layer.id),
            words=words,
            family=layer.category,
        )


def _blocks(window: BaseWindow) -> Iterator[CommandOffer]:
    canvas, project = window.canvas, window.qdocument.project
    for name in project.blocks:
        if why_recursive(project, canvas.where, BLOCK_PREFIX + name) is None:
            yield CommandOffer(
                f"add {BLOCK_PREFIX}{name}",
                f"Add block {name}",
                f"Layers{STEP}Blocks",
                partial(canvas.add_layer, BLOCK_PREFIX + name),
                family="block",
            )
        if name != canvas.where:
            yield CommandOffer(
                f"enter {name}",
                f"Go into block {name}",
                "Blocks",
                partial(setattr, canvas, "where", name),
                words="enter open show",
                icon="enter",
            )


def _recipe(window: BaseWindow) -> Iterator[CommandOffer]:
    recipe = window.qdocument.project.recipe
    for name, param in recipe.settings(plays(window.qdocument.project)):
        title = param.title
        if isinstance(param, Choice):
            for option in param.options:
                yield CommandOffer(
                    f"recipe {name} {option}",
                    f"Set {title} to {option}",
                    "Recipe",
                    partial(_set_recipe, window, name, option),
                    words=param.help,
                    icon="settings",
                    checked=recipe.value(name) == option,
                )
        elif isinstance(param, (Int, Float)):
            yield CommandOffer(
                f"recipe {name}",
                f"Set {title} (now {param.format(recipe.value(name))})",
                "Recipe",
                partial(_edit_recipe, window, name),
                words=f"{param.help} {param.name}",
                icon="settings",
            )


def typed(window: BaseWindow, text: str) -> CommandOffer | None:
    """What ``epochs 30`` asks for: a number after the name of a setting of the recipe."""
    name, _, number = text.strip().rpartition(" ")
    number = plain(number).replace(",", ".")
    name = name.strip().lower().removeprefix("set ").removesuffix(" to").strip()
    if len(name) < 2 or not re.fullmatch(r"-?[\d.]+(e-?\d+)?", number.lower()):
        return None
    recipe = window.qdocument.project.recipe
    every = recipe.settings(plays(window.qdocument.project))
    numbers = {full: param for full, param in every if isinstance(param, (Int, Float))}
    setting = next((full for full, param in numbers.items() if name in (param.name, param.title)), None)
    setting = setting or next((full for full, param in numbers.items() if param.title.startswith(name)), None)
    if setting is None:
        return None
    chosen = numbers[setting]
    reason, value = "", None
    try:
        value = chosen.check(int(number) if isinstance(chosen, Int) else float(number))
    except ValueError as error:
        reason = str(error)
    return CommandOffer(
        f"recipe {setting}",
        f"Set {chosen.title} to {number}",
        "Recipe",
        lambda: _set_recipe(window, setting, value),
        reason=reason,
        icon="settings",
    )


def _set_recipe(window: BaseWindow, name: str, value: object) -> None:
    window.qdocument.do_step(SetRecipe(setting=name, value=value))


def _edit_recipe(window: BaseWindow, name: str) -> None:
    """Put the cursor into the field of the training panel."""
    window.show_panel("training")
    fields = window.training.recipe.editors[name].fields()
    if fields:
        fields[0].setFocus()
