"""Headlamps, lanterns, lamps and candles. Pure data."""

from cdp.demo.catalog.drawing.ink import Drawing

_GLOW = (
    '<defs><radialGradient id="glow"><stop offset="0" stop-color="#ffe9b0" stop-opacity=".95"/><stop offset="1"'
    ' stop-color="#ffe9b0" stop-opacity="0"/></radialGradient></defs>'
)

DRAWINGS: dict[str, Drawing] = {
    "headlamp": Drawing(
        _GLOW + '<ellipse cx="300" cy="250" rx="210" ry="130" fill="none" stroke="$deep" stroke-width="40"/>'
        '<path d="M92 262C104 360 190 424 300 424S496 360 508 262" stroke="$base" stroke-width="44" fill="none"/>'
        '<path d="M92 262C104 360 190 424 300 424S496 360 508 262" stroke="$trim" stroke-width="8" fill="none"'
        ' stroke-dasharray="26 18"/><rect x="206" y="336" width="188" height="150" rx="36" fill="$ink"/>'
        '<rect x="218" y="346" width="164" height="56" rx="26" fill="#454b55"/><circle cx="300" cy="420" r="120" fill="url(#glow)"/>'
        '<circle cx="276" cy="420" r="42" fill="#e9edf0"/><circle cx="276" cy="420" r="28" fill="#fff6d8"/><circle cx="346"'
        ' cy="426" r="24" fill="#d9dee2"/><circle cx="346" cy="426" r="14" fill="#fff0c2"/><rect x="276" y="328" width="48"'
        ' height="16" rx="8" fill="$accent"/>',
        ("$pale", "$accent", "$night"),
    ),
    "lantern": Drawing(
        _GLOW + '<circle cx="300" cy="330" r="240" fill="url(#glow)" opacity=".75"/>'
        '<path d="M216 190C216 60 384 60 384 190" stroke="$deep" stroke-width="12" fill="none"/>$trim'
        '<path d="M196 446H404L416 486C418 500 410 512 396 512H204C190 512 182 500 184 486Z" fill="$dark"/>'
        '<path d="M200 470H400" stroke="$deep" stroke-width="4"/><rect x="276" y="470" width="48" height="22" rx="11"'
        ' fill="$accent"/>',
        (
            '<path d="M210 226H390V446H210Z" fill="#fdeec6"/><path d="M270 240C270 320 330 320 330 430H270Z" fill="#fff8e2"/>'
            '<path d="M192 200C192 168 240 150 300 150S408 168 408 200L414 230H186Z" fill="$base"/><path d="M192 200C192 168 240 150'
            ' 300 150C250 166 236 200 236 230H186Z" fill="$light"/><path d="M228 228V446M300 228V446M372 228V446" stroke="$dark"'
            ' stroke-width="8"/>',
            '<path d="M220 210C196 280 196 380 220 446H380C404 380 404 280 380 210Z" fill="#fdeec6"/><path d="M300 250C330 300 338'
            ' 330 330 360C324 384 276 384 270 360C262 330 280 310 300 250Z" fill="#f3a93c"/><path d="M300 300C314 326 318 344 312'
            ' 358C308 370 292 370 288 358C284 344 292 330 300 300Z" fill="#fff3cf"/><path d="M226 170H374L386 212H214Z" fill="$base"/>'
            '<path d="M250 140H350V172H250Z" fill="$dark"/><path d="M206 300H394M206 360H394" stroke="$deep" stroke-width="6"/>',
            '<circle cx="300" cy="330" r="122" fill="#fdeec6"/><path d="M300 208C230 208 184 270 184 330S230 452 300 452C260 420 244'
            ' 380 244 330S260 240 300 208Z" fill="#fff8e2"/><path d="M240 178H360L372 226H228Z" fill="$base"/><path d="M190 290C240'
            ' 304 360 304 410 290M184 330C240 346 360 346 416 330M190 372C240 388 360 388 410 372" stroke="#e6cf97" stroke-width="4"'
            ' fill="none"/>',
        ),
    ),
    "tablelamp": Drawing(
        _GLOW
        + '<circle cx="300" cy="230" r="230" fill="url(#glow)" opacity=".7"/>$trim'
        + '<path d="M216 118H384L446 290H154Z" fill="$base"/><path d="M216 118H262L222 290H154Z" fill="$light"/><path d="M350 118H384L446'
        ' 290H396Z" fill="$dark"/><path d="M154 290H446L450 302H150Z" fill="$deep"/><path d="M154 296C220 316 380 316 446 296"'
        ' stroke="#fff2c9" stroke-width="8" fill="none"/>',
        (
            '<path d="M288 290H312V380C360 396 372 430 360 470H240C228 430 240 396 288 380Z" fill="$accent"/><ellipse cx="300"'
            ' cy="490" rx="92" ry="22" fill="$ink"/><ellipse cx="300" cy="482" rx="92" ry="20" fill="#4a4038"/>',
            '<path d="M290 290H310V480H290Z" fill="#b98d5f"/><ellipse cx="300" cy="496" rx="100" ry="20" fill="#8f6b44"/><ellipse'
            ' cx="300" cy="486" rx="100" ry="18" fill="#b98d5f"/><path d="M340 300V380" stroke="$accent" stroke-width="4"/><circle'
            ' cx="340" cy="388" r="9" fill="$accent"/>',
            '<ellipse cx="300" cy="340" rx="50" ry="36" fill="$accent"/><ellipse cx="300" cy="400" rx="70" ry="44" fill="#efe6d6"/>'
            '<ellipse cx="300" cy="470" rx="88" ry="44" fill="$accent"/><ellipse cx="278" cy="452" rx="26" ry="12" fill="#fff"'
            ' opacity=".4"/>',
        ),
    ),
    "pendant": Drawing(
        _GLOW
        + '<path d="M300 0V170" stroke="$ink" stroke-width="6"/><rect x="276" y="150" width="48" height="46" rx="8" fill="$ink"/>'
        '<path d="M120 420 40 600H560L480 420Z" fill="#ffe9b0" opacity=".35"/>$trim',
        (
            '<path d="M262 192H338C360 250 420 300 456 420H144C180 300 240 250 262 192Z" fill="$base"/><path d="M262 192H284C270 260'
            ' 220 320 204 420H144C180 300 240 250 262 192Z" fill="$light"/><path d="M360 290C400 330 436 370 456 420H400C396 370 384'
            ' 330 360 290Z" fill="$dark"/><ellipse cx="300" cy="420" rx="156" ry="26" fill="#f6dfa4"/><ellipse cx="300" cy="424"'
            ' rx="48" ry="20" fill="#fffbea"/>',
            '<path d="M110 400C110 270 200 190 300 190S490 270 490 400Z" fill="$base"/><path d="M110 400C110 270 200 190 300 190C220'
            ' 230 180 310 176 400Z" fill="$light"/><ellipse cx="300" cy="400" rx="190" ry="30" fill="#f6dfa4"/><ellipse cx="300"'
            ' cy="406" rx="56" ry="22" fill="#fffbea"/><path d="M110 400C160 378 440 378 490 400" stroke="$deep" stroke-width="5"'
            ' fill="none"/>',
            '<path d="M270 190H330L360 250H240ZM232 262H368L430 400H170Z" fill="$base"/><path d="M232 262H268L226 400H170Z"'
            ' fill="$light"/><path d="M240 250H360V264H240Z" fill="$accent"/><ellipse cx="300" cy="400" rx="130" ry="22"'
            ' fill="#f6dfa4"/><ellipse cx="300" cy="404" rx="46" ry="18" fill="#fffbea"/>',
        ),
    ),
    "candle": Drawing(
        _GLOW
        + '<circle cx="300" cy="180" r="150" fill="url(#glow)"/><path d="M196 230H404V486C404 502 394 512 378 512H222C206 512 196'
        ' 502 196 486Z" fill="#dfe5e4" opacity=".75"/><path d="M204 286H396V482C396 496 388 504 376 504H224C212 504 204 496 204'
        ' 482Z" fill="$trim"/><ellipse cx="300" cy="286" rx="96" ry="18" fill="#fff6e0"/><path d="M300 284V240" stroke="$ink"'
        ' stroke-width="6"/><path d="M300 160C326 200 330 220 324 236C318 252 282 252 276 236C270 220 282 204 300 160Z"'
        ' fill="#f3a93c"/><path d="M300 198C312 218 314 228 310 238C306 246 294 246 290 238C286 228 292 216 300 198Z"'
        ' fill="#fff3cf"/><ellipse cx="300" cy="230" rx="104" ry="18" fill="none" stroke="#c8d2d1" stroke-width="6"/>'
        '<path d="M214 250V490" stroke="#fff" stroke-width="10" opacity=".6" stroke-linecap="round"/>'
        '<rect x="228" y="350" width="144" height="104" rx="4" fill="#fbf7ee"/><rect x="238" y="360" width="124" height="84"'
        ' fill="none" stroke="$base" stroke-width="3"/><circle cx="300" cy="388" r="15" fill="$base"/><text x="300" y="428"'
        ' font-family="Georgia, serif" font-size="17" text-anchor="middle" fill="$ink">$brand</text>',
        ("$pale", "#f3e7cd", "$light"),
    ),
}
