"""Blankets, cushions, towels and rugs. Pure data."""

from cdp.demo.catalog.drawing.ink import Drawing

_STACK = (
    '<path d="M110 300C110 276 126 262 150 262H450C474 262 490 276 490 300V470C490 494 474 508 450 508H150C126 508 110 494 110 470Z"'
    ' fill="$dark"/><path d="M110 300C110 276 126 262 150 262H450C474 262 490 276 490 300V330C490 354 474 366 450 366H150C126 366'
    ' 110 354 110 330Z" fill="$base"/><path d="M110 330C110 354 126 366 150 366H450C474 366 490 354 490 330V400C490 424 474 436 450'
    ' 436H150C126 436 110 424 110 400Z" fill="$light"/>'
)

DRAWINGS: dict[str, Drawing] = {
    "blanket": Drawing(
        "$trim",
        (
            '<path d="M120 150H480V470H120Z" fill="$base"/><path d="M120 150H200V470H120ZM280 150H360V470H280ZM440 150H480V470H440Z"'
            ' fill="$dark" opacity=".6"/><path d="M120 190H480V250H120ZM120 330H480V390H120Z" fill="$pale" opacity=".45"/>'
            '<path d="M120 150H230C206 250 214 370 226 470H120Z" fill="#fff" opacity=".1"/><path d="M124 470V500M140 470V504M156'
            " 470V500M172 470V504M188 470V500M204 470V504M220 470V500M236 470V504M252 470V500M268 470V504M284 470V500M300"
            " 470V504M316 470V500M332 470V504M348 470V500M364 470V504M380 470V500M396 470V504M412 470V500M428 470V504M444"
            ' 470V500M460 470V504M476 470V500" stroke="$deep" stroke-width="5"/><path d="M120 290H480" stroke="$accent"'
            ' stroke-width="6"/>',
            _STACK
            + '<path d="M126 310H474M126 396H474M126 470H474" stroke="$accent" stroke-width="10"/><path d="M150 366V392M180 366V392M210'
            ' 366V392M240 366V392M270 366V392M300 366V392M330 366V392M360 366V392M390 366V392M420 366V392M450 366V392"'
            ' stroke="$deep" stroke-width="4"/><rect x="380" y="282" width="70" height="44" fill="#fbf7ee"/><text x="415" y="310"'
            ' font-family="Georgia, serif" font-size="20" text-anchor="middle" fill="$ink">$initial</text>',
            '<path d="M150 140H450V500H150Z" fill="$base"/><path d="M150 180 200 140M150 240 275 140M150 300 350 140M150 360 425'
            " 140M150 420 450 180M150 480 450 240M200 500 450 300M275 500 450 360M350 500 450 420M150 440 225 500M150 380 300"
            ' 500M150 320 375 500M150 260 450 500M150 200 450 440M175 160 450 380M225 140 450 320M300 140 450 260M375 140 450 200"'
            ' stroke="$pale" stroke-width="6" opacity=".7"/><path d="M150 140H230V500H150Z" fill="#000" opacity=".08"/><path'
            ' d="M150 478H450" stroke="$deep" stroke-width="8"/>',
        ),
    ),
    "cushion": Drawing(
        '<path d="M116 170C200 150 400 150 484 170C504 250 504 410 484 490C400 510 200 510 116 490C96 410 96 250 116 170Z"'
        ' fill="$base"/>$trim<path d="M116 170C96 250 96 410 116 490C130 494 146 497 164 499C138 400 138 260 164 161C146 163 130 166'
        ' 116 170Z" fill="$dark" opacity=".45"/><path d="M116 170C200 150 400 150 484 170C504 250 504 410 484 490C400 510 200 510'
        ' 116 490C96 410 96 250 116 170Z" fill="none" stroke="$deep" stroke-width="5"/><path d="M116 170 146 206M484 170 454 206M116'
        ' 490 146 454M484 490 454 454" stroke="$deep" stroke-width="5" stroke-linecap="round"/>',
        (
            "",
            '<path d="M166 158V502M226 154V506M286 153V507M346 153V507M406 155V505M450 160V500" stroke="$pale" stroke-width="12"/>',
            '<g fill="$accent"><circle cx="200" cy="230" r="16"/><circle cx="300" cy="230" r="16"/><circle cx="400" cy="230" r="16"/>'
            '<circle cx="250" cy="300" r="16"/><circle cx="350" cy="300" r="16"/><circle cx="200" cy="370" r="16"/><circle cx="300"'
            ' cy="370" r="16"/><circle cx="400" cy="370" r="16"/><circle cx="250" cy="440" r="16"/><circle cx="350" cy="440" r="16"/></g>',
            '<g fill="$pale" opacity=".6"><path d="M170 200H430V230H170ZM170 270H430V300H170ZM170 340H430V370H170ZM170 410H430V440H170Z"/>'
            '<path d="M200 170H230V490H200ZM280 170H310V490H280ZM360 170H390V490H360Z"/></g>',
        ),
    ),
    "towel": Drawing(
        '<path d="M110 120H490" stroke="#8f6b44" stroke-width="20" stroke-linecap="round"/><circle cx="110" cy="120" r="18"'
        ' fill="#b98d5f"/><circle cx="490" cy="120" r="18" fill="#b98d5f"/>'
        '<path d="M190 108H410V470C410 480 404 484 396 484H204C196 484 190 480 190 470Z" fill="$base"/>'
        '<path d="M190 108H410V136H190Z" fill="$light"/><path d="M190 136H236V484H204C196 484 190 480 190 470Z" fill="$dark"'
        ' opacity=".5"/>$trim<path d="M198 484V508M212 484V512M226 484V508M240 484V512M254 484V508M268 484V512M282 484V508M296'
        ' 484V512M310 484V508M324 484V512M338 484V508M352 484V512M366 484V508M380 484V512M394 484V508" stroke="$deep"'
        ' stroke-width="4"/>',
        (
            '<path d="M190 180H410M190 210H410M190 240H410M190 270H410M190 300H410M190 330H410M190 360H410M190 390H410M190 420H410M220'
            ' 150V460M250 150V460M280 150V460M310 150V460M340 150V460M370 150V460" stroke="$dark" stroke-width="4" opacity=".7"/>',
            '<path d="M190 380H410M190 402H410M190 440H410" stroke="$accent" stroke-width="10"/>',
            '<path d="M190 190H410M190 240H410M190 290H410M190 340H410M190 390H410M190 440H410" stroke="$pale" stroke-width="18"/>',
        ),
    ),
    "rug": Drawing(
        '<path d="M170 190H470L540 470H60Z" fill="$base"/><path d="M170 190H200L110 470H60ZM440 190H470L540 470H490Z" fill="$dark"/>'
        '$trim<path d="M60 470 52 496M84 470 78 496M108 470 102 496M132 470 128 496M156 470 152 496M180 470 177 496M204 470 202'
        " 496M228 470 227 496M252 470V496M276 470V496M300 470V496M324 470V496M348 470V496M372 470 373 496M396 470 398 496M420 470"
        ' 423 496M444 470 448 496M468 470 472 496M492 470 498 496M516 470 522 496M538 470 546 496" stroke="$deep" stroke-width="5"/>'
        '<path d="M172 190 168 176M204 190 202 176M236 190 235 176M268 190V176M300 190V176M332 190V176M364 190 365 176M396 190 398'
        ' 176M428 190 431 176M460 190 464 176" stroke="$deep" stroke-width="4"/>',
        (
            '<path d="M300 220 380 330 300 440 220 330Z" fill="$accent"/><path d="M300 262 346 330 300 398 254 330Z" fill="$night"/>'
            '<path d="M160 250 210 330 130 410ZM440 250 390 330 470 410Z" fill="$pale"/>',
            '<path d="M156 230H484M146 270H494M136 310H504M124 352H516M112 396H528M98 440H542" stroke="$pale" stroke-width="14"/>'
            '<path d="M150 250H490M130 332H510M104 418H536" stroke="$accent" stroke-width="7"/>',
        ),
    ),
}
