"""The words that blocks say by themselves, in six languages. Pure. Every other language gets English."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """One language's words. `{n}`, `{day}` and `{company}` stand for Liquid."""

    quantity: str
    each: str
    total: str
    order: str
    refunded: str
    code: str
    until: str
    unsubscribe: str
    preferences: str
    browser: str
    agreed: str
    law: str
    service: str
    one_more: str
    more: str

    @property
    def counted(self) -> str:
        """`quantity` inside of a line; German writes nouns large there too."""
        return self.quantity if self.quantity.startswith("Anzahl") else self.quantity[0].lower() + self.quantity[1:]


WORDS = {
    "en": Words(
        quantity="Quantity {n}",
        each="each",
        total="Total",
        order="Order",
        refunded="Refunded",
        code="Your code",
        until="Valid until {day}",
        unsubscribe="Unsubscribe",
        preferences="E-mail preferences",
        browser="View in browser",
        agreed="You get this mail because you agreed to e-mails from {company}.",
        law="You get this mail because you are a customer of {company}. You can end such mails at any time.",
        service="You get this mail because of your order at {company}.",
        one_more="1 more product",
        more="{n} more products",
    ),
    "de": Words(
        quantity="Anzahl {n}",
        each="pro Stück",
        total="Summe",
        order="Bestellung",
        refunded="Erstattet",
        code="Ihr Code",
        until="Gültig bis {day}",
        unsubscribe="Abmelden",
        preferences="E-Mail-Einstellungen",
        browser="Im Browser ansehen",
        agreed="Sie bekommen diese E-Mail, weil Sie E-Mails von {company} zugestimmt haben.",
        law="Sie bekommen diese E-Mail, weil Sie Kunde von {company} sind. Sie können solchen E-Mails jederzeit "
        "widersprechen.",
        service="Sie bekommen diese E-Mail wegen Ihrer Bestellung bei {company}.",
        one_more="1 weiteres Produkt",
        more="{n} weitere Produkte",
    ),
    "fr": Words(
        quantity="Quantité {n}",
        each="pièce",
        total="Total",
        order="Commande",
        refunded="Remboursé",
        code="Votre code",
        until="Valable jusqu’au {day}",
        unsubscribe="Se désabonner",
        preferences="Préférences e-mail",
        browser="Voir dans le navigateur",
        agreed="Vous recevez cet e-mail parce que vous avez accepté les e-mails de {company}.",
        law="Vous recevez cet e-mail parce que vous êtes client de {company}. Vous pouvez vous y opposer.",
        service="Vous recevez cet e-mail à propos de votre commande chez {company}.",
        one_more="1 autre produit",
        more="{n} autres produits",
    ),
    "es": Words(
        quantity="Cantidad {n}",
        each="por unidad",
        total="Total",
        order="Pedido",
        refunded="Reembolsado",
        code="Tu código",
        until="Válido hasta el {day}",
        unsubscribe="Darse de baja",
        preferences="Preferencias de correo",
        browser="Ver en el navegador",
        agreed="Recibes este correo porque aceptaste recibir correos de {company}.",
        law="Recibes este correo porque eres cliente de {company}. Puedes darte de baja cuando quieras.",
        service="Recibes este correo por tu pedido en {company}.",
        one_more="1 producto más",
        more="{n} productos más",
    ),
    "it": Words(
        quantity="Quantità {n}",
        each="al pezzo",
        total="Totale",
        order="Ordine",
        refunded="Rimborsato",
        code="Il tuo codice",
        until="Valido fino al {day}",
        unsubscribe="Annulla l’iscrizione",
        preferences="Preferenze e-mail",
        browser="Vedi nel browser",
        agreed="Ricevi questa e-mail perché hai accettato le e-mail di {company}.",
        law="Ricevi questa e-mail perché sei cliente di {company}. Puoi opporti in qualsiasi momento.",
        service="Ricevi questa e-mail per il tuo ordine presso {company}.",
        one_more="1 altro prodotto",
        more="altri {n} prodotti",
    ),
    "nl": Words(
        quantity="Aantal {n}",
        each="per stuk",
        total="Totaal",
        order="Bestelling",
        refunded="Terugbetaald",
        code="Je code",
        until="Geldig tot {day}",
        unsubscribe="Uitschrijven",
        preferences="E-mailvoorkeuren",
        browser="Bekijk in browser",
        agreed="Je krijgt deze e-mail omdat je hebt ingestemd met e-mails van {company}.",
        law="Je krijgt deze e-mail omdat je klant bent van {company}. Je kunt je op elk moment uitschrijven.",
        service="Je krijgt deze e-mail vanwege je bestelling bij {company}.",
        one_more="nog 1 product",
        more="nog {n} producten",
    ),
}


def words_of(locale: str) -> Words:
    """The words of a locale's language."""
    return WORDS.get(locale.split("-")[0], WORDS["en"])
