"""The brands the demo shop carries: made up, each with a character. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Brand:
    """A maker. `sentence` ends its products' descriptions."""

    name: str
    sentence: str


BRANDS: dict[str, Brand] = {
    brand.name: brand
    for brand in (
        Brand("Fellrun", "Fellrun makes light things for people who go up fast and come home muddy."),
        Brand("Nordhavn", "Nordhavn is a harbor town workshop; everything it makes is meant for rain."),
        Brand("Karst", "Karst builds for rock and altitude: no loose straps, no excuses."),
        Brand("Oldmill", "Oldmill makes plain things well and leaves the price where it belongs."),
        Brand("Tarnby", "Tarnby believes that outdoor gear may be cheerful."),
        Brand("Brookvale", "Brookvale spins and knits wool from two valleys, and names the farms on the label."),
        Brand("Emberly", "Emberly makes everything that belongs around a fire."),
        Brand("Saltholm", "Saltholm throws and fires its stoneware on an island of four hundred people."),
        Brand("Lykta", "Lykta has one subject: warm light, for as long as possible."),
        Brand("Morrow & Finch", "Morrow & Finch roast, blend and pack by hand, every Tuesday and Thursday."),
        Brand("Haldor", "Haldor has lasted boots over the same wooden forms since 1926."),
        Brand("Willowmere", "Willowmere weaves linen and wool for rooms people like to stay in."),
        Brand("Ironwick", "Ironwick pours, forges and grinds for cooks who keep things for life."),
        Brand("Kvisten", "Kvisten sews shelters that go up in the dark and stay up in the wind."),
    )
}
