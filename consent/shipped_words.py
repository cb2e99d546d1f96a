"""The words in which the shipped purposes are first put to people, in plain English and German. Pure.

An installation keeps the words it was set up with as version 1, as its ledger's entries point to them: what is changed
here is how new installations ask.
"""

from consent.contracts import (
    ANALYTICS,
    EMAIL_MARKETING,
    EMAIL_NEWS,
    EMAIL_OFFERS,
    EMAIL_OPEN_TRACKING,
    EMAIL_REMINDERS,
    ML_TRAINING,
    PERSONALIZATION,
    PROCESSING,
    SMS_MARKETING,
    THIRD_PARTY_SHARING,
)

WORDS: dict[str, dict[str, tuple[str, str]]] = {
    PROCESSING: {
        "en": (
            "Use of your data",
            "We use your data to run the shop and to keep what the law asks us to keep. If you ask us to stop, we only"
            " store it and do nothing else with it.",
        ),
        "de": (
            "Nutzung Ihrer Daten",
            "Wir nutzen Ihre Daten, um den Shop zu betreiben und um aufzubewahren, was das Gesetz verlangt. Wenn Sie"
            " uns bitten, damit aufzuhören, speichern wir sie nur noch und tun sonst nichts damit.",
        ),
    },
    ANALYTICS: {
        "en": (
            "Analytics",
            "We count which pages and products are looked at, to see what works and to mend what does not. You can say"
            " no at any time; the shop works just the same.",
        ),
        "de": (
            "Statistik",
            "Wir zählen, welche Seiten und Produkte angesehen werden, um zu sehen, was gut ist, und zu beheben, was"
            " nicht funktioniert. Sie können jederzeit Nein sagen; der Shop funktioniert genauso.",
        ),
    },
    PERSONALIZATION: {
        "en": (
            "Personalization",
            "We use what you looked at and bought to show you products that may suit you. If you say no, you see what"
            " everybody else sees.",
        ),
        "de": (
            "Persönliche Empfehlungen",
            "Wir nutzen, was Sie angesehen und gekauft haben, um Ihnen passende Produkte zu zeigen. Wenn Sie Nein"
            " sagen, sehen Sie, was alle anderen auch sehen.",
        ),
    },
    EMAIL_MARKETING: {
        "en": (
            "E-mail marketing",
            "We write to your e-mail address about our products. You can end this at any time, with the link in every"
            " mail or here.",
        ),
        "de": (
            "Werbung per E-Mail",
            "Wir schreiben Ihnen E-Mails über unsere Produkte. Sie können das jederzeit beenden: mit dem Link in jeder"
            " E-Mail oder hier.",
        ),
    },
    EMAIL_NEWS: {
        "en": ("News and ideas", "Mails about what is new in the shop, with tips and stories about our products."),
        "de": ("Neues und Ideen", "E-Mails über Neues im Shop, mit Tipps und Geschichten zu unseren Produkten."),
    },
    EMAIL_OFFERS: {
        "en": ("Offers and sales", "Mails about sales, vouchers and products that cost less for a while."),
        "de": (
            "Angebote und Rabatte",
            "E-Mails über Aktionen, Gutscheine und Produkte, die eine Zeit lang weniger kosten.",
        ),
    },
    EMAIL_REMINDERS: {
        "en": (
            "Reminders about your cart",
            "Up to three mails when you left something in your cart, and none once you have ordered it.",
        ),
        "de": (
            "Erinnerungen an Ihren Warenkorb",
            "Bis zu drei E-Mails, wenn Sie etwas im Warenkorb gelassen haben, und keine mehr, sobald Sie es bestellt"
            " haben.",
        ),
    },
    EMAIL_OPEN_TRACKING: {
        "en": (
            "E-mail open tracking",
            "A tiny invisible picture in our mails tells us whether you opened them, so that we stop sending what"
            " nobody reads. Without your yes our mails contain no such picture.",
        ),
        "de": (
            "Messen, ob E-Mails geöffnet werden",
            "Ein winziges unsichtbares Bild in unseren E-Mails sagt uns, ob Sie sie geöffnet haben, damit wir nicht"
            " weiter schicken, was niemand liest. Ohne Ihr Ja enthalten unsere E-Mails kein solches Bild.",
        ),
    },
    SMS_MARKETING: {
        "en": (
            "Text messages",
            "We send text messages about our products to your phone number. You can end this at any time.",
        ),
        "de": (
            "SMS",
            "Wir schicken SMS über unsere Produkte an Ihre Telefonnummer. Sie können das jederzeit beenden.",
        ),
    },
    ML_TRAINING: {
        "en": (
            "Training of models",
            "What many customers bought together teaches our computers what goes well with what. Your purchases are a"
            " part of that; what is learned says nothing about you. If you say no, they are left out next time.",
        ),
        "de": (
            "Training von Modellen",
            "Aus dem, was viele zusammen gekauft haben, lernen unsere Computer, was gut zueinander passt. Ihre Einkäufe"
            " sind ein Teil davon; das Gelernte sagt nichts über Sie. Wenn Sie Nein sagen, bleiben sie beim nächsten"
            " Mal weg.",
        ),
    },
    THIRD_PARTY_SHARING: {
        "en": (
            "Sharing with third parties",
            "We pass on what you look at and buy to other companies, for instance to show you our advertising"
            " elsewhere. Some laws call this the sale or sharing of personal information. If you say no, nothing"
            " is passed on.",
        ),
        "de": (
            "Weitergabe an Dritte",
            "Wir geben weiter, was Sie ansehen und kaufen, etwa um Ihnen unsere Werbung auch anderswo zu zeigen. Manche"
            " Gesetze nennen das den Verkauf oder das Teilen persönlicher Daten. Wenn Sie Nein sagen, wird nichts"
            " weitergegeben.",
        ),
    },
}
