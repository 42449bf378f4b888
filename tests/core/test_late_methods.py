"""A dataclass whose methods come late is no other than one whose methods were there from the start."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import subprocess
import sys
import threading
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from app.core import late_methods
from app.core.late_methods import LateMethod

ROOT = Path(__file__).parents[2]
CLASSES = '''
from __future__ import annotations
from abc import ABC, abstractmethod
from dataclasses import KW_ONLY, InitVar, dataclass, field
from typing import ClassVar, Generic, TypeVar

T = TypeVar("T")

@dataclass
class Plain:
    """One."""
    a: int
    b: list[int] = field(default_factory=list)

@dataclass(frozen=True)
class Frozen:
    a: int
    b: str = "b"

@dataclass(frozen=True, slots=True)
class Slots(Generic[T]):
    """Three."""
    a: T
    _: KW_ONLY
    c: int = 3
    known: ClassVar[int] = 4

@dataclass(order=True)
class Ordered:
    """Four."""
    a: int
    kept: int = field(default=0, compare=False, repr=False)

@dataclass(unsafe_hash=True)
class Hashed:
    """Five."""
    a: int
    extra: InitVar[int] = 1
    def __post_init__(self, extra: int) -> None:
        self.b = self.a + extra

@dataclass(frozen=True)
class Child(Frozen):
    """Six."""
    c: int = 0
    def __eq__(self, other: object) -> bool:
        return super().__eq__(other)
    __hash__ = Frozen.__hash__

class Abstract(ABC):
    @abstractmethod
    def work(self) -> int: ...

@dataclass
class Kind(Abstract):
    """Seven."""
    a: int
    def __init__(self) -> None:
        self.a = 7
    def work(self) -> int:
        return 1
'''
OBJECTS: tuple[Callable[[Any], Any], ...] = (
    lambda m: m.Plain(1),
    lambda m: m.Plain(1, [2]),
    lambda m: m.Plain(b=[3], a=2),
    lambda m: m.Frozen(1),
    lambda m: m.Frozen(1, "c"),
    lambda m: m.Slots("x", c=5),
    lambda m: m.Ordered(3, 9),
    lambda m: m.Ordered(4, 1),
    lambda m: m.Hashed(3),
    lambda m: m.Hashed(3, extra=5),
    lambda m: m.Child(1, c=2),
    lambda m: m.Child(1),
    lambda m: m.Kind(),
)
ACTS: tuple[Callable[[Any, Any], Any], ...] = (
    lambda one, other: repr(one),
    lambda one, other: one == other,
    lambda one, other: one != other,
    lambda one, other: one == copy.deepcopy(one),
    lambda one, other: hash(one) if type(one).__name__ != "Plain" else None,
    lambda one, other: one < other,
    lambda one, other: one >= other,
    lambda one, other: setattr(one, "a", 8),
    lambda one, other: delattr(one, "a"),
    lambda one, other: setattr(one, "unknown", 8),
    lambda one, other: repr(dataclasses.replace(one, a=9)),
    lambda one, other: dataclasses.asdict(one),
    lambda one, other: repr(pickle.loads(pickle.dumps(one))),
    lambda one, other: repr(copy.copy(one)),
    lambda one, other: type(one)(1, 2, 3, 4, 5),
    lambda one, other: type(one)(unknown=1),
    lambda one, other: {one: 1}[copy.copy(one)],
    lambda one, other: str(inspect.signature(type(one))),
    lambda one, other: type(one).__doc__,
    lambda one, other: type(one).__init__.__qualname__,
    lambda one, other: type(one).__repr__.__qualname__,
    lambda one, other: type(one).__eq__.__doc__,
    lambda one, other: type(one).__repr__.__doc__,
    lambda one, other: sorted(vars(type(one).__repr__)),
    lambda one, other: isinstance(type(one).__init__, types.FunctionType),
    lambda one, other: sorted(name for name in vars(type(one)) if name != "__dict__"),
)


@contextmanager
def late() -> Iterator[None]:
    before = dataclasses._create_fn  # type: ignore[attr-defined]
    assert late_methods.install(), "the insides of dataclasses are others: nothing comes late, and the start is slow"
    try:
        yield
    finally:
        dataclasses._create_fn = before  # type: ignore[attr-defined]


def module(name: str) -> types.ModuleType:
    made = types.ModuleType(name)
    sys.modules[name] = made
    exec(CLASSES, made.__dict__)
    return made


@pytest.fixture
def later() -> Iterator[types.ModuleType]:
    with late():
        yield module("app.made_late")
    del sys.modules["app.made_late"]


@pytest.fixture
def plain() -> Iterator[types.ModuleType]:
    yield module("made_plain")
    del sys.modules["made_plain"]


needs = pytest.mark.skipif(sys.version_info >= (3, 13), reason="Python 3.13 makes all methods of a class at once")


def late_ones(found: types.ModuleType) -> int:
    classes = [each for each in vars(found).values() if dataclasses.is_dataclass(each)]
    return sum(isinstance(value, LateMethod) for each in classes for value in vars(each).values())


def outcome(act: Callable[[Any, Any], Any], one: Any, other: Any) -> object:
    try:
        return act(one, other)
    except Exception as error:
        return type(error), str(error)


@needs
@pytest.mark.parametrize("number", range(len(ACTS)))
def test_each_act_gives_the_same_whatever_came_before_it(
    number: int, later: types.ModuleType, plain: types.ModuleType
) -> None:
    """Wrong if a late method gets other arguments, another class (slots make a second one), name or text; each act is
    the first thing that happens to its class, and is done a second time when the method stands there."""
    for make in OBJECTS:
        for _ in range(2):
            mine = outcome(ACTS[number], make(later), OBJECTS[0](later))
            theirs = outcome(ACTS[number], make(plain), OBJECTS[0](plain))
            assert mine == theirs


@needs
def test_a_method_comes_when_it_is_asked_for_and_then_stays(later: types.ModuleType) -> None:
    """Wrong if all are made at once, which gains nothing, or if one is made again with each call."""
    before = late_ones(later)
    assert before > 20
    assert repr(later.Ordered(1)) == "Ordered(a=1)"
    assert late_ones(later) == before - 1  # __init__; what wraps __repr__ is a function from the start
    assert later.Ordered.__init__ is vars(later.Ordered)["__init__"]


@needs
def test_threads_that_ask_at_once_all_get_the_method(later: types.ModuleType) -> None:
    """Wrong if the second thread finds the method half made."""
    gate, found = threading.Barrier(8), []

    def ask() -> None:
        gate.wait(10)
        found.append(later.Slots("x", c=2).c)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [2] * 8


@needs
def test_classes_of_other_programs_stay_as_they_are() -> None:
    """Wrong if libraries such as torch, which look at the methods of their classes, are given such stand-ins."""
    with late():
        made = module("somebody_else")
    assert late_ones(made) == 0
    del sys.modules["somebody_else"]


def test_other_insides_of_python_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong if a Python whose function takes something else is changed all the same."""

    def other(cls: type, names: list[str]) -> None: ...

    monkeypatch.setattr(dataclasses, "_create_fn", other, raising=False)
    assert not late_methods.install()
    assert dataclasses._create_fn is other  # type: ignore[attr-defined]
    monkeypatch.delattr(dataclasses, "_create_fn")
    assert not late_methods.install()


@needs
def test_most_methods_are_still_to_come_when_the_window_could_open() -> None:
    """Wrong if something goes through all classes at import, such as a registry that compares: all would be made."""
    code = """
from app.core.late_methods import LateMethod, install
assert install()
import sys, app.ui.window
late = made = 0
for module in list(sys.modules.values()):
    if module.__name__.startswith(("app.", "nodes.")):
        for each in vars(module).values():
            if isinstance(each, type) and "__dataclass_fields__" in vars(each) and each.__module__ == module.__name__:
                late += sum(isinstance(value, LateMethod) for value in vars(each).values())
                made += 1
print(late, made)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    late_count, classes = map(int, done.stdout.split())
    assert classes > 150
    assert late_count > 3 * classes
