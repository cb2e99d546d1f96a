"""Pages of offers: the list, the editor with its audience and cost, the budget's burn, codes, approvals."""
