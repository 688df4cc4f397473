"""台账: any form marked as a register, as a table with filters, sums, detail and export."""
