"""What our own pages and mails say, in Finnish, Swedish and English, and how they write dates.

    fi.po sv.po en.po --catalogue--> Translator: a key and its facts in, a sentence out
    a moment          --dates------> 24.11.2026 klo 7.05 | 24.11.2026 kl. 7.05 | 24 November 2026
    names             --order------> the Finnish and Swedish alphabet, z å ä ö

Keys are words of the trade (``post.latest``), so that no language is the original of the others.
The .po files are read as they are: nothing is compiled, an editor's change shows at next start.
"""

from syndicator.locales.catalogue import Translator, translator
from syndicator.locales.dates import (
    date_range,
    full_date,
    long_date,
    moment,
    month_name,
    period_name,
    short_date,
    time_of_day,
    week_name,
)
from syndicator.locales.numbers import list_of, number, size, unbroken
from syndicator.locales.order import sort_key

__all__ = [
    "Translator",
    "date_range",
    "full_date",
    "list_of",
    "long_date",
    "moment",
    "month_name",
    "number",
    "period_name",
    "short_date",
    "size",
    "sort_key",
    "time_of_day",
    "translator",
    "unbroken",
    "week_name",
]
