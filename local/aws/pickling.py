"""moto's backends as bytes and back: what pickle cannot take by itself, said here one by one."""

import importlib
import io
import json
import marshal
import pickle
import threading
import types
import weakref
from collections import defaultdict
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)
from moto.core.base_backend import AccountSpecificBackend, BackendDict
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy
from moto.s3.models import FakeKey

from local.aws.bodies import Body, Code, Store

LOCK, RLOCK = type(threading.Lock()), type(threading.RLock())
PRIVATE_KEYS = (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey)  # of KMS and EC2
PUBLIC_KEYS = (rsa.RSAPublicKey, ec.EllipticCurvePublicKey, ed25519.Ed25519PublicKey)
Key = tuple[str, str]  # of a backend dictionary: its backend's module, its service name


class Pickler(pickle.Pickler):
    """Names in `bodies` what it left in files; `reducer_override` is asked for instances only, so it stays fast."""

    def __init__(self, file: io.BytesIO, store: Store) -> None:
        super().__init__(file, protocol=5)
        self.store = store
        self.bodies: set[str] = set()

    def reducer_override(self, value: Any) -> Any:
        reducer = REDUCERS.get(type(value))
        if reducer is not None:
            return reducer(self, value)
        if isinstance(value, BackendDict):
            return backend_dict, key_of(value)
        if isinstance(value, defaultdict) and type(value) is not defaultdict:
            return _own_defaultdict(value)
        if isinstance(value, PRIVATE_KEYS):
            return _private_key, (value.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),)
        if isinstance(value, PUBLIC_KEYS):
            return _public_key, (value.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),)
        return NotImplemented


def _private_key(content: bytes) -> Any:
    return load_der_private_key(content, None)


def _public_key(content: bytes) -> Any:
    return load_der_public_key(content)


def _own_defaultdict(value: "defaultdict[Any, Any]") -> Any:
    """A subclass whose constructor takes other arguments than defaultdict's own pickling gives it."""
    state = (value.default_factory, value.__dict__)
    return type(value).__new__, (type(value),), state, None, iter(list(value.items())), _set_defaultdict


def _set_defaultdict(value: "defaultdict[Any, Any]", state: tuple[Any, dict[str, Any]]) -> None:
    value.default_factory = state[0]
    value.__dict__.update(state[1])


def _lock(_: Pickler, __: Any) -> Any:
    return threading.Lock, ()


def _rlock(_: Pickler, __: Any) -> Any:
    return threading.RLock, ()


def _body(pickler: Pickler, body: Body) -> Any:
    pickler.bodies.add(body.name)
    return Body, (0, body.name)


def _key(_: Pickler, key: FakeKey) -> Any:
    """Without moto's own `__getstate__`, which reads the whole object into the pickle."""
    state = {name: value for name, value in key.__dict__.items() if name != "lock"}
    return object.__new__, (type(key),), state, None, None, _set_key


def _set_key(key: FakeKey, state: dict[str, Any]) -> None:
    key.__dict__.update(state)
    key.lock = threading.Lock()


def _code(pickler: Pickler, code: Code) -> Any:
    pickler.bodies.add(code.name)
    return Code, (code.name,)


def _weak_values(_: Pickler, values: "weakref.WeakValueDictionary[Any, Any]") -> Any:
    return weakref.WeakValueDictionary, (), None, None, iter(list(values.items()))


def _function(_: Pickler, function: types.FunctionType) -> Any:
    """A lambda inside a method (a default of a defaultdict); importable functions go by name."""
    if "<" not in function.__qualname__:
        return NotImplemented
    cells = tuple(cell.cell_contents for cell in function.__closure__ or ())
    return _remade, (marshal.dumps(function.__code__), function.__module__, function.__defaults__, cells)


def _remade(code: bytes, module: str, defaults: Any, cells: tuple[Any, ...]) -> types.FunctionType:
    names = vars(importlib.import_module(module))
    closure = tuple(types.CellType(cell) for cell in cells)
    return types.FunctionType(marshal.loads(code), names, None, defaults, closure)  # noqa: S302  our own snapshot


def _aws_policy(_: Pickler, policy: AWSManagedPolicy) -> Any:
    """One of AWS's own 1,400 policies, by name: moto has the documents."""
    return _restored_policy, (policy.name, policy.account_id, policy.id, policy.attachment_count)


def _restored_policy(name: str, account: str, identifier: str, attached: int) -> AWSManagedPolicy:
    policy = AWSManagedPolicy.from_data(name, account, "aws", _aws_policies()[name])
    policy.id, policy.attachment_count = identifier, attached
    return policy


@lru_cache
def _aws_policies() -> dict[str, Any]:
    return dict(json.loads(aws_managed_policies_data))


def _account(_: Pickler, backends: "AccountSpecificBackend[Any]") -> Any:
    return _account_backends, (backends.backend.__module__, backends.service_name, backends.account_id)


def _account_backends(module: str, service: str, account: str) -> Any:
    return backend_dict(module, service)[account]


def _module(_: Pickler, module: types.ModuleType) -> Any:
    return importlib.import_module, (module.__name__,)


REDUCERS: dict[type, Any] = {
    LOCK: _lock,
    RLOCK: _rlock,
    Body: _body,
    FakeKey: _key,
    Code: _code,
    AWSManagedPolicy: _aws_policy,
    weakref.WeakValueDictionary: _weak_values,
    types.FunctionType: _function,
    types.ModuleType: _module,
    AccountSpecificBackend: _account,
}


def key_of(backends: "BackendDict[Any]") -> Key:
    return backends.backend.__module__, backends.service_name


def backend_dict(module: str, service: str) -> Any:
    """The one dictionary of a service's backends, wherever its module keeps it."""
    for value in vars(importlib.import_module(module)).values():
        if isinstance(value, BackendDict) and key_of(value) == (module, service):
            return value
    raise pickle.UnpicklingError(f"{module} has no backends of {service}")
