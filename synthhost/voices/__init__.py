"""Who plays what: keys and pedals, allocation and stealing, groups of 16 voices of one program."""
