"""Stoves, pots, mugs, bottles and flasks. Pure data."""

from cdp.demo.catalog.drawing.ink import Drawing

DRAWINGS: dict[str, Drawing] = {
    "stove": Drawing(
        '<path d="M214 390C214 370 386 370 386 390L398 470C400 500 370 514 300 514S200 500 202 470Z" fill="$accent"/>'
        '<path d="M214 390C214 370 250 366 272 366C240 400 236 470 246 510C216 504 200 492 202 470Z" fill="#fff" opacity=".25"/>'
        '<ellipse cx="300" cy="388" rx="86" ry="16" fill="#6f7479"/><rect x="278" y="290" width="44" height="94" rx="6" fill="$base"/>'
        '<path d="M322 330H400C410 330 414 340 414 350V356H322Z" fill="$dark"/><circle cx="420" cy="348" r="22" fill="$deep"/>'
        '<path d="M262 290H338L352 252H248Z" fill="$dark"/><ellipse cx="300" cy="252" rx="56" ry="14" fill="$deep"/>'
        '<path d="M250 268 150 250V226H176L180 238 256 252ZM350 268 450 250V226H424L420 238 344 252Z" fill="$base"/>$trim',
        (
            '<path d="M252 248C244 210 276 196 270 160C296 180 300 210 296 232C306 220 312 200 308 178C340 200 356 226 348 248Z"'
            ' fill="#6aa8d8"/><path d="M276 248C272 226 292 216 296 196C312 214 330 228 324 248Z" fill="#d6ecf8"/>',
            '<ellipse cx="300" cy="250" rx="40" ry="9" fill="$night"/><g fill="$pale"><circle cx="270" cy="250" r="3"/><circle'
            ' cx="285" cy="254" r="3"/><circle cx="300" cy="256" r="3"/><circle cx="315" cy="254" r="3"/><circle cx="330" cy="250"'
            ' r="3"/></g>',
        ),
    ),
    "camppot": Drawing(
        '<path d="M150 220H450L440 460C438 492 414 508 384 508H216C186 508 162 492 160 460Z" fill="$base"/>'
        '<path d="M150 220H220C206 330 212 440 240 508H216C186 508 162 492 160 460Z" fill="$light"/>'
        '<path d="M400 220H450L440 460C438 492 414 508 384 508H372C400 440 408 330 400 220Z" fill="$dark"/>'
        '<ellipse cx="300" cy="220" rx="150" ry="30" fill="$dark"/><ellipse cx="300" cy="208" rx="146" ry="28" fill="$light"/>'
        '<path d="M282 188C282 166 318 166 318 188" stroke="$ink" stroke-width="14" fill="none"/>$trim'
        '<path d="M222 300H250M222 340H240M222 380H250M222 420H240" stroke="$deep" stroke-width="4"/>',
        (
            '<path d="M446 300H520C532 300 536 312 530 320L516 342H446" stroke="$accent" stroke-width="13" fill="none"/>',
            '<path d="M152 236C120 60 480 60 448 236" stroke="$deep" stroke-width="9" fill="none"/><rect x="262" y="94" width="76"'
            ' height="20" rx="10" fill="$accent"/>',
            '<path d="M446 280C540 280 540 400 442 400" stroke="$accent" stroke-width="15" fill="none"/>',
        ),
    ),
    "enamelmug": Drawing(
        '<path d="M420 250C520 240 520 420 412 410" stroke="$dark" stroke-width="24" fill="none"/>'
        '<path d="M420 250C520 240 520 420 412 410" stroke="$base" stroke-width="16" fill="none"/>'
        '<path d="M166 190H434L424 470C423 492 406 506 384 506H216C194 506 177 492 176 470Z" fill="$base"/>'
        '<path d="M166 190H236C222 300 226 430 246 506H216C194 506 177 492 176 470Z" fill="$light"/>'
        '<path d="M390 190H434L424 470C423 492 406 506 384 506H366C390 430 398 300 390 190Z" fill="$dark"/>'
        '<ellipse cx="300" cy="190" rx="136" ry="30" fill="#1f2c44"/><ellipse cx="300" cy="190" rx="124" ry="23" fill="#f4efe5"/>'
        '<path d="M182 196C220 216 380 216 418 196C400 210 350 214 300 214S200 210 182 196Z" fill="#5b3d28"/>$trim'
        '<g fill="$pale" opacity=".8"><circle cx="206" cy="250" r="3"/><circle cx="400" cy="300" r="3"/><circle cx="216" cy="440"'
        ' r="3"/><circle cx="384" cy="460" r="3"/><circle cx="330" cy="240" r="2"/><circle cx="250" cy="470" r="2"/></g>',
        (
            '<path d="M240 400 286 316 314 360 330 338 366 400Z" fill="$accent"/><path d="M274 338 286 316 300 338 286 346Z"'
            ' fill="#fff"/>',
            '<path d="M300 300C330 336 340 356 334 380C330 402 318 412 300 412S270 402 266 380C260 356 280 346 300 300Z"'
            ' fill="$accent"/><path d="M300 350C314 370 318 380 314 394C310 404 290 404 286 394C282 380 290 372 300 350Z"'
            ' fill="#fbe3a8"/>',
            '<path d="M300 300 336 356H318L350 404H250L282 356H264Z" fill="$accent"/><rect x="292" y="404" width="16" height="22"'
            ' fill="$accent"/>',
            "",
        ),
    ),
    "bottle": Drawing(
        '<path d="M246 190C220 210 208 236 208 270V474C208 496 222 510 244 510H356C378 510 392 496 392 474V270C392 236 380 210 354'
        ' 190Z" fill="$base"/><path d="M246 190C220 210 208 236 208 270V474C208 496 222 510 244 510H262C240 470 240 260 272 190Z"'
        ' fill="$light"/><path d="M336 190H354C380 210 392 236 392 270V474C392 496 378 510 356 510H346C366 470 366 260 336 190Z"'
        ' fill="$dark"/><rect x="248" y="160" width="104" height="34" rx="4" fill="#c9ccd0"/>'
        '<path d="M240 118C240 106 250 98 262 98H338C350 98 360 106 360 118V164H240Z" fill="$ink"/>'
        '<path d="M264 100C264 50 336 50 336 100" stroke="$ink" stroke-width="13" fill="none"/>$trim',
        (
            '<path d="M208 400H392V430H208Z" fill="$accent"/>',
            '<path d="M300 300C322 330 330 346 330 362C330 380 316 390 300 390S270 380 270 362C270 346 278 330 300 300Z"'
            ' fill="$pale"/>',
            '<text x="300" y="340" font-family="Helvetica, Arial, sans-serif" font-size="26" font-weight="700" letter-spacing="4"'
            ' text-anchor="middle" fill="$pale" transform="rotate(-90 300 350)">$brand</text>',
            '<path d="M208 330 254 290 300 330 346 290 392 330V360L346 320 300 360 254 320 208 360Z" fill="$accent"/>',
        ),
    ),
    "thermos": Drawing(
        '<path d="M384 260C450 260 450 410 384 410" stroke="$ink" stroke-width="16" fill="none"/>'
        '<rect x="212" y="190" width="176" height="324" rx="18" fill="$base"/><path d="M230 190H256V514H230C220 514 212 506 212'
        ' 496V208C212 198 220 190 230 190Z" fill="$light"/><path d="M356 190H370C380 190 388 198 388 208V496C388 506 380 514 370'
        ' 514H356Z" fill="$dark"/><rect x="212" y="196" width="176" height="20" fill="#c9ccd0"/><rect x="212" y="482" width="176"'
        ' height="20" fill="#c9ccd0"/><path d="M222 96C222 84 232 76 244 76H356C368 76 378 84 378 96V192H222Z" fill="#b7bbc0"/>'
        '<path d="M240 78H262V192H240Z" fill="#e4e6e8"/><path d="M222 170H378" stroke="#8d9297" stroke-width="5"/>$trim',
        (
            '<rect x="250" y="310" width="100" height="70" rx="6" fill="$accent"/><text x="300" y="354" font-family="Georgia, serif"'
            ' font-size="22" text-anchor="middle" fill="$ink">$initial</text>',
            '<path d="M212 300H388M212 330H388M212 430H388M212 400H388" stroke="$accent" stroke-width="10"/>',
            '<path d="M240 390 280 320 304 356 320 334 360 390Z" fill="$accent"/>',
        ),
    ),
}
