#!/usr/bin/env python3
"""Sentences by grammar, for the training of the guard's second voice (docs/guard.md).

    tools/guard/grammar.py COUNT > lines.tsv

Writes COUNT lines for each language and class, in the columns of tests/data/guard/labelled.tsv. The
same COUNT always gives the same lines.
"""
import random
import re
import sys

import grammar_en
import grammar_tr

FOLDED = str.maketrans("çğıöşüâîû", "cgiosuaiu")


def line(rng, grammar, kind):
    pattern = rng.choice(grammar.PATTERNS[kind])
    text = re.sub(r"{(\w+)}", lambda m: rng.choice(grammar.SLOTS[m[1]].split("|")), pattern)
    return re.sub(r"\s+([,?])", r"\1", " ".join(text.split())).strip(", ")


def main():
    count = int(sys.argv[1])
    for language, grammar in (("tr", grammar_tr), ("en", grammar_en)):
        rng = random.Random("guard " + language)
        for kind in grammar.PATTERNS:
            for i in range(count * (3 if kind == "clean" else 1)):
                text = line(rng, grammar, kind)
                if language == "tr" and rng.random() < 0.4:
                    text = text.translate(FOLDED)
                print(f"grammar-{language}-{kind}-{i:04}\ttune\t{language}\t{kind}\t{text}\t")


if __name__ == "__main__":
    main()
