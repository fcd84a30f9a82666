"""Orders as they stand, ready to be sent, and the queues they stand in (contract, section 3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

import msgspec

from ledger.business_time import to_datetime
from ledger.codec import encoder
from ledger.customer import customer_of, is_document
from ledger.database import queries
from ledger.errors import LedgerError
from ledger.events import NAMES, CustomerErased, Event, InvoiceSaved, Recorded
from ledger.folding import by_stream
from ledger.full_records import FullCustomer, FullSwishPayment, LeanOrder
from ledger.order import NEW, VOID, OrderState, Others, Sale, evolve_all, is_cart
from ledger.records import Customer, CustomerInvoice, Order
from ledger.store import Connection, from_microseconds
from projections.documents import document, ready
from projections.rows import Table, write

_SQL = queries("projections/orders.sql")
_STREAM = "order-"
_NULL = msgspec.Raw(b"null")
_NEW = OrderState()


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """What an order's document lacks to go on from. `first` is when the ledger first saw it, µs since 1970."""

    first: int
    sale: Sale
    captured: bool
    others: Others
    # The record itself, where unknown members are flattened into the document and it cannot be read back; else `null`.
    order: msgspec.Raw = _NULL


class Row(NamedTuple):
    """An order's row, in the order of `write_orders`; the columns are explained in tables.sql."""

    order_id: UUID
    version: int
    customer_id: UUID
    terminal_id: UUID
    is_open: bool
    is_online: bool
    is_basket: bool
    external_queue: str | None
    invoice_queue: bool
    is_nameless: bool
    outlet_id: UUID
    status: int
    total: Decimal
    number: str
    created_at: datetime
    business_time: datetime
    recorded_at: datetime
    document: bytes
    state: bytes


_ORDERS = Table(_SQL["add_orders"], _SQL["write_orders"])


class Known(NamedTuple):
    """What is known of a customer: the JSON of a Customer, and whether only an invoice told."""

    from_invoice: bool
    document: bytes


class Standing(NamedTuple):
    """An order between two events; times in µs since 1970."""

    state: OrderState
    first: int
    newest: int


# Decimals also in what is unknown of an order: a float would not keep 18 digits.
_read_order = msgspec.json.Decoder(LeanOrder, float_hook=Decimal).decode
_read_swish_payment = msgspec.json.Decoder(FullSwishPayment, float_hook=Decimal).decode
_read_kept = msgspec.json.Decoder(Kept, float_hook=Decimal).decode


def standing(version: int, state: bytes, document: bytes) -> Standing:
    """An order as its row has it."""
    kept = _read_kept(state)
    order, others = _read_order(document if kept.order == _NULL else kept.order), kept.others
    if others.swish_payment is not None:
        # It will be in the document again, which shows every member.
        swish_payment = _read_swish_payment(encoder.encode(others.swish_payment))
        others = msgspec.structs.replace(others, swish_payment=swish_payment)
    state_before = OrderState(order=order, version=version, sale=kept.sale, captured=kept.captured, others=others)
    return Standing(state_before, kept.first, kept.first)


def folded(before: Mapping[str, Standing], events: Iterable[Recorded]) -> dict[str, Standing]:
    """The orders after these events, by stream. LedgerError: an event does not continue its stream."""
    mine = by_stream(recorded for recorded in events if recorded.stream.startswith(_STREAM))
    return {stream: _after(before.get(stream), some) for stream, some in mine.items()}


def _after(before: Standing | None, events: Sequence[Recorded]) -> Standing:
    """An order after some events of its stream; None before: these are its first."""
    state, first = (_NEW, events[0].recorded_at) if before is None else (before.state, before.first)
    for version, recorded in enumerate(events, state.version + 1):
        if recorded.version != version:
            raise LedgerError(f"{recorded.stream} stands at version {version - 1}, not before {recorded.version}")
    return Standing(evolve_all(state, events), first, events[-1].recorded_at)


def row(order: Standing) -> Row:
    """The row of an order that has had an event."""
    state, document = order.state, order.state.order
    assert document is not None, "an order with an event has a document"
    encoded = encoder.encode(document)
    shown = ready(encoded)
    kept = Kept(order.first, state.sale, state.captured, state.others)
    if shown is not encoded:
        kept = msgspec.structs.replace(kept, order=msgspec.Raw(encoded))
    customer_id = customer_of(document)
    created_at = to_datetime(document.CreationDate) or from_microseconds(order.first)
    return Row(
        order_id=document.Id,
        version=state.version,
        customer_id=customer_id,
        terminal_id=document.TerminalId,
        is_open=state.is_open and not is_cart(document),
        is_online=document.IsOnlineOrder,
        is_basket=document.IsOnlineOrder and document.Status == NEW and document.PaymentStatus == 0,
        external_queue=None if document.TrainingMode or document.ExternalID else state.sale or None,
        invoice_queue=bool(customer_id.int) and waits_for_bookkeeping(document),
        is_nameless=document.Customer is None,
        outlet_id=document.OutletId,
        status=document.Status,
        total=document.OrderTotal,
        number=number_of(document),
        created_at=created_at,
        business_time=to_datetime(document.InvoiceDate) or created_at,
        recorded_at=from_microseconds(order.newest),
        document=shown,
        state=encoder.encode(kept),
    )


def number_of(order: Order) -> str:
    """What people call an order by: its own number, else that of a receipt; `""` for none."""
    printed = (str(receipt.ReceiptNumber) for receipt in order.Receipts or () if receipt.ReceiptNumber)
    return order.InvoiceNumber or order.OrderNoOfDay or next(printed, "")


def waits_for_bookkeeping(order: Order) -> bool:
    """Invoiced, and not taken by the bookkeeping yet."""
    invoiced = bool(order.InvoiceGenerated) or order.CustomerInvoiceId is not None
    return invoiced and not order.IsVismaInvoiceGenerated and order.Status not in VOID and not order.TrainingMode


def learnt(events: Iterable[Recorded]) -> dict[UUID, Known]:
    """The customers these events tell of after their erasures; an order's word stands above an invoice's."""
    found: dict[UUID, Known] = {}
    for recorded in events:
        event = recorded.event
        if is_document(event):
            customer, customer_id = event.order.Customer or event.order.Customr, customer_of(event.order)
            if customer is not None and customer_id.int:
                whole = customer if customer.Id.int else msgspec.structs.replace(customer, Id=customer_id)
                found[customer_id] = Known(False, document(whole))
        elif type(event) is CustomerErased:
            found.pop(event.customer_id, None)
        elif type(event) is InvoiceSaved:
            customer_id = event.invoice.CustomerId
            if customer_id.int and (customer_id not in found or found[customer_id].from_invoice):
                found[customer_id] = Known(True, document(_customer_on(event.invoice)))
    return found


def _customer_on(invoice: CustomerInvoice) -> Customer:
    return FullCustomer(
        Id=invoice.CustomerId,
        Name=invoice.CustomerName,
        Email=invoice.Email,
        Address1=invoice.Address1,
        Address2=invoice.Address2,
        ZipCode=invoice.ZipCode,
        City=invoice.City,
        Country=invoice.Country,
    )


class Orders:
    """Keeps `orders` and `customers`."""

    name = "orders"
    # An order's stream goes on with each of its events, whatever they are: without one of them the next would not fit.
    handles: frozenset[type[Event]] = frozenset(NAMES)
    streams = _STREAM

    async def apply(self, connection: Connection, tenant_id: int, events: Sequence[Recorded]) -> None:
        """Applies a batch of events, each order's row written once."""
        begun = {recorded.stream for recorded in events if recorded.version == 1}
        orders = folded(await _read(connection, tenant_id, events, begun), events)
        await _write(connection, tenant_id, orders, begun)
        if erased := {recorded.event.customer_id for recorded in events if type(recorded.event) is CustomerErased}:
            await connection.execute(_SQL["forget_customers"], tenant_id, erased)
        if customers := learnt(events):
            columns = zip(*customers.values(), strict=True)
            await connection.execute(_SQL["write_customers"], tenant_id, list(customers), *columns)

    async def renew(self, connection: Connection, tenant_id: int, events: Sequence[Recorded]) -> None:
        """The orders of some streams, by all that happened to them."""
        await _write(connection, tenant_id, folded({}, events))


async def _write(
    connection: Connection, tenant_id: int, orders: Mapping[str, Standing], begun: Set[str] = frozenset()
) -> None:
    """Writes the rows of orders; those of streams in `begun` are new."""
    new, changed = list[Row](), list[Row]()
    for stream, order in orders.items():
        (new if stream in begun else changed).append(row(order))
    await write(connection, _ORDERS, tenant_id, new, changed)


async def _read(
    connection: Connection, tenant_id: int, events: Sequence[Recorded], begun: Set[str]
) -> dict[str, Standing]:
    """The orders as they stood; one whose stream has begun among these events has no row."""
    streams = {recorded.stream for recorded in events if recorded.stream.startswith(_STREAM)} - begun
    if not streams:
        return {}
    ids = [UUID(stream.removeprefix(_STREAM)) for stream in streams]
    rows = await connection.fetch(_SQL["read_orders"], tenant_id, ids)
    return {f"order-{row['order_id']}": standing(row["version"], row["state"], row["document"]) for row in rows}


PROJECTION = Orders()
