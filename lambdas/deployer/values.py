"""`dataclass` as the standard library has it, but each class's methods are made when they are first called.

The standard one writes and compiles six functions for every class that is imported: of the 80 classes that a release
needs that took 60 ms, half of all that its imports took, and most of them are never made an object of. Type checkers
are told that it is the standard one. Options are `frozen` and `eq`; a field's are those of `field` below.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import asdict as asdict
    from dataclasses import dataclass as dataclass
    from dataclasses import field as field
    from dataclasses import fields as fields
    from dataclasses import replace as replace
else:

    class _Missing:
        def __repr__(self) -> str:
            return "<made anew>"

    _MISSING = _Missing()
    _OWN = "__own_fields__"
    _set = object.__setattr__

    class Field:
        """One field: what `dataclasses.fields` tells of it, as far as anybody asks."""

        __slots__ = ("compare", "default", "default_factory", "name", "repr", "type")

        def __init__(self, default: Any, default_factory: Any, repr: bool, compare: bool) -> None:  # noqa: A002
            self.name, self.type = "", None
            self.default, self.default_factory, self.repr, self.compare = default, default_factory, repr, compare

    def field(
        *,
        default: Any = _MISSING,
        default_factory: Any = None,
        repr: bool = True,  # noqa: A002
        compare: bool = True,
    ) -> Any:
        return Field(default, default_factory, repr, compare)

    def dataclass(cls: Any = None, /, *, frozen: bool = False, eq: bool = True) -> Any:
        if cls is None:
            return lambda decorated: _process(decorated, frozen, eq)
        return _process(cls, frozen, eq)

    def fields(of: Any) -> tuple[Field, ...]:
        return tuple(getattr(of, _OWN).values())

    def replace(old: Any, /, **changes: Any) -> Any:
        kept = {name: getattr(old, name) for name in getattr(old, _OWN) if name not in changes}
        return type(old)(**kept, **changes)

    def asdict(of: Any) -> dict[str, Any]:
        return {name: _plain(getattr(of, name)) for name in getattr(of, _OWN)}

    def _plain(value: Any) -> Any:
        if hasattr(type(value), _OWN):
            return asdict(value)
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return type(value)(*map(_plain, value))
        if isinstance(value, list | tuple):
            return type(value)(map(_plain, value))
        if isinstance(value, dict):
            return {_plain(name): _plain(each) for name, each in value.items()}
        return value

    def _process(cls: type, frozen: bool, eq: bool) -> type:
        found: dict[str, Field] = {}
        for base in reversed(cls.__mro__[1:]):
            found.update(base.__dict__.get(_OWN, {}))
        for name, kind in vars(cls).get("__annotations__", {}).items():
            found[name] = one = _declared(cls, name)
            one.name, one.type = name, kind
        setattr(cls, _OWN, found)
        cls.__match_args__ = tuple(found)
        cls.__dataclass_fields__ = _Standard()
        given = cls.__dict__
        if "__init__" not in given:
            cls.__init__ = _init_of(cls, found, frozen)
        if "__repr__" not in given:
            cls.__repr__ = _repr
        if eq and "__eq__" not in given:
            cls.__eq__ = _eq
            if given.get("__hash__") is None:  # Python sets None beside an __eq__ of the class's own
                cls.__hash__ = _hash if frozen else None
        if frozen:
            cls.__setattr__, cls.__delattr__ = _refuse, _refuse
        return cls

    def _declared(cls: type, name: str) -> Field:
        default = cls.__dict__.get(name, _MISSING)
        if not isinstance(default, Field):
            return Field(default, None, True, True)
        if default.default is _MISSING:
            delattr(cls, name)
        else:
            setattr(cls, name, default.default)
        return default

    def _init_of(cls: type, found: dict[str, Field], frozen: bool) -> Callable[..., None]:
        """Compiles itself when the first object is made."""

        def first(self: Any, *args: Any, **kwargs: Any) -> None:
            names: dict[str, Any] = {"MISSING": _MISSING, "SET": _set}
            exec("\n".join(_lines(cls, found, frozen, names)), names)  # noqa: S102 (as the standard library does)
            made = names["__init__"]
            made.__qualname__ = f"{cls.__qualname__}.__init__"
            cls.__init__ = made
            made(self, *args, **kwargs)

        return first

    def _lines(cls: type, found: dict[str, Field], frozen: bool, names: dict[str, Any]) -> Iterator[str]:
        words = ["self"]
        for name, one in found.items():
            names[f"D_{name}"] = one.default if one.default_factory is None else one.default_factory
            optional = one.default is not _MISSING or one.default_factory is not None
            words.append(name if not optional else f"{name}=MISSING" if one.default_factory else f"{name}=D_{name}")
        yield f"def __init__({', '.join(words)}):"
        for name, one in found.items():
            value = f"D_{name}() if {name} is MISSING else {name}" if one.default_factory else name
            yield f"  SET(self, {name!r}, {value})" if frozen else f"  self.{name} = {value}"
        yield "  self.__post_init__()" if hasattr(cls, "__post_init__") else "  pass"

    def _repr(self: Any) -> str:
        told = (f"{name}={getattr(self, name)!r}" for name, one in getattr(self, _OWN).items() if one.repr)
        return f"{type(self).__qualname__}({', '.join(told)})"

    def _compared(self: Any) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name, one in getattr(self, _OWN).items() if one.compare)

    def _eq(self: Any, other: object) -> bool:
        return _compared(self) == _compared(other) if type(other) is type(self) else NotImplemented

    def _hash(self: Any) -> int:
        return hash(_compared(self))

    def _refuse(self: Any, name: str, *_: Any) -> None:
        import dataclasses

        raise dataclasses.FrozenInstanceError(f"cannot change field {name!r}")

    class _Standard:
        """What the standard library's functions look for, made when they do."""

        def __get__(self, instance: Any, owner: type) -> dict[str, Any]:
            import dataclasses

            annotations = {name: one.type for name, one in getattr(owner, _OWN).items()}
            made: dict[str, Any] = dataclasses.dataclass(
                type(owner.__name__, (), {"__annotations__": annotations, "__module__": owner.__module__})
            ).__dataclass_fields__
            owner.__dataclass_fields__ = made
            return made
