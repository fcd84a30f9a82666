"""Events to stored bytes and back. Pure: keys and nonces come from outside.

`data` is the event's JSON without the members that have their default. Personal data is cut out first and travels in
one member, `"sealed": {"key": <subject>, "box": <base64 of nonce and AES-GCM ciphertext>}`, whose plaintext is a sparse
tree of the same shape. What is cut out without its key is simply not there (the member's default).
"""

from __future__ import annotations

import base64
import functools
import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import UNSET

from ledger import full_records
from ledger.annotations import is_list, record_in
from ledger.errors import CannotDecode
from ledger.events import PERSONAL_MEMBERS, STORED, Encoded, Event
from ledger.records import Customer, CustomerInvoice, Order, OrderLine, Payment, Receipt, Record, SwishPayment

NONCE_BYTES = 12
_MARK = b',"sealed":{'
_NOTHING: tuple[Any, ...] = (None, UNSET, "", {}, Customer())

encoder = msgspec.json.Encoder(decimal_format="number")
_loose = msgspec.json.Decoder(float_hook=Decimal)
_DECODERS = {stored: msgspec.json.Decoder(event).decode for stored, event in STORED.items()}
# Personal data: stored as ciphertext only, with whatever a client sent that we do not know (it may be a name too).
PERSONAL: dict[type[Record], tuple[str, ...]] = {
    Order: ("Customer", "Customr", "Comments", "OrderComments"),
    OrderLine: ("ItemComments",),
    Payment: ("PayerRef",),
    Receipt: ("CustomerPaymentReceipt", "MerchantPaymentReceipt"),
    CustomerInvoice: ("CustomerName", "Address1", "Address2", "ZipCode", "City", "Country", "Email", "Remarks"),
    SwishPayment: ("SwishResponse",),
}

Loose = dict[str, Any]
# (name, version) -> the same data one version on. The stored bytes stay; only what is read of them changes.
UPCASTERS: dict[tuple[str, int], Callable[[Loose], Loose]] = {}


class Metadata(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who, from where, and why: `actor` names the credential; ids are UUIDs as text; `fingerprint` see `Recorded`."""

    actor: str
    source: str | None = None
    correlation: str | None = None
    causation: str | None = None
    idempotency_key: str | None = None
    fingerprint: str | None = None


_metadata = msgspec.json.Decoder(Metadata).decode


def encode(event: Event) -> Encoded:
    """What is to be stored of an event."""
    return _encoded(*_cut(event))


def encode_member(name: str, record: Record, written: bytes | None) -> Encoded:
    """The same of an event of one member, its record; `written` is that very record's JSON, if it was made before."""
    if written is not None and not _is_personal(record):
        return Encoded(b"".join((b'{"', name.encode(), b'":', written, b"}")), b"")
    bare, cut = _cut(record)
    return _encoded({name: bare}, {name: cut} if cut else cut)


def _encoded(bare: Event | Loose, cut: Loose) -> Encoded:
    return Encoded(encoder.encode(bare), encoder.encode(cut) if cut else b"")


def seal(event: Encoded, subject: str, key: bytes, nonce: bytes, context: bytes) -> bytes:
    """The event's JSON with its personal data under `key`; `context` (the event's id) binds the box to its place."""
    box = base64.b64encode(nonce + AESGCM(key).encrypt(nonce, event.personal, context))
    return b'%b,"sealed":{"key":%b,"box":"%b"}}' % (event.data[:-1], encoder.encode(subject), box)


def decode(
    name: str,
    version: int,
    data: bytes,
    keys: Mapping[str, bytes],
    context: bytes,
    *,
    full: bool = False,
    lean: bool = False,
) -> Event:
    """An event from its stored bytes, its personal data opened where the key is there. CannotDecode: no such event.

    `full` gives the records in it in their full shape (`FullOrder` …), for readers that encode them again; `lean` those
    that read models look into (`LeanOrder` …), and others full.
    """
    try:
        if _MARK not in data and (name, version) in _DECODERS:
            read = _shaped_decoder(STORED[name, version], lean) if full or lean else _DECODERS[name, version]
            found: Event = read(data)
            return found
        kind, tree = STORED[_newest(name, version)], _opened(name, version, data, keys, context)
        return _shaped_decoder(kind, lean)(encoder.encode(tree)) if full or lean else msgspec.convert(tree, kind)
    except (msgspec.MsgspecError, KeyError, ValueError, TypeError, InvalidTag) as error:
        # Its type only: the text may quote what could not be read, and this one goes to logs and health reports.
        raise CannotDecode(f"{name} version {version}: {type(error).__name__}") from error


def shown(name: str, version: int, data: bytes, keys: Mapping[str, bytes], context: bytes) -> bytes:
    """The event's JSON in its newest version, its personal data where the key is there and left out where it is not.

    CannotDecode: it cannot be read.
    """
    if _MARK not in data and (name, version) not in UPCASTERS:
        return data
    try:
        return encoder.encode(_opened(name, version, data, keys, context))
    except (msgspec.MsgspecError, KeyError, ValueError, TypeError, InvalidTag) as error:
        raise CannotDecode(f"{name} version {version}: {type(error).__name__}") from error


def _opened(name: str, version: int, data: bytes, keys: Mapping[str, bytes], context: bytes) -> Loose:
    """The event's members as they would be today, what is sealed among them where the key is there."""
    tree: Loose = _loose.decode(data)
    sealed = tree.pop("sealed", None)
    if sealed is not None and sealed["key"] in keys:
        box = base64.b64decode(sealed["box"])
        opened = AESGCM(keys[sealed["key"]]).decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], context)
        _mend(tree, _loose.decode(opened))
    while (name, version) in UPCASTERS:
        tree, version = UPCASTERS[name, version](tree), version + 1
    return tree


def subject(data: bytes) -> str | None:
    """Whose key seals the event's personal data; None where it holds none."""
    start = data.rfind(_MARK)
    if start < 0:
        return None
    sealed = msgspec.json.decode(data[start + len(_MARK) - 1 : -1], type=_Sealed)
    return sealed.key


def decode_metadata(metadata: bytes) -> Metadata:
    """Metadata from its stored bytes. CannotDecode: it is none."""
    try:
        return _metadata(metadata)
    except msgspec.MsgspecError as error:
        raise CannotDecode(f"metadata: {type(error).__name__}") from error


class _Sealed(msgspec.Struct):
    key: str
    box: str


def _newest(name: str, version: int) -> tuple[str, int]:
    while (name, version) in UPCASTERS:
        version += 1
    return name, version


@functools.cache
def _shaped_decoder(kind: type[Event], lean: bool) -> Callable[[bytes], Event]:
    """Reads an event with the records in it in their full or lean shape."""
    members = []
    for field in msgspec.structs.fields(kind):
        default: dict[str, Any] = {"default": field.default, "default_factory": field.default_factory}
        members.append((field.name, _shaped(field.type, lean), msgspec.field(**default)))
    struct = msgspec.defstruct(f"Shaped{kind.__name__}", members, kw_only=True, gc=False)
    read = msgspec.json.Decoder(struct, float_hook=Decimal).decode
    name, *others = kind.__struct_fields__
    if others:
        return lambda data: kind(**msgspec.structs.asdict(read(data)))
    return lambda data: kind(**{name: getattr(read(data), name)})  # nearly every event, in a third of the time


def _shaped(annotation: Any, lean: bool) -> Any:
    record = record_in(annotation)
    if record is None:
        return annotation
    full = getattr(full_records, f"Full{record.__name__}")
    return getattr(full_records, f"Lean{record.__name__}", full) if lean else full


class _Shape(NamedTuple):
    """What of a struct is personal as a whole: a getter of it, what it gives of a blank one, and defaults by name. And
    which members hold records: (name, whether a list).
    """

    of_own: Callable[[Any], Any]
    blank: Any
    own: dict[str, Any]
    children: tuple[tuple[str, bool], ...]


@functools.cache
def _shape(kind: type) -> _Shape:
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    names = [*(PERSONAL.get(kind) or PERSONAL_MEMBERS.get(kind, ())), *(["extra"] if "extra" in fields else [])]
    children = [
        (name, is_list(field.type))
        for name, field in fields.items()
        if name not in names and record_in(field.type) is not None
    ]
    own = {name: {} if fields[name].default is msgspec.NODEFAULT else fields[name].default for name in names}
    of_own = operator.attrgetter(*names) if names else lambda value: ()
    return _Shape(of_own, tuple(own.values()) if len(own) != 1 else own[names[0]], own, tuple(children))


def _tells(value: Any) -> bool:
    """Whether a personal member says anything: many clients write an empty text, or a customer without a member."""
    return value not in _NOTHING


def _is_personal(value: Any) -> bool:
    """Whether `_cut` might find something: it is a third quicker to see that nothing is there."""
    kind: type = type(value)
    of_own, blank, _, children = _shape(kind)
    if of_own(value) != blank:
        return True
    for name, are_many in children:
        child = getattr(value, name)
        if child and (any(map(_is_personal, child)) if are_many else _is_personal(child)):
            return True
    return False


def _cut(value: Any) -> tuple[Any, Loose]:
    """A struct without what is personal in it, and that as a sparse tree; list items go by their index."""
    kind: type = type(value)
    of_own, blank, own, children = _shape(kind)
    cut: Loose = {}
    bare: Loose = {}
    if of_own(value) != blank:
        for name, none in own.items():
            if _tells(member := getattr(value, name)):
                cut["$extra" if name == "extra" else name], bare[name] = member, none
    for name, are_many in children:
        if not (below := getattr(value, name)):
            continue
        rest, found = _cut_each(below) if are_many else _cut(below)
        if found:
            cut[name], bare[name] = found, rest
    return (msgspec.structs.replace(value, **bare) if cut else value), cut


def _cut_each(values: list[Any]) -> tuple[list[Any], Loose]:
    pairs = list(map(_cut, values))
    return [rest for rest, _ in pairs], {str(index): cut for index, (_, cut) in enumerate(pairs) if cut}


def _mend(tree: Loose, cut: Loose) -> None:
    """Puts a sparse tree back where `_cut` took it from.

    What was cut out as a whole is not in the tree, what holds it is: so this fits the shape of any version.
    """
    for name, value in cut.items():
        if name not in tree:
            tree[name] = value
        elif isinstance(tree[name], list):
            for index, part in value.items():
                _mend(tree[name][int(index)], part)
        else:
            _mend(tree[name], value)
