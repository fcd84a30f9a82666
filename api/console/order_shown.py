"""What an order's page shows of its document: the members it needs, with their sums. Pure."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import msgspec

from ledger.amounts import EXACT, ZERO, line_amount
from ledger.business_time import to_datetime
from ledger.order import VOID
from ledger.records import NO_ID


class Named(msgspec.Struct):
    """A product or an outlet."""

    Description: str | None = None
    Name: str | None = None


class Line(msgspec.Struct):
    """A line of an order."""

    ItemId: UUID
    Quantity: Decimal
    UnitPrice: Decimal
    ItemDiscount: Decimal
    TaxPercent: Decimal | None
    Active: int
    Direction: int | None
    ItemDescription: str | None
    ItemComments: str | None
    IngredientMode: str | None
    Product: Named | None
    IngredientItems: list[Line] = []

    @property
    def name(self) -> str:
        """What it sells."""
        known = self.ItemDescription or (self.Product.Description if self.Product else None)
        return known or str(self.ItemId)[:8]

    @property
    def amount(self) -> Decimal:
        """What it comes to with VAT, kronor (contract, section 4, Sales arithmetic)."""
        direction = 1 if self.Direction is None else self.Direction
        return line_amount(direction, self.Quantity, self.UnitPrice, self.ItemDiscount, self.TaxPercent or ZERO).gross

    @property
    def count(self) -> Decimal:
        """How many, less than none for what came back."""
        return -self.Quantity if self.Direction == -1 else self.Quantity


class Payment(msgspec.Struct):
    """Money for it, or back."""

    TypeId: int
    PaidAmount: Decimal
    Direction: int
    PaymentDate: str
    PaymentRef: str | None
    CreditCardNo: str | None
    TipAmount: Decimal
    CashCollected: Decimal
    CashChange: Decimal
    ProductName: str | None

    @property
    def amount(self) -> Decimal:
        """Kronor, less than nothing for what was paid back."""
        return EXACT.multiply(Decimal(self.Direction), self.PaidAmount)


class Receipt(msgspec.Struct):
    """What the control unit signed."""

    ReceiptNumber: int
    TerminalId: UUID
    GrossAmount: Decimal
    VatAmount: Decimal
    PrintDate: str
    ControlUnitName: str | None
    ControlUnitCode: str | None


class Buyer(msgspec.Struct):
    """Who bought it."""

    Name: str | None
    Email: str | None
    Phone: str | None


class Swish(msgspec.Struct):
    """Its Swish payment."""

    SwishId: str | None
    SwishPaymentStatus: int | str | None


class Shown(msgspec.Struct):
    """An order."""

    Id: UUID
    Version: int
    Status: int
    Type: int
    PaymentStatus: int
    OrderTotal: Decimal
    RoundedAmount: Decimal
    TipAmount: Decimal
    CreationDate: str
    InvoiceDate: str | None
    InvoiceNumber: str | None
    OrderNoOfDay: str | None
    OrderIntID: int | None
    ExternalID: str | None
    CustomerInvoiceId: UUID | None
    CustomerId: UUID
    Customer: Buyer | None
    Customr: Buyer | None
    UserId: str | None
    TableId: int
    TerminalId: UUID
    OutletId: UUID
    Outlet: Named | None
    TrainingMode: bool
    IsOnlineOrder: bool
    OrderComments: str | None
    Comments: str | None
    SwishPayment: Swish | None
    OrderLines: list[Line] | None
    Payments: list[Payment] | None
    Receipts: list[Receipt] | None

    @property
    def name(self) -> str:
        """What people call it by, as `orders.number_of` has it, else the beginning of its id."""
        printed = (str(receipt.ReceiptNumber) for receipt in self.Receipts or () if receipt.ReceiptNumber)
        return self.InvoiceNumber or self.OrderNoOfDay or next(printed, "") or str(self.Id)[:8]

    @property
    def owes(self) -> Decimal:
        """What is left to pay, kronor; of an order that came to nothing: none."""
        left = EXACT.add(self.OrderTotal, self.RoundedAmount)
        for payment in self.Payments or ():
            left = EXACT.subtract(left, payment.amount)
        return ZERO if self.Status in VOID else left

    @property
    def buyer(self) -> Buyer | None:
        """The customer, by whichever of its spellings."""
        return self.Customer or self.Customr

    @property
    def customer_id(self) -> UUID | None:
        """The customer's id; None for none."""
        return None if self.CustomerId == NO_ID else self.CustomerId


read = msgspec.json.Decoder(Shown).decode
moment = to_datetime
