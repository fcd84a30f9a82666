"""What the town sells. Prices in kronor with VAT; VAT in percent: 12 food, 25 alcohol and things, 6 print and deli.

`UNIT_KG` goods are sold by weight. A category may be told by the product, by the line, only by its number (it was
learnt once), or by nobody.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

PIECE, UNIT_KG = 0, 2
BY_PRODUCT, BY_LINE, BY_NUMBER, BY_NOBODY = range(4)


class Item(NamedTuple):
    """A line of the menu. `often` is how often it is bought beside the others."""

    name: str
    price: Decimal
    tax: Decimal
    category: str
    often: int
    unit: int = PIECE
    told: int = BY_PRODUCT


class Extra(NamedTuple):
    """What is added to a dish for money."""

    name: str
    price: Decimal


def _item(
    name: str, price: str, tax: int, category: str, often: int, unit: int = PIECE, told: int = BY_PRODUCT
) -> Item:
    return Item(name, Decimal(price), Decimal(tax), category, often, unit, told)


CAFE = (
    _item("Bryggkaffe", "32.00", 12, "Drycker", 20),
    _item("Caffè latte", "49.00", 12, "Drycker", 16),
    _item("Cappuccino", "46.00", 12, "Drycker", 10),
    _item("Te Earl Grey", "35.00", 12, "Drycker", 5),
    _item("Kanelbulle", "35.00", 12, "Bakverk", 18),
    _item("Kardemummabulle", "35.00", 12, "Bakverk", 9, told=BY_LINE),
    _item("Prinsesstårta bit", "62.00", 12, "Bakverk", 4),
    _item("Räksmörgås", "139.50", 12, "Mat", 6),
    _item("Ost- och skinkfralla", "58.00", 12, "Mat", 10),
    _item("Dagens soppa", "119.00", 12, "Mat", 6, told=BY_NUMBER),
    _item("Västerbotten lösvikt", "289.00", 6, "Deli", 3, UNIT_KG),
    _item("Oliver lösvikt", "219.00", 6, "Deli", 2, UNIT_KG),
    _item("Kaffebönor 250 g", "109.00", 6, "Deli", 2),
    _item("Pressosticka", "3.33", 25, "Övrigt", 2, told=BY_NOBODY),
)
KROG = (
    _item("Köttbullar med mos", "189.00", 12, "Mat", 12),
    _item("Stekt strömming", "179.00", 12, "Mat", 8),
    _item("Toast Skagen", "165.00", 12, "Mat", 7),
    _item("Caesarsallad", "159.00", 12, "Mat", 7, told=BY_NUMBER),
    _item("Crème brûlée", "89.00", 12, "Efterrätter", 6),
    _item("Öl 40 cl", "79.00", 25, "Alkohol", 18),
    _item("Husets röda glas", "115.00", 25, "Alkohol", 12),
    _item("Snaps 4 cl", "98.50", 25, "Alkohol", 4, told=BY_LINE),
    _item("Läsk", "38.00", 12, "Drycker", 8),
    _item("Espresso", "36.00", 12, "Drycker", 8),
)
KIOSK = (
    _item("Kaffe att ta med", "29.00", 12, "Drycker", 20),
    _item("Läsk 50 cl", "27.90", 12, "Drycker", 12),
    _item("Korv med bröd", "39.90", 12, "Mat", 10),
    _item("Lösgodis", "129.00", 12, "Godis", 9, UNIT_KG),
    _item("Chokladkaka", "24.90", 12, "Godis", 7),
    _item("Dagstidning", "35.00", 6, "Tidningar", 9),
    _item("Pocketbok", "89.00", 6, "Tidningar", 4),
    _item("Laddkabel", "149.00", 25, "Tillbehör", 3),
    _item("Paraply", "99.90", 25, "Tillbehör", 2, told=BY_NUMBER),
    _item("Presentkort kuvert", "9.90", 25, "Övrigt", 1, told=BY_NOBODY),
)
EXTRAS = (Extra("Extra ost", Decimal("15.00")), Extra("Havremjölk", Decimal("6.00")), Extra("Bacon", Decimal("22.50")))
COUPON = Item("Rabattkupong", Decimal("20.00"), Decimal(12), "Kuponger", 0)
