"""What our own pages and mails say in each language, and how it writes dates, numbers and names.

    fi/*.po sv/*.po ... --catalogue--> sentences by key, and what is wrong with them
    fi/formats.toml     --formats----> what a country writes otherwise than CLDR has it
    order.toml          --order------> the alphabet: z å ä ö in Finland, s š z ž in Estonia
    all of these        --Locales----> Locale of a language: text, count, short_date, sort_key ...

Keys are words of the trade (``post.latest``), so that no language is the original of the others.
The files are read as they are: nothing is compiled, an editor's change shows at next start. A
folder of the operator's own with the same layout adds languages, and changes words of ours.
"""

from syndicator.locales.catalogue import CatalogueFault
from syndicator.locales.locale import Locale, plural_category, unbroken
from syndicator.locales.locales import Locales

__all__ = ["CatalogueFault", "Locale", "Locales", "plural_category", "unbroken"]
