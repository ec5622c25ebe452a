"""Figures of several runs, and Markdown tables of them."""

import statistics


class Figures:
    """What the runs of each server gave: server → figure → values."""

    def __init__(self):
        self.values = {}

    def add(self, row, figures):
        for name, value in figures.items():
            self.values.setdefault(row, {}).setdefault(name, []).append(value)

    def median(self, row, name):
        return statistics.median(self.values[row][name])

    def text(self, row, name, digits=0, scale=1):
        """median (min to max)"""
        values = [value * scale for value in self.values[row][name]]
        median, low, high = (f"{value:,.{digits}f}" for value in (statistics.median(values), min(values), max(values)))
        return median if len(values) == 1 else f"{median} ({low}–{high})"

    def ratio(self, row, other, name):
        return f"{self.median(row, name) / self.median(other, name):.2f}"


def print_table(title, head, rows):
    print(f"\n### {title}\n")
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |", flush=True)
