"""The members that records have on the way out, and those that may be null (contract, section 2)."""

from __future__ import annotations


def names(text: str) -> set[str]:
    """The words of a text."""
    return set(text.split())


ORDER = names(
    "Id TableId CustomerId CreationDate OrderTotal OrderNoOfDay Status PaymentStatus Updated UserId TaxPercent "
    "InvoiceNumber InvoiceDate InvoiceGenerated TipAmount IsInInvoice OrderSource Comments ShiftNo ShiftOrderNo "
    "ShiftClosed TipAmountType ZPrinted CheckOutUserId OrderComments Type CustomerInvoiceId Bong DailyBong TerminalId "
    "OutletId Outlet TrainingMode RoundedAmount OrderLines Receipts Payments ExternalID FnResponse "
    "IsVismaInvoiceGenerated WC_ID DiscountTotal DiscountTax OrderIntID IsOnlineOrder Customer Customr DeliveryDate "
    "IsPickup SwishPayment Version"
)
ORDER_MAY_BE_NULL = names(
    "OrderNoOfDay UserId InvoiceNumber InvoiceDate Comments CheckOutUserId OrderComments CustomerInvoiceId Bong "
    "DailyBong Outlet ExternalID FnResponse OrderIntID Customer Customr DeliveryDate SwishPayment"
)
LINE = names(
    "Id OrderId ItemId Quantity UnitPrice DiscountedUnitPrice PurchasePrice ItemDiscount DiscountPercentage TaxPercent "
    "Active ItemComments UnitsInPackage ItemStatus IsCoupon Direction DiscountType DiscountDescription ItemType "
    "GroupId GroupKey IngredientMode IngredientItems ItemDetails IsInventoryAdjusted WC_ID ItemDescription Category "
    "Product"
)
LINE_MAY_BE_NULL = names("ItemComments DiscountDescription GroupKey IngredientMode ItemDescription Category Product")
PAYMENT = names(
    "Id OrderId TypeId PaidAmount ReturnAmount PaymentDate PaymentRef CreditCardNo TipAmount CashCollected CashChange "
    "IsCashSaleDropped Direction ProductName DeviceTotal PayerRef"
)
RECEIPT = names(
    "ReceiptId TerminalId TerminalNo ReceiptNumber OrderId ReceiptCopies GrossAmount VatAmount VatDetail PrintDate "
    "ControlUnitName ControlUnitCode CustomerPaymentReceipt MerchantPaymentReceipt IsSignature"
)
