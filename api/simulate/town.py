"""Who there is: outlets with their tills, what they sell, and the people who buy. Pure; all of it follows from a key.

Another key is another town: no outlet, terminal, product or customer of it is known already.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, NamedTuple

from api.simulate import menu
from api.simulate.menu import Item

Document = dict[str, Any]
NO_ID = "00000000-0000-0000-0000-000000000000"


class Kind(NamedTuple):
    """A sort of shop. `hours`: how busy each hour of the clock is beside others; `week`: each weekday from Monday.

    The tills of an `integrated` one tell the bookkeeping themselves: their orders bring an external id.
    """

    items: tuple[Item, ...]
    hours: tuple[int, ...]
    week: tuple[int, ...]
    integrated: bool


_CAFE = Kind(
    menu.CAFE,
    (0, 0, 0, 0, 0, 0, 1, 6, 9, 7, 6, 9, 12, 9, 7, 7, 6, 4, 2, 1, 0, 0, 0, 0),
    (9, 9, 10, 10, 12, 13, 9),
    integrated=False,
)
_KROG = Kind(
    menu.KROG,
    (2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 12, 9, 2, 1, 3, 7, 11, 12, 10, 8, 6, 4),
    (7, 8, 9, 10, 15, 16, 8),
    integrated=True,
)
_KIOSK = Kind(
    menu.KIOSK,
    (1, 1, 1, 1, 2, 5, 9, 12, 11, 6, 5, 6, 7, 6, 5, 7, 9, 10, 7, 5, 4, 3, 2, 2),
    (11, 11, 11, 11, 12, 8, 6),
    integrated=True,
)
_SHOPS = (
    ("Kafé Mariatorget", _CAFE), ("Krogen vid Nytorget", _KROG), ("Kiosken Centralen", _KIOSK),
    ("Kafé Odenplan", _CAFE), ("Krogen i Gamla stan", _KROG), ("Kiosken Slussen", _KIOSK),
    ("Kafé Hornstull", _CAFE), ("Krogen på Kungsholmen", _KROG), ("Kiosken Fridhemsplan", _KIOSK),
)  # fmt: skip
_CUSTOMERS, _COMPANIES = 200, 12
_FIRST_NAMES = ("Anna", "Björn", "Cecilia", "David", "Elin", "Fredrik", "Gunilla", "Håkan", "Ingrid", "Johan")
_LAST_NAMES = ("Andersson", "Berg", "Dahl", "Ek", "Forsberg", "Holm", "Lind", "Nyström", "Sjöberg", "Åkesson")


class Product(NamedTuple):
    """An item as an outlet sells it; `shown` is the Product that lines carry."""

    id: str
    item: Item
    shown: Document


class Till(NamedTuple):
    """A till. `number` counts from 1 within the outlet; the web shop of an outlet is number 0."""

    terminal: str
    number: int
    drawer: str


class Outlet(NamedTuple):
    """A shop."""

    id: str
    name: str
    kind: Kind
    products: tuple[Product, ...]
    coupon: Product
    tills: tuple[Till, ...]
    web: Till


class Town(NamedTuple):
    """All of it."""

    key: str
    outlets: tuple[Outlet, ...]
    customers: tuple[Document, ...]
    companies: tuple[Document, ...]


def named_id(*names: object) -> str:
    """The Guid that stands for these names."""
    return guid(int.from_bytes(blake2b("/".join(map(str, names)).encode(), digest_size=16).digest()))


def outlet_id(key: str, number: int) -> str:
    """The Guid of an outlet of the town of a key, counted from 0."""
    return named_id(key, "outlet", number)


def guid(bits: int) -> str:
    """128 bits as a Guid is written."""
    text = f"{bits:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def build(key: str, outlets: int, tills: int) -> Town:
    """The town of a key: so many outlets with so many tills each."""
    return Town(
        key,
        tuple(_outlet(key, number, tills) for number in range(outlets)),
        tuple(_customer(key, number) for number in range(_CUSTOMERS)),
        tuple(_company(key, number) for number in range(_COMPANIES)),
    )


def _outlet(key: str, number: int, tills: int) -> Outlet:
    name, kind = _SHOPS[number % len(_SHOPS)]
    name = name if number < len(_SHOPS) else f"{name} {number // len(_SHOPS) + 1}"
    id_ = outlet_id(key, number)
    products = tuple(_product(key, id_, item) for item in kind.items)
    coupon = _product(key, id_, menu.COUPON)
    web, *counters = (
        Till(named_id(id_, "terminal", till), till, named_id(id_, "drawer", till)) for till in range(tills + 1)
    )
    return Outlet(id_, name, kind, products, coupon, tuple(counters), web)


def _product(key: str, outlet: str, item: Item) -> Product:
    # A category's number is the town's own, so that nobody else has named it before.
    number = 0 if item.told == menu.BY_NOBODY else int(named_id(key, "category", item.category)[:7], 16) + 1
    id_ = named_id(outlet, "product", item.name)
    shown = {
        "Id": id_, "Description": item.name, "Price": item.price, "PurchasePrice": item.price * 35 / 100,
        "Tax": item.tax, "BarCode": "", "PLU": "", "Unit": item.unit, "CategoryId": number,
        "Category": item.category if item.told == menu.BY_PRODUCT else None, "AccountingId": 1, "Active": True,
        "Deleted": False, "ItemType": 0, "ReceiptMethod": 0, "SKU": None, "ExternalID": None,
    }  # fmt: skip
    return Product(id_, item, shown)


def _customer(key: str, number: int) -> Document:
    first, last = _FIRST_NAMES[number % 10], _LAST_NAMES[number // 10 % 10]
    return {
        "Id": named_id(key, "customer", number), "Name": f"{first} {last}", "Email": f"kund{number}@example.com",
        "Phone": f"07017{number:05}", "Address1": f"Götgatan {number + 1}", "ZipCode": "118 46", "City": "Stockholm",
        "CustomerNo": str(1000 + number), "Active": True,
    }  # fmt: skip


def _company(key: str, number: int) -> Document:
    name = f"{_LAST_NAMES[number % 10]}s Bygg {number + 1} AB"
    return {"Id": named_id(key, "company", number), "Name": name, "Email": f"faktura{number}@example.com"}
