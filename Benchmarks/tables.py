"""Figures of several rounds, and Markdown tables of them."""

import statistics


class Figures:
    """The results of each row: row → figure → one value per round."""

    def __init__(self, values=None):
        self.values = values or {}

    def add(self, row, figures):
        for name, value in figures.items():
            self.values.setdefault(row, {}).setdefault(name, []).append(value)

    def median(self, row, name):
        return statistics.median(self.values[row][name])

    def text(self, row, name, digits=0, scale=1):
        """median (min–max)"""
        return spread([value * scale for value in self.values[row][name]], digits)

    def ratios(self, row, other, name):
        """Compares round by round, so that changes of the machine between rounds have no effect."""
        return [a / b for a, b in zip(self.values[row][name], self.values[other][name])]

    def ratio(self, row, other, name):
        return spread(self.ratios(row, other, name), 2)

    def differences(self, row, other, name):
        return [a - b for a, b in zip(self.values[row][name], self.values[other][name])]

    def difference(self, row, other, name):
        return spread(self.differences(row, other, name), 0)


def spread(values, digits):
    median, low, high = (f"{value:,.{digits}f}" for value in (statistics.median(values), min(values), max(values)))
    return median if len(values) == 1 else f"{median} ({low}–{high})"


def print_table(title, head, rows):
    print(f"\n### {title}\n")
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |", flush=True)
