"""Stoneware, kettles, pans, boards and knives. Pure data."""

from cdp.demo.catalog.drawing.ink import Drawing

DRAWINGS: dict[str, Drawing] = {
    "mug": Drawing(
        '<path d="M414 270C520 256 520 430 400 424" stroke="$dark" stroke-width="30" fill="none"/>'
        '<path d="M414 270C520 256 520 430 400 424" stroke="$base" stroke-width="20" fill="none"/>'
        '<path d="M168 210H424C430 320 424 420 396 482C388 500 372 508 352 508H240C220 508 204 500 196 482C168 420 162 320 168 210Z"'
        ' fill="$base"/><path d="M168 210H236C226 320 236 430 264 508H240C220 508 204 500 196 482C168 420 162 320 168 210Z"'
        ' fill="$light"/>$trim<ellipse cx="296" cy="210" rx="128" ry="30" fill="$dark"/><ellipse cx="296" cy="212" rx="116" ry="23"'
        ' fill="#4b3222"/><path d="M210 214C240 226 350 226 380 214" stroke="#7a573b" stroke-width="5" fill="none"/>',
        (
            '<path d="M180 400C220 376 260 420 300 396S380 380 414 404C408 440 402 466 396 482C388 500 372 508 352 508H240C220 508 204'
            ' 500 196 482C188 462 184 440 180 400Z" fill="#e9dfcc"/>',
            '<g fill="$deep" opacity=".7"><circle cx="210" cy="290" r="3"/><circle cx="260" cy="330" r="4"/><circle cx="320" cy="280"'
            ' r="3"/><circle cx="370" cy="340" r="4"/><circle cx="300" cy="390" r="3"/><circle cx="230" cy="400" r="4"/><circle'
            ' cx="350" cy="430" r="3"/><circle cx="280" cy="460" r="4"/><circle cx="390" cy="280" r="3"/><circle cx="240" cy="260"'
            ' r="2"/><circle cx="340" cy="480" r="3"/></g>',
            '<path d="M166 290H428M168 320H427M172 350H424" stroke="$accent" stroke-width="9"/>',
            "",
        ),
    ),
    "plate": Drawing(
        '<ellipse cx="300" cy="330" rx="226" ry="176" fill="$deep" opacity=".35"/><ellipse cx="300" cy="318" rx="226" ry="176"'
        ' fill="$base"/><ellipse cx="300" cy="318" rx="210" ry="162" fill="$light"/><ellipse cx="300" cy="322" rx="150" ry="112"'
        ' fill="$dark"/><ellipse cx="300" cy="328" rx="146" ry="106" fill="$base"/>$trim'
        '<path d="M120 250C160 190 220 164 290 160" stroke="#fff" stroke-width="9" opacity=".45" fill="none" stroke-linecap="round"/>',
        (
            '<path d="M154 328C200 300 240 350 300 326S400 300 446 328C440 386 376 434 300 434S160 386 154 328Z" fill="$pale"/>',
            '<ellipse cx="300" cy="318" rx="190" ry="144" fill="none" stroke="$accent" stroke-width="6"/>',
            '<g fill="$deep" opacity=".6"><circle cx="240" cy="290" r="3"/><circle cx="300" cy="270" r="4"/><circle cx="360" cy="310"'
            ' r="3"/><circle cx="330" cy="370" r="4"/><circle cx="260" cy="370" r="3"/><circle cx="220" cy="340" r="4"/><circle'
            ' cx="390" cy="350" r="3"/><circle cx="130" cy="300" r="3"/><circle cx="470" cy="300" r="3"/><circle cx="300" cy="180"'
            ' r="3"/></g>',
        ),
    ),
    "kettle": Drawing(
        '<path d="M190 200C190 90 410 90 410 200" stroke="$ink" stroke-width="12" fill="none"/><rect x="250" y="100" width="100"'
        ' height="26" rx="13" fill="#b98d5f"/>$trim'
        '<path d="M196 230C150 290 140 420 164 490C168 502 178 508 190 508H410C422 508 432 502 436 490C460 420 450 290 404 230Z"'
        ' fill="$base"/><path d="M196 230H250C208 310 202 430 224 508H190C178 508 168 502 164 490C140 420 150 290 196 230Z"'
        ' fill="$light"/><path d="M372 230H404C450 290 460 420 436 490C432 502 422 508 410 508H396C420 430 414 310 372 230Z"'
        ' fill="$dark"/><path d="M196 230C220 200 380 200 404 230C380 244 220 244 196 230Z" fill="$dark"/>'
        '<circle cx="300" cy="196" r="15" fill="#b98d5f"/>',
        (
            '<path d="M420 420C500 420 470 290 520 240L546 250" stroke="$base" stroke-width="22" fill="none" stroke-linecap="round"/>',
            '<path d="M410 360C460 340 470 290 500 262L534 282C510 330 490 400 420 420Z" fill="$base"/>',
        ),
    ),
    "dripper": Drawing(
        '<path d="M190 400H410V480C410 500 396 512 376 512H224C204 512 190 500 190 480Z" fill="#dfe6e6" opacity=".9"/>'
        '<path d="M194 446H406V480C406 498 394 508 376 508H224C206 508 194 498 194 480Z" fill="#5b3a22"/>'
        '<path d="M300 380V446" stroke="#5b3a22" stroke-width="6"/><path d="M430 260C500 250 500 350 400 346" stroke="$dark"'
        ' stroke-width="20" fill="none"/><path d="M146 200H454L356 372H244Z" fill="$base"/><path d="M146 200H220L270 372H244Z"'
        ' fill="$light"/><path d="M400 200H454L356 372H332Z" fill="$dark"/><ellipse cx="300" cy="200" rx="154" ry="30"'
        ' fill="$dark"/><ellipse cx="300" cy="202" rx="140" ry="24" fill="#f7f1e4"/><ellipse cx="300" cy="208" rx="104" ry="15"'
        ' fill="#4b3222"/><path d="M186 372H414L424 398H176Z" fill="$base"/>$trim',
        (
            '<path d="M190 240 252 360M240 250 274 360M410 240 348 360M360 250 326 360M300 250V366" stroke="$deep" stroke-width="4"'
            ' opacity=".6"/>',
            '<path d="M176 262H424" stroke="$accent" stroke-width="9"/><path d="M270 150C264 120 290 116 284 86M320 150C314 120 340 116'
            ' 334 86" stroke="#c8bfae" stroke-width="7" fill="none" stroke-linecap="round"/>',
        ),
    ),
    "pan": Drawing(
        '<g transform="rotate(-28 280 330)"><path d="M430 306H566C582 306 590 318 590 330S582 354 566 354H430Z" fill="$dark"/><circle'
        ' cx="564" cy="330" r="11" fill="#e9e4da"/><circle cx="260" cy="330" r="190" fill="$deep"/><circle cx="260" cy="324" r="190"'
        ' fill="$base"/><circle cx="260" cy="324" r="164" fill="$night"/><circle cx="260" cy="330" r="156" fill="#2a2b2e"/>'
        '<path d="M84 300 64 322 84 346Z" fill="$base"/><path d="M140 250C170 200 220 180 270 184" stroke="#fff" stroke-width="9"'
        ' opacity=".25" fill="none" stroke-linecap="round"/>$trim</g>',
        (
            '<ellipse cx="240" cy="340" rx="70" ry="58" fill="#fbf8f0"/><circle cx="250" cy="336" r="28" fill="#f0b53c"/><circle'
            ' cx="242" cy="328" r="9" fill="#f9d98a"/><g fill="#5f7a4f"><circle cx="330" cy="270" r="9"/><circle cx="350" cy="290"'
            ' r="7"/><circle cx="322" cy="296" r="6"/></g>',
            '<path d="M150 270H370M140 300H380M136 330H384M140 360H380M150 390H370" stroke="#45474c" stroke-width="11"/>',
            '<text x="260" y="340" font-family="Georgia, serif" font-size="30" text-anchor="middle" fill="#54575d">$brand</text>',
        ),
    ),
    "board": Drawing(
        '<g transform="rotate(-10 300 330)"><rect x="106" y="196" width="388" height="270" rx="26" fill="$deep"/><rect x="106" y="184"'
        ' width="388" height="270" rx="26" fill="$base"/>$trim<path d="M126 240C220 230 330 260 474 240M126 300C240 314 340 284 474'
        ' 302M126 370C220 356 330 390 474 366M126 420C240 430 350 410 474 424" stroke="$dark" stroke-width="4" fill="none"'
        ' opacity=".65"/><circle cx="456" cy="222" r="15" fill="#efe9de" stroke="$deep" stroke-width="5"/></g>',
        (
            '<path d="M200 330C200 280 250 262 310 262S420 284 420 330C420 350 408 358 400 360V392H220V360C210 358 200 350 200 330Z"'
            ' fill="#c98b4a"/><path d="M250 272 270 350M300 264 318 352M350 268 364 352" stroke="#8f5c2a" stroke-width="7"/>',
            '<path d="M170 184V454M234 184V454M298 184V454M362 184V454M426 184V454M106 250H494M106 320H494M106 390H494" stroke="$dark"'
            ' stroke-width="5" opacity=".6"/>',
            '<path d="M220 390 330 280 390 340Z" fill="#f2cf6a"/><path d="M220 390 390 340 396 366 226 414Z" fill="#e0b548"/><g'
            ' fill="#d3a63c"><circle cx="320" cy="320" r="8"/><circle cx="290" cy="352" r="7"/><circle cx="346" cy="338" r="6"/></g>',
        ),
    ),
    "knife": Drawing(
        '<g transform="rotate(-34 300 310)">$trim<path d="M356 286H386V346H356Z" fill="#8f969b"/>'
        '<path d="M386 284H548C568 284 580 296 580 314C580 336 566 350 546 350H386Z" fill="$base"/><path d="M386 284H548C568 284 580'
        ' 296 580 314H386Z" fill="$light"/><g fill="#d9c28c"><circle cx="420" cy="318" r="7"/><circle cx="470" cy="318" r="7"/><circle'
        ' cx="520" cy="318" r="7"/></g></g>',
        (
            '<path d="M356 290H40C20 290 12 304 20 316L356 346Z" fill="#c4cacd"/><path d="M20 316 34 324 48 318 62 327 76 321 90 330 104'
            " 324 118 333 132 326 146 335 160 328 174 337 188 330 202 338 216 331 230 340 244 333 258 341 272 334 286 343 300 336 314"
            ' 344 328 337 356 346V322Z" fill="#e8ecee"/>',
            '<path d="M356 288C250 284 120 290 20 340C120 356 250 356 356 352Z" fill="#c4cacd"/><path d="M20 340C120 330 250 326 356'
            ' 326V352C250 356 120 356 20 340Z" fill="#e8ecee"/><path d="M20 340C120 356 250 356 356 352" stroke="#9aa1a6"'
            ' stroke-width="3" fill="none"/>',
            '<path d="M356 292C290 286 220 296 160 334C220 346 290 346 356 342Z" fill="#c4cacd"/><path d="M160 334C220 326 290 322 356'
            ' 322V342C290 346 220 346 160 334Z" fill="#e8ecee"/>',
        ),
    ),
}
