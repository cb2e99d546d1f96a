"""What a candidate policy would have brought on the log of another: IPS, SNIPS and doubly robust estimates with
intervals, and a refusal where the log cannot tell. Pure."""
