"""What customers agree to: the texts, the records that never change, the receipts."""
