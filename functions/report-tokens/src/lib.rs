//! Takes the inventory, judges it and writes a dated report.
