"""The page behind the payment link, and the way of the money: PSP, webhook, `payments`."""
