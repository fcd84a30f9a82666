"""The documents clients send and get, member for member as in the wire contract, section 2.

A record in *normal form* (see `reading`) is its own answer: every member that may not be null has a value, Guids are
`UUID`, decimals are canonical (`amounts.canonical`), and a DateTime is text in ISO 8601 with an offset and at most
six fraction digits. What a client sent beyond the known members lies in `extra` of the record it came with.

Two shapes of one record: the class itself leaves out members that have their default (events are stored so, at a third
of the size); its twin `FullOrder` and so on writes every member (read models and answers). The defaults are thus
part of the stored format: **never change one.**
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ledger.amounts import ZERO
from ledger.business_time import NO_TIME

NO_ID = UUID(int=0)

# Meta titles name what a plain type cannot say; `reading` chooses its rule by the whole annotation.
Int = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
Long = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Flag = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1, title="flag")]
Moment = Annotated[str, Meta(title="moment", max_length=40)]
Text = str | None
# Members that are searched or grouped by.
Key = Annotated[str, Meta(max_length=200)] | None
Note = Annotated[str, Meta(max_length=250)] | None
StatusText = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)] | Annotated[str, Meta(max_length=200)] | None
Extra = dict[str, Any] | UnsetType


class Record(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """A document or a part of one. It holds no cycles, and the collector need not look for any: a server makes
    thousands of these a second.
    """


class Outlet(Record):
    """A shop."""

    Id: UUID = NO_ID
    Name: Key = None
    extra: Extra = msgspec.field(default=UNSET, name="$extra")


# A member may carry the name of its type; annotations inside a class would then find the member.
MaybeOutlet = Outlet | None


class Customer(Record):
    """Who buys: personal data, stored only as ciphertext."""

    Id: UUID = NO_ID
    Name: Text = None
    Email: Text = None
    Phone: Text = None
    Address1: Text = None
    Address2: Text = None
    ZipCode: Text = None
    City: Text = None
    Country: Text = None
    CustomerNo: Text = None
    Active: bool = False
    extra: Extra = msgspec.field(default=UNSET, name="$extra")


MaybeCustomer = Customer | None


class SwishPayment(Record):
    """A Swish payment as the vendor's client keeps it."""

    Id: UUID
    SwishId: Key = None
    SwishPaymentId: Key = None
    SwishPaymentStatus: StatusText = None
    SwishResponse: Text = None
    SwishLocation: Text = None
    SwishToken: Text = None
    OrderId: UUID | None = None
    extra: Extra = msgspec.field(default=UNSET, name="$extra")


MaybeSwishPayment = SwishPayment | None


class Product(Record):
    """What a line sells. Unit 0 is a piece, anything else is sold by weight or volume."""

    Id: UUID = NO_ID
    Description: Key = None
    Price: Decimal = ZERO
    PurchasePrice: Decimal = ZERO
    Tax: Decimal = ZERO
    BarCode: Text = None
    PLU: Text = None
    Unit: Int = 0
    CategoryId: Int = 0
    Category: Key = None
    AccountingId: Int = 0
    Active: bool = False
    Deleted: bool = False
    ItemType: Int = 0
    ReceiptMethod: Int = 0
    SKU: Text = None
    ExternalID: Key = None
    extra: Extra = msgspec.field(default=UNSET, name="$extra")


MaybeProduct = Product | None


class OrderLine(Record):
    """One line of an order. Ingredients and details are lines themselves, but need no ids of their own.

    `TaxPercent` is in percent; `Direction` is 1, or -1 for what comes back.
    """

    Quantity: Decimal
    Id: UUID = NO_ID
    OrderId: UUID = NO_ID
    ItemId: UUID = NO_ID
    UnitPrice: Decimal = ZERO
    DiscountedUnitPrice: Decimal = ZERO
    PurchasePrice: Decimal = ZERO
    ItemDiscount: Decimal = ZERO
    DiscountPercentage: Decimal = ZERO
    # None is filled in by `reading`: an ingredient has its line's, anything else 0.
    TaxPercent: Decimal | None = None
    Active: Flag = 1
    ItemComments: Text = None
    UnitsInPackage: Int = 0
    ItemStatus: Int = 0
    IsCoupon: Flag = 0
    Direction: Int | None = None
    DiscountType: Int = 0
    DiscountDescription: Text = None
    ItemType: Int = 0
    GroupId: UUID = NO_ID
    GroupKey: UUID | None = None
    IngredientMode: Key = None
    IngredientItems: list[OrderLine] = []
    ItemDetails: list[OrderLine] = []
    IsInventoryAdjusted: bool = False
    WC_ID: Int = 0
    ItemDescription: Key = None
    Category: Key = None
    Product: MaybeProduct = None
    extra: Extra = msgspec.field(default=UNSET, name="$extra")


class Payment(Record):
    """Money that changed hands for an order: kronor; `CreditCardNo` keeps four digits at most."""

    Id: UUID
    PaidAmount: Decimal
    OrderId: UUID = NO_ID
    TypeId: Int = 0
    ReturnAmount: Decimal = ZERO
    PaymentDate: Moment = NO_TIME
    PaymentRef: Key = None
    CreditCardNo: Text = None
    TipAmount: Decimal = ZERO
    CashCollected: Decimal = ZERO
    CashChange: Decimal = ZERO
    IsCashSaleDropped: Flag = 0
    Direction: Int = 1
    ProductName: Text = None
    DeviceTotal: Decimal = ZERO
    PayerRef: Text = None
    extra: Extra = msgspec.field(default=UNSET, name="$extra")


class Receipt(Record):
    """What the control unit signed. A number is used once at a terminal, 0 apart."""

    ReceiptId: UUID
    TerminalId: UUID = NO_ID
    TerminalNo: Int = 0
    ReceiptNumber: Long = 0
    OrderId: UUID = NO_ID
    ReceiptCopies: Int = 0
    GrossAmount: Decimal = ZERO
    VatAmount: Decimal = ZERO
    VatDetail: Text = None
    PrintDate: Moment = NO_TIME
    ControlUnitName: Text = None
    ControlUnitCode: Text = None
    CustomerPaymentReceipt: Text = None
    MerchantPaymentReceipt: Text = None
    IsSignature: bool = False
    extra: Extra = msgspec.field(default=UNSET, name="$extra")


class Order(Record):
    """A sale from its first draft to its amendments. `Version` is the number of events in its stream."""

    Id: UUID
    TableId: Int = 0
    CustomerId: UUID = NO_ID
    CreationDate: Moment = NO_TIME
    OrderTotal: Decimal = ZERO
    OrderNoOfDay: Key = None
    Status: Int = 0
    PaymentStatus: Int = 0
    Updated: Flag = 0
    UserId: Key = None
    TaxPercent: Decimal = ZERO
    InvoiceNumber: Key = None
    InvoiceDate: Moment | None = None
    InvoiceGenerated: Flag = 0
    TipAmount: Decimal = ZERO
    IsInInvoice: bool = False
    OrderSource: Int = 0
    Comments: Text = None
    ShiftNo: Int = 0
    ShiftOrderNo: Int = 0
    ShiftClosed: Flag = 0
    TipAmountType: Int = 0
    ZPrinted: Flag = 0
    CheckOutUserId: Key = None
    OrderComments: Text = None
    Type: Int = 0
    CustomerInvoiceId: UUID | None = None
    Bong: Key = None
    DailyBong: Key = None
    TerminalId: UUID = NO_ID
    OutletId: UUID = NO_ID
    Outlet: MaybeOutlet = None
    TrainingMode: bool = False
    RoundedAmount: Decimal = ZERO
    OrderLines: list[OrderLine] | None = []
    # None: not sent, what is there stays.
    Receipts: list[Receipt] | None = None
    Payments: list[Payment] | None = None
    ExternalID: Key = None
    FnResponse: Text = None
    IsVismaInvoiceGenerated: bool = False
    WC_ID: Int = 0
    DiscountTotal: Decimal = ZERO
    DiscountTax: Decimal = ZERO
    OrderIntID: Int | None = None
    IsOnlineOrder: bool = False
    Customer: MaybeCustomer = None
    Customr: MaybeCustomer = None
    DeliveryDate: Moment | None = None
    IsPickup: bool = False
    SwishPayment: MaybeSwishPayment = None
    Version: Int = 0
    extra: Extra = msgspec.field(default=UNSET, name="$extra")


class CustomerInvoice(Record):
    """An invoice and the orders it gathers. `PaymentTerms` is in days, `InvoiceTotal` in kronor."""

    Id: UUID
    InvoiceNumber: Long = 0
    CustomerId: UUID = NO_ID
    CustomerName: Text = None
    Address1: Text = None
    Address2: Text = None
    ZipCode: Text = None
    City: Text = None
    Country: Text = None
    Email: Text = None
    PaymentTerms: Int = 0
    Remarks: Note = None
    InvoiceTotal: Decimal = ZERO
    CreationDate: Moment = NO_TIME
    Synced: bool = False
    PaymentStatus: Int = 0
    PaidDate: Moment | None = None
    DueDate: Moment | None = None
    OutletId: UUID = NO_ID
    TerminalId: UUID = NO_ID
    OrdersGuid: list[UUID] | None = []
    extra: Extra = msgspec.field(default=UNSET, name="$extra")


class ExternalInformation(Record, forbid_unknown_fields=False):
    """What an integrator may set on an order; nothing else of the body is taken."""

    Id: UUID
    ExternalID: Key = None
    FnResponse: Text = None
    WC_ID: Int | None = None
