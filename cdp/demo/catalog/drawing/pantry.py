"""Coffee, tea, bars and jars. Pure data."""

from cdp.demo.catalog.drawing.ink import Drawing

_NAME = '<text x="300" y="{y}" font-family="Georgia, serif" font-size="{size}" text-anchor="middle" fill="$ink">$brand</text>'

DRAWINGS: dict[str, Drawing] = {
    "coffeebag": Drawing(
        '<path d="M186 150H414L430 480C432 500 420 512 402 512H198C180 512 168 500 170 480Z" fill="$deep"/>'
        '<path d="M186 150H236L226 512H198C180 512 168 500 170 480Z" fill="$dark"/><path d="M186 150 196 96H404L414 150Z"'
        ' fill="$night"/><path d="M196 96H404L402 112H198Z" fill="$deep"/><path d="M180 134 160 140 166 156 186 150ZM420 134 440 140'
        ' 434 156 414 150Z" fill="#d9c28c"/><rect x="206" y="220" width="188" height="210" rx="6" fill="#fbf7ee"/>'
        '<rect x="206" y="220" width="188" height="70" rx="6" fill="$base"/>$trim'
        + _NAME.format(y=330, size=19)
        + '<path d="M230 352H370M244 372H356" stroke="#c9c0ae" stroke-width="5"/><circle cx="300" cy="404" r="13" fill="$base"/>'
        '<circle cx="300" cy="182" r="11" fill="$night" stroke="$base" stroke-width="4"/>',
        (
            '<ellipse cx="300" cy="256" rx="20" ry="27" fill="#fbf7ee" transform="rotate(28 300 256)"/><path d="M290 234C308 248 292'
            ' 264 310 278" stroke="$base" stroke-width="5" fill="none"/>',
            '<path d="M236 290 276 238 300 268 316 250 364 290Z" fill="#fbf7ee"/>',
            '<circle cx="300" cy="262" r="22" fill="#fbf7ee"/><path d="M206 272C240 262 270 284 300 272S360 262 394 272V290H206Z"'
            ' fill="$dark"/>',
        ),
    ),
    "teatin": Drawing(
        '<path d="M180 210H420V480C420 500 366 514 300 514S180 500 180 480Z" fill="$base"/><path d="M180 210H230V506C200 500 180 492'
        ' 180 480Z" fill="$light"/><path d="M380 210H420V480C420 490 404 499 380 505Z" fill="$dark"/>'
        '<path d="M172 150H428V220C428 238 370 250 300 250S172 238 172 220Z" fill="$deep"/><ellipse cx="300" cy="150" rx="128" ry="32"'
        ' fill="$dark"/><ellipse cx="300" cy="148" rx="104" ry="23" fill="$base"/><ellipse cx="300" cy="136" rx="20" ry="9"'
        ' fill="$night"/><path d="M212 300C250 312 350 312 388 300V440C350 452 250 452 212 440Z" fill="#fbf7ee"/>$trim'
        + _NAME.format(y=420, size=20),
        (
            '<path d="M300 390C270 372 262 348 276 326C300 336 308 362 300 390ZM300 390C300 366 314 346 338 342C342 366 326 386 300'
            ' 390Z" fill="$base"/>',
            '<path d="M256 372C270 340 290 364 300 340C310 364 330 340 344 372Z" fill="$base"/><circle cx="300" cy="352" r="8"'
            ' fill="$accent"/>',
            '<path d="M262 384C262 344 338 344 338 384ZM338 360C360 356 360 382 336 380" fill="$base"/><path d="M286 340C282 326 296 324'
            ' 292 312M312 340C308 326 322 324 318 312" stroke="$base" stroke-width="4" fill="none"/>',
        ),
    ),
    "bar": Drawing(
        '<g transform="rotate(-18 300 320)"><path d="M70 250 84 258 98 250 112 258V382L98 390 84 382 70 390ZM530 250 516 258 502 250 488'
        ' 258V382L502 390 516 382 530 390Z" fill="$dark"/><path d="M106 244C240 236 360 236 494 244V396C360 404 240 404 106 396Z"'
        ' fill="$base"/><path d="M106 244C240 236 360 236 494 244V276C360 268 240 268 106 276Z" fill="$light"/>'
        '<path d="M106 372C240 380 360 380 494 372V396C360 404 240 404 106 396Z" fill="$deep"/>$trim<text x="230" y="332"'
        ' font-family="Helvetica, Arial, sans-serif" font-size="34" font-weight="800" text-anchor="middle" fill="#fff">$brand</text></g>',
        (
            '<circle cx="420" cy="320" r="44" fill="$accent"/><g fill="#c99a5b"><ellipse cx="405" cy="308" rx="12" ry="8"/><ellipse'
            ' cx="430" cy="318" rx="12" ry="8"/><ellipse cx="412" cy="336" rx="12" ry="8"/></g>',
            '<path d="M380 360 424 282 448 322 458 308 486 360Z" fill="#fff" opacity=".85"/>',
            '<circle cx="406" cy="334" r="22" fill="#a63f45"/><circle cx="444" cy="322" r="22" fill="#8f2f3a"/><path d="M408 314C416 290'
            ' 430 284 446 282C442 292 442 298 444 302" stroke="#5f7a4f" stroke-width="6" fill="none"/>',
        ),
    ),
    "spices": Drawing(
        '<path d="M200 220C180 240 174 262 174 290V476C174 500 188 512 210 512H390C412 512 426 500 426 476V290C426 262 420 240 400 220Z"'
        ' fill="#e3eae8" opacity=".9"/><path d="M184 296C240 282 360 282 416 296V474C416 492 406 502 388 502H212C194 502 184 492 184'
        ' 474Z" fill="$base"/>$trim<rect x="190" y="136" width="220" height="72" rx="12" fill="#4a4038"/><path d="M190 160H410M190 184H410"'
        ' stroke="#5f544a" stroke-width="4"/><path d="M204 208H396V224H204Z" fill="#c9d2d0"/><path d="M194 260V470" stroke="#fff"'
        ' stroke-width="11" opacity=".6" stroke-linecap="round"/><rect x="216" y="330" width="168" height="120" rx="6" fill="#fbf7ee"/>'
        '<path d="M216 356H384" stroke="$base" stroke-width="8"/>'
        + _NAME.format(y=398, size=19)
        + '<path d="M250 420H350" stroke="#c9c0ae" stroke-width="5"/>',
        (
            '<g fill="$light"><circle cx="220" cy="310" r="6"/><circle cx="260" cy="316" r="5"/><circle cx="310" cy="308" r="6"/><circle'
            ' cx="360" cy="318" r="5"/><circle cx="390" cy="308" r="6"/><circle cx="200" cy="400" r="5"/><circle cx="402" cy="420" r="6"/>'
            '<circle cx="240" cy="480" r="6"/><circle cx="300" cy="476" r="5"/><circle cx="360" cy="484" r="6"/></g>',
            '<path d="M184 470C240 456 360 456 416 470V474C416 492 406 502 388 502H212C194 502 184 492 184 474Z" fill="$dark"/>',
        ),
    ),
}
