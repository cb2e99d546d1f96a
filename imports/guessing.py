"""What a file's columns probably mean, from their names (English, German, French) and their values. Pure.

A guess is only a proposal: staff see it beside the rows and change it.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from consent.suppression_list import hash_of
from imports import values
from imports.contracts import (
    EVENTS,
    IGNORE,
    ORDERS,
    PEOPLE,
    PRODUCTS,
    SUPPRESSIONS,
    BadValue,
    Column,
    Options,
    Row,
)
from imports.targets import FIXED_TYPES, IDENTIFIERS, NAMED, SINGLE, TARGETS, type_of
from profiles.identifiers import EMAIL, Blocked, canonicalize

_WORDS: dict[str, str] = {
    "user_id": "nclient ndeclient userid user_id uid customerid customer_id customer_number customernumber "
    "customerno kundennummer kundennr kunden_id kundenid kunde numeroclient noclient clientid "
    "idclient membernumber memberid mitgliedsnummer",
    "email": "email e-mail mail emailaddress e-mail-address mailadresse emailadresse e-mail-adresse courriel "
    "adressemail adresseemail adresseelectronique contactemail customeremail kundenemail",
    "phone": "phone phonenumber telephone telefon telefonnummer tel mobile mobilephone mobilenumber handy "
    "handynummer mobil mobilnummer portable numerodetelephone cellphone",
    "anonymous_id": "anonymousid visitorid deviceid cookieid",
    "time": "time timestamp date datetime occurredat occurred_at eventtime zeit zeitpunkt zeitstempel datum "
    "uhrzeit horodatage dateheure originaltimestamp",
    "event": "event eventname ereignis aktion action evenement eventtype name_of_event",
    "message_id": "messageid message_id eventid event_id nachrichtenid",
    "order_id": "ndecommande orderid order_id ordernumber orderno order bestellnummer bestellnr bestellung "
    "bestell_id auftragsnummer auftragsnr numerodecommande nocommande commande idcommande invoice "
    "invoiceno rechnungsnummer",
    "order_time": "orderdate ordertime orderedat bestelldatum bestelltam datumderbestellung datedecommande "
    "datecommande createdat created placedat auftragsdatum invoicedate rechnungsdatum kaufdatum "
    "processedat paidat",
    "revenue": "revenue umsatz chiffredaffaires nettoumsatz",
    "total": "total ordertotal gesamt gesamtbetrag gesamtsumme summe totalprice amount betrag montant "
    "montanttotal totalttc bruttobetrag grandtotal",
    "tax": "tax taxes mwst steuer ust tva vat",
    "shipping": "shipping shippingcost versand versandkosten fraisdeport fraisdelivraison livraison",
    "discount": "discount discountamount rabatt nachlass remise",
    "currency": "currency wahrung waehrung devise currencycode",
    "coupon": "coupon couponcode gutschein gutscheincode codepromo discountcode",
    "cart_id": "cartid warenkorbid warenkorb panierid",
    "country": "country land pays shippingcountry lieferland billingcountry countrycode",
    "product_id": "productid product_id sku articleid artikelnummer artikelnr artikel_id produktnummer produktid "
    "item_id itemid referenceproduit reference lineitemsku stockcode id_product",
    "product_name": "productname product artikel artikelname artikelbezeichnung produkt produktname produit "
    "nomduproduit lineitemname itemname description bezeichnung title titel titre",
    "category": "category kategorie categorie producttype warengruppe",
    "brand": "brand marke marque hersteller vendor manufacturer",
    "price": "price preis prix unitprice einzelpreis stuckpreis stueckpreis prixunitaire itemprice "
    "lineitemprice verkaufspreis",
    "quantity": "quantity qty menge anzahl stuck stueck quantite lineitemquantity",
    "products": "products items lineitems positionen",
    "url": "url link producturl produktlink lien adresse_der_seite",
    "image_url": "imageurl image_url image imagelink bild bildurl bildlink foto photo urlimage",
    "in_stock": "instock in_stock available verfugbar verfuegbar auflager lagernd enstock disponible availability",
    "active": "active aktiv actif published",
    "name": "name productname produktname artikelname title titel titre nom nomduproduit bezeichnung "
    "artikelbezeichnung",
}
KNOWN: dict[str, dict[str, str]] = {
    target: {values.key_of(word): target for word in words.split()} for target, words in _WORDS.items()
}
_TRAITS: dict[str, str] = {
    "firstName": "firstname vorname prenom givenname forename",
    "lastName": "lastname nachname familienname nom nomdefamille surname familyname name_last",
    "name": "name fullname kundenname vollername nomcomplet customername",
    "birthday": "birthday birthdate geburtstag geburtsdatum datedenaissance dob dateofbirth",
    "gender": "gender geschlecht sexe sex anrede civilite salutation",
    "company": "company firma firmenname entreprise societe",
    "address.street": "street strasse address address1 adresse rue anschrift",
    "address.postalCode": "zip zipcode postalcode postcode plz postleitzahl codepostal",
    "address.city": "city stadt ort wohnort ville town",
    "address.country": "country land pays countrycode",
    "language": "language sprache langue locale",
    "createdAt": "createdat signupdate registeredat registrierungsdatum angemeldetam kundeseit datedinscription",
}
TRAITS = {values.key_of(word): trait for trait, words in _TRAITS.items() for word in words.split()}
OURS = frozenset(("rejectrow", "rejectcode", "rejectreason", "rejectline"))
"""Columns of our own list of rejected rows: it can be mended and uploaded again."""
_IDISH = re.compile(r"(id|nr|no|number|nummer|zip|plz|code|ean|gtin|tel|phone)$")
_PATHS = {"traits": "trait", "properties": "property", "attributes": "attribute"}
_WIRE = {
    "userId": "user_id",
    "anonymousId": "anonymous_id",
    "messageId": "message_id",
    "event": "event",
    "timestamp": "time",
    "originalTimestamp": "time",
}
_SUPPRESSION_WORDS = {
    "address": f"address hash addresshash {_WORDS['email'].replace('-', '')} {_WORDS['phone']}",
    "scope": "scope list channel kanal bereich",
    "reason": "reason type status grund art cause motif suppressionreason",
    "time": f"since created {_WORDS['time'].replace('_', '')} createdat unsubscribedat bouncedat suppressedat seit am",
    "note": "note notes comment bemerkung notiz kommentar remarque",
}
ENOUGH = 0.8


def guess_columns(kind: str, names: Sequence[str], sample: Sequence[Row], options: Options) -> list[Column]:
    """A proposal for each column. No two columns get a target that only one may have."""
    taken: set[tuple[str, str]] = set()
    found: list[Column] = []
    for place, name in enumerate(names):
        cells = [row.cells[place] for row in sample if row.fault is None and len(row.cells) > place]
        cells = [cell for cell in cells if not values.is_nothing(cell)]
        column = _guess(kind, name, cells, options, taken)
        taken.add((column.target, column.field))
        found.append(column)
    return found


def guess_options(sample: Sequence[Row], options: Options) -> Options:
    """Decimal comma and the order of day and month, where the values prove them."""
    cells = [cell for row in sample if row.fault is None for cell in row.cells if isinstance(cell, str)]
    is_comma = decimal_comma(sample)
    proofs = {proof for cell in cells if (proof := _proof(cell)) is not None}
    day_first = proofs.pop() if len(proofs) == 1 else None
    is_comma = options.delimiter == ";" if is_comma is None else is_comma  # programs write ; where , is the mark
    return msgspec.structs.replace(options, decimal_comma=is_comma, day_first=day_first)


def decimal_comma(sample: Sequence[Row]) -> bool | None:
    """Whether the values have decimal commas; None where they do not tell."""
    cells = [cell for row in sample if row.fault is None for cell in row.cells if isinstance(cell, str)]
    commas, points = sum(map(_has_comma, cells)), sum(map(_has_point, cells))
    return None if commas == points else commas > points


def signature(kind: str, names: Sequence[str]) -> str:
    """By which a file with the same columns is known again; those of our list of rejected rows do not count."""
    keys = (values.key_of(name) for name in names)
    joined = "\x1f".join([kind, *(key for key in keys if key not in OURS)])
    return hashlib.blake2b(joined.encode("utf-8", "replace"), digest_size=16).hexdigest()


def mapped_as(last: Sequence[Column], names: Sequence[str]) -> list[Column]:
    """Columns of a file of the same signature mapped as those of an earlier one."""
    earlier = iter([column for column in last if values.key_of(column.name) not in OURS])
    return [
        Column(name) if values.key_of(name) in OURS else msgspec.structs.replace(next(earlier), name=name)
        for name in names
    ]


def looks_like_header(first: Sequence[Any]) -> bool:
    """Whether a first row names columns rather than being data: it holds no address, number or date."""
    told = [cell for cell in first if not values.is_nothing(cell)]
    return bool(told) and not any(_is_data(cell) for cell in told)


def guess_type(name: str, cells: Sequence[Any], options: Options) -> str:
    """The type nearly all of the values can be read as."""
    if not cells:
        return "text"
    if all(isinstance(cell, (list, dict)) for cell in cells):
        return "list" if all(isinstance(cell, list) for cell in cells) else "json"
    if _are(cells, values.boolean) and not all(values.as_text(cell) in ("0", "1") for cell in cells):
        return "boolean"
    key = values.key_of(name)
    if not _IDISH.search(key) and not any(_has_leading_zero(cell) for cell in cells):
        if _are(cells, values.parser("number", options)):
            return "number"
        if _are(cells, values.parser("money", options)):
            return "money"
    return "date" if _are(cells, _any_order(options)) and not all(map(_is_digits, cells)) else "text"


def asks_for_day(columns: Sequence[Column], sample: Sequence[Row]) -> bool:
    """Whether a column of dates has values like 03/04/2026 that do not say which is the day."""
    places = [place for place, column in enumerate(columns) if column.target != IGNORE and type_of(column) == "date"]
    cells = [row.cells[place] for row in sample for place in places if len(row.cells) > place]
    return any(is_open_date(cell) for cell in cells)


def _guess(kind: str, name: str, cells: list[Any], options: Options, taken: set[tuple[str, str]]) -> Column:
    key = values.key_of(name)
    if not key or key in OURS:
        return Column(name)
    for target in _candidates(kind, name, key):
        if (target, "") not in taken:
            return Column(name, target, "", FIXED_TYPES[target])
    if kind == SUPPRESSIONS:
        is_address = ("address", "") not in taken and _are(cells, _suppressible)
        return Column(name, "address") if is_address else Column(name)
    if ("email", "") not in taken and "email" in TARGETS[kind] and _are(cells, _email):
        return Column(name, "email")
    return _named(kind, name, key, guess_type(name, cells, options), taken)


def _candidates(kind: str, name: str, key: str) -> list[str]:
    if name in _WIRE and _WIRE[name] in TARGETS[kind]:
        return [_WIRE[name]]
    leaf = key if "." not in name or name.partition(".")[0] not in _PATHS else values.key_of(name.partition(".")[2])
    found = [target for target in (*TARGETS[kind], "order_time") if target in KNOWN and leaf in KNOWN[target]]
    if kind == SUPPRESSIONS:
        return _of_suppressions(leaf)
    if kind == PEOPLE:
        found = [target for target in found if target in IDENTIFIERS or (target == "time" and key != "date")]
    if kind == EVENTS and "." in name:
        found = [target for target in found if target in ("email", "phone")]
    if "order_time" in found:
        found = ["time" if target == "order_time" else target for target in found] if kind == ORDERS else []
    return [target for target in found if target in SINGLE and target in TARGETS[kind]]


def _of_suppressions(key: str) -> list[str]:
    return [target for target, words in _SUPPRESSION_WORDS.items() if key in words.split()]


def _named(kind: str, name: str, key: str, type_name: str, taken: set[tuple[str, str]]) -> Column:
    """A trait, property or attribute of the column's own name, or of its usual one."""
    target = {PEOPLE: "trait", EVENTS: "property", ORDERS: "property", PRODUCTS: "attribute"}[kind]
    head, _, tail = name.partition(".")
    if tail and _PATHS.get(head) == target:
        field = tail
    elif head == "context" and tail:
        return Column(name, IGNORE)
    else:
        field = TRAITS.get(key, name.strip()) if kind == PEOPLE else name.strip()
    if (target, field) in taken:
        field = name.strip()
    if (target, field) in taken or name in ("type", "sentAt", "receivedAt"):
        return Column(name, IGNORE)
    assert target in NAMED
    return Column(name, target, field, type_name)


def _are(cells: Sequence[Any], read: Callable[[Any], Any]) -> bool:
    good = 0
    for cell in cells:
        try:
            read(cell)
            good += 1
        except BadValue:
            continue
    return bool(cells) and good >= ENOUGH * len(cells)


def _email(cell: Any) -> str:
    if not isinstance(cell, str) or isinstance(canonicalize(EMAIL, cell), Blocked):
        raise BadValue("email", "no address")
    return cell


def _suppressible(cell: Any) -> str:
    return cell if isinstance(cell, str) and hash_of(cell.strip()) else _email(cell)


def _any_order(options: Options) -> values.Parser:
    return values.parser("date", msgspec.structs.replace(options, day_first=True))


def _proof(cell: str) -> bool | None:
    try:
        return values.order_of_day(cell)
    except ValueError:
        return None


def is_open_date(cell: Any) -> bool:
    """Whether a value is a date with slashes whose day could be its month."""
    try:
        return values.order_of_day(cell) is None
    except ValueError:
        return False


def _is_data(cell: Any) -> bool:
    if not isinstance(cell, str):
        return True
    return "@" in cell or bool(re.fullmatch(r"[-+]?\d[\d.,:/\sTZ+-]*", cell.strip()))


def _is_digits(cell: Any) -> bool:
    return values.as_text(cell).isdigit()


def _has_leading_zero(cell: Any) -> bool:
    return isinstance(cell, str) and len(cell) > 1 and cell[0] == "0" and cell[1].isdigit()


def _has_comma(cell: str) -> bool:
    return bool(re.search(r"\d,\d{1,2}\s*(€|\$|[A-Z]{3})?$|\d\.\d{3},\d", cell))


def _has_point(cell: str) -> bool:
    return bool(re.fullmatch(r"[^\d]{0,4}[\d,]*\d\.\d{1,2}\s*(€|\$|[A-Z]{3})?", cell.strip()))
