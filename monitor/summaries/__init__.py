"""The weekly summary: counted from rows, frozen once per week, corrected only by dated lines."""
