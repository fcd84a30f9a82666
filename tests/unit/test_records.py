"""Records: their full shape follows the contract's null rules, and no default ever changes (it is stored format)."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from ledger import full_records
from ledger.amounts import ZERO
from ledger.business_time import NO_TIME
from ledger.codec import PERSONAL, encoder
from ledger.full_records import FullOrder
from ledger.records import NO_ID, Order, OrderLine, Payment, Record

# What a member is when nobody set it. Members that have this value are left out of stored events: a line of this table
# may be added, never changed.
DEFAULTS: dict[str, str] = {
    "Outlet": "Id=0g Name=null",
    "Customer": "Id=0g Name=null Email=null Phone=null Address1=null Address2=null ZipCode=null City=null Country=null"
    " CustomerNo=null Active=false",
    "SwishPayment": "Id! SwishId=null SwishPaymentId=null SwishPaymentStatus=null SwishResponse=null"
    " SwishLocation=null SwishToken=null OrderId=null",
    "Product": "Id=0g Description=null Price=0 PurchasePrice=0 Tax=0 BarCode=null PLU=null Unit=0 CategoryId=0"
    " Category=null AccountingId=0 Active=false Deleted=false ItemType=0 ReceiptMethod=0 SKU=null ExternalID=null",
    "OrderLine": "Quantity! Id=0g OrderId=0g ItemId=0g UnitPrice=0 DiscountedUnitPrice=0 PurchasePrice=0 ItemDiscount=0"
    " DiscountPercentage=0 TaxPercent=null Active=1 ItemComments=null UnitsInPackage=0 ItemStatus=0 IsCoupon=0"
    " Direction=null DiscountType=0 DiscountDescription=null ItemType=0 GroupId=0g GroupKey=null IngredientMode=null"
    " IngredientItems=[] ItemDetails=[] IsInventoryAdjusted=false WC_ID=0 ItemDescription=null Category=null"
    " Product=null",
    "Payment": "Id! PaidAmount! OrderId=0g TypeId=0 ReturnAmount=0 PaymentDate=0t PaymentRef=null CreditCardNo=null"
    " TipAmount=0 CashCollected=0 CashChange=0 IsCashSaleDropped=0 Direction=1 ProductName=null DeviceTotal=0"
    " PayerRef=null",
    "Receipt": "ReceiptId! TerminalId=0g TerminalNo=0 ReceiptNumber=0 OrderId=0g ReceiptCopies=0 GrossAmount=0"
    " VatAmount=0 VatDetail=null PrintDate=0t ControlUnitName=null ControlUnitCode=null CustomerPaymentReceipt=null"
    " MerchantPaymentReceipt=null IsSignature=false",
    "Order": "Id! TableId=0 CustomerId=0g CreationDate=0t OrderTotal=0 OrderNoOfDay=null Status=0 PaymentStatus=0"
    " Updated=0 UserId=null TaxPercent=0 InvoiceNumber=null InvoiceDate=null InvoiceGenerated=0 TipAmount=0"
    " IsInInvoice=false OrderSource=0 Comments=null ShiftNo=0 ShiftOrderNo=0 ShiftClosed=0 TipAmountType=0 ZPrinted=0"
    " CheckOutUserId=null OrderComments=null Type=0 CustomerInvoiceId=null Bong=null DailyBong=null TerminalId=0g"
    " OutletId=0g Outlet=null TrainingMode=false RoundedAmount=0 OrderLines=[] Receipts=null Payments=null"
    " ExternalID=null FnResponse=null IsVismaInvoiceGenerated=false WC_ID=0 DiscountTotal=0 DiscountTax=0"
    " OrderIntID=null IsOnlineOrder=false Customer=null Customr=null DeliveryDate=null IsPickup=false"
    " SwishPayment=null Version=0",
    "CustomerInvoice": "Id! InvoiceNumber=0 CustomerId=0g CustomerName=null Address1=null Address2=null ZipCode=null"
    " City=null Country=null Email=null PaymentTerms=0 Remarks=null InvoiceTotal=0 CreationDate=0t Synced=false"
    " PaymentStatus=0 PaidDate=null DueDate=null OutletId=0g TerminalId=0g OrdersGuid=[]",
    "CashDrawer": "Id=0g Name=null UserId=null TerminalId=0g",
    "CashDrawerLog": "Id! ActivityType! CashDrawerId=0g CashDrawer=null ActivityDate=0t UserId=null Amount=0 OrderId=0g"
    " Synced=0",
    "Report": "Id=0g CreationDate=0t ReportType=0 ReportNumber=0 TerminalId=0g",
    "ReportRow": "Id=0g ReportId=0g DataType=null TextValue=null ForeignId=null Value=null TaxPercent=null"
    " DateValue=null SortOrder=0",
    "TerminalStatusLog": "Id! TerminalId! ActivityDate=0t UserId=null ReportId=0g Status=0 Synced=0 BatteryLevel=0"
    " IsCharging=false StorageFree=0 StorageTotal=0 AppVersion=null Report=null ReportData=[]",
}
# Members that may be null where they are no strings, objects or lists (contract, section 2, marked `?`).
NULLABLE = {
    "InvoiceDate", "CustomerInvoiceId", "OrderIntID", "DeliveryDate", "GroupKey", "PaidDate", "DueDate", "ForeignId",
    "Value", "TaxPercent", "DateValue", "OrderId", "SwishPaymentStatus",
}  # fmt: skip
# What `reading` fills in before a record goes anywhere.
FILLED = {("OrderLine", "TaxPercent"), ("OrderLine", "Direction")}
KINDS: dict[str, type[Record]] = {
    name.removeprefix("Full"): kind.__mro__[1]
    for name, kind in vars(full_records).items()
    if name.startswith("Full") and isinstance(kind, type)
}
SHORT = {f'"{NO_ID}"': "0g", f'"{NO_TIME}"': "0t"}


def spelled(field: msgspec.structs.FieldInfo) -> str:
    """A member with its default, as in `DEFAULTS`."""
    if field.required:
        return f"{field.name}!"
    found = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    text = encoder.encode(found).decode()
    return f"{field.name}={SHORT.get(text, text)}"


def smallest(kind: type[Record]) -> Record:
    """A record with nothing but what it needs."""
    needed: dict[str, Any] = {"Id": NO_ID, "ReceiptId": NO_ID, "TerminalId": NO_ID}
    fields = [field.name for field in msgspec.structs.fields(kind) if field.required]
    return kind(**{name: needed.get(name, 0) for name in fields})


@pytest.mark.parametrize("name", DEFAULTS)
def test_no_default_ever_changes(name: str) -> None:
    found = [spelled(field) for field in msgspec.structs.fields(KINDS[name]) if field.name != "extra"]
    assert " ".join(found) == DEFAULTS[name]


def test_every_record_is_listed() -> None:
    assert set(KINDS) == set(DEFAULTS)


@pytest.mark.parametrize("name", DEFAULTS)
def test_the_stored_shape_leaves_out_what_has_its_default(name: str) -> None:
    required = {field.name for field in msgspec.structs.fields(KINDS[name]) if field.required}
    assert set(json.loads(encoder.encode(smallest(KINDS[name])))) == required


@pytest.mark.parametrize("name", DEFAULTS)
def test_the_full_shape_writes_every_member_by_the_contracts_null_rules(name: str) -> None:
    full = getattr(full_records, f"Full{name}")
    shown = json.loads(encoder.encode(msgspec.json.decode(encoder.encode(smallest(KINDS[name])), type=full)))
    fields = {field.name: field for field in msgspec.structs.fields(KINDS[name]) if field.name != "extra"}
    assert set(shown) == set(fields)
    for member, value in shown.items():
        if value is None and (name, member) not in FILLED:
            kinds = str(fields[member].type)
            is_text_or_object = "str" in kinds or any(other in kinds for other in KINDS) or "list" in kinds
            assert is_text_or_object or member in NULLABLE, f"{name}.{member} may not be null"
            assert "moment" not in kinds or member in NULLABLE, f"{name}.{member} may not be null"


def test_the_full_shape_goes_all_the_way_down() -> None:
    line = OrderLine(Quantity=ZERO, IngredientItems=[OrderLine(Quantity=ZERO)])
    order = Order(Id=NO_ID, OrderLines=[line], Payments=[Payment(Id=NO_ID, PaidAmount=ZERO)])
    shown = json.loads(encoder.encode(msgspec.json.decode(encoder.encode(order), type=FullOrder)))
    assert shown["OrderLines"][0]["IngredientItems"][0]["Active"] == 1
    assert shown["Payments"][0]["PaymentDate"] == NO_TIME
    assert shown["Receipts"] is None, "not sent is not the same as none"


@pytest.mark.parametrize("name", DEFAULTS)
def test_a_full_record_is_the_record(name: str) -> None:
    assert issubclass(getattr(full_records, f"Full{name}"), KINDS[name])
    assert msgspec.json.decode(
        encoder.encode(smallest(getattr(full_records, f"Full{name}"))), type=KINDS[name]
    ) == smallest(KINDS[name])


@pytest.mark.parametrize(
    ("kind", "members"),
    [
        ("Order", ("Customer", "Customr", "Comments", "OrderComments")),
        ("Payment", ("PayerRef",)),
        ("CustomerInvoice", ("CustomerName", "Address1", "Address2", "ZipCode", "City", "Country", "Email")),
    ],
)
def test_what_is_personal_stays_personal(kind: str, members: tuple[str, ...]) -> None:
    assert set(members) <= set(PERSONAL[KINDS[kind]])
