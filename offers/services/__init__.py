"""Writes of offers: publishing, the ledger of redemptions, codes, price lists."""
