"""Our `dataclass` and the standard library's are held against each other."""

import dataclasses

import pytest

from deployer import values


def both(**options):
    """The same class twice: the standard one, and ours."""

    def made(module):
        @module.dataclass(**options)
        class Point:
            x: int
            y: int = 2
            names: list = module.field(default_factory=list, compare=False)
            hidden: str = module.field(default="h", repr=False)

        return Point

    return made(dataclasses), made(values)


@pytest.mark.parametrize("options", [{}, {"frozen": True}, {"eq": False}, {"frozen": True, "eq": False}], ids=str)
def test_objects_are_made_shown_compared_and_hashed_alike(options):
    told = []
    for cls in both(**options):
        first, second, other = cls(1), cls(1, names=["a"]), cls(x=1, y=3)
        first.names.append("of its own")
        hashable = cls.__hash__ is not None
        told.append((repr(first), first == second, first == other, first == 1, hashable, cls(5).names, cls.y, other.y))
        if hashable and options.get("eq", True):
            assert hash(first) == hash(second)
    assert told[0] == told[1]


@pytest.mark.parametrize("arguments", [(), (1, 2, [], "h", 5)], ids=["too few", "too many"])
def test_wrong_arguments_are_refused_alike(arguments):
    for cls in both():
        with pytest.raises(TypeError, match="__init__"):
            cls(*arguments)


def test_a_frozen_one_cannot_be_changed():
    for cls in both(frozen=True):
        with pytest.raises(dataclasses.FrozenInstanceError):
            cls(1).x = 2
        with pytest.raises(dataclasses.FrozenInstanceError):
            del cls(1).x


def test_what_reads_fields_is_the_standard_librarys_or_ours():
    _, ours = both(frozen=True)
    for module in (dataclasses, values):
        assert module.replace(ours(1), y=9) == ours(1, 9)
        assert module.asdict(ours(1)) == {"x": 1, "y": 2, "names": [], "hidden": "h"}
        assert module.asdict(ours(1, names=[ours(3)]))["names"] == [{"x": 3, "y": 2, "names": [], "hidden": "h"}]
        assert [each.name for each in module.fields(ours)] == ["x", "y", "names", "hidden"]


def test_fields_are_inherited_and_finished():
    @values.dataclass
    class Base:
        a: int

    @values.dataclass
    class Derived(Base):
        b: int = 0

        def __post_init__(self):
            self.c = self.a + self.b

    assert Derived(1, 2).c == 3
    assert repr(Derived(1)).endswith("Derived(a=1, b=0)")
    assert Derived(1) != Base(1)
