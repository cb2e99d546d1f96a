"""Jackets, shirts, hats and socks. Pure data."""

from cdp.demo.catalog.drawing.ink import Drawing

# Arms hang slightly out; the body is drawn over them.
_ARMS = (
    '<path d="M205 150C160 165 140 205 126 285L104 430C102 442 110 450 122 452L158 457C168 458 174 452 176 442L212 300Z"'
    ' fill="$dark"/><path d="M395 150C440 165 460 205 474 285L496 430C498 442 490 450 478 452L442 457C432 458 426 452 424'
    ' 442L388 300Z" fill="$dark"/><path d="M126 285 104 430C102 442 110 450 122 452L130 453 158 270Z" fill="$base"/>'
    '<path d="M474 285 496 430C498 442 490 450 478 452L470 453 442 270Z" fill="$base"/>'
)
_TORSO = "M205 150C230 138 250 132 262 128H338C350 132 370 138 395 150L408 480C408 494 398 500 386 500H214C202 500 192 494 192 480Z"
_HOOD = (
    '<path d="M240 150C228 92 262 62 300 62S372 92 360 150C346 168 320 176 300 176S254 168 240 150Z" fill="$deep"/>'
    '<path d="M256 146C250 108 272 86 300 86S350 108 344 146C334 158 318 163 300 163S266 158 256 146Z" fill="$night"/>'
)
_COLLAR = '<path d="M250 134C252 104 272 98 300 98S348 104 350 134L338 168 300 182 262 168Z" fill="$deep"/>'
_ZIP = '<path d="M300 176V500" stroke="$night" stroke-width="7"/><path d="M300 180V500" stroke="$accent" stroke-width="2.5"/>'
_LABEL = (
    '<rect x="334" y="222" width="40" height="16" rx="3" fill="$accent"/><text x="354" y="234" font-family="Helvetica, Arial,'
    ' sans-serif" font-size="10" font-weight="700" text-anchor="middle" fill="$ink">$initial</text>'
)
_TEE = (
    '<path d="M226 130C180 140 150 165 104 232L162 286 206 240V484C206 494 214 500 224 500H376C386 500 394 494 394'
    ' 484V240L438 286 496 232C450 165 420 140 374 130Z" fill="$base"/>'
    '<path d="M206 240V484C206 494 214 500 224 500H262C232 470 222 360 226 240Z" fill="$dark" opacity=".5"/>'
    '<path d="M104 232 162 286 174 273 118 215ZM496 232 438 286 426 273 482 215Z" fill="$dark"/>'
)
_NECK = '<path d="M226 130C250 168 350 168 374 130L352 124C336 146 264 146 248 124Z" fill="$deep"/>'

DRAWINGS: dict[str, Drawing] = {
    "shell": Drawing(
        _ARMS
        + _HOOD
        + f'<path d="{_TORSO}" fill="$base"/>'
        + '<path d="M205 150C230 138 250 132 262 128L300 180 338 128C350 132 370 138 395 150L399 240C360 262 240 262 201 240Z"'
        ' fill="$trim"/><path d="M216 360 262 330V342L222 370ZM384 360 338 330V342L378 370Z" fill="$night" opacity=".6"/>'
        '<path d="M192 470H408" stroke="$deep" stroke-width="4"/><path d="M104 425 176 436M496 425 424 436" stroke="$deep"'
        ' stroke-width="6"/>' + _ZIP + _LABEL,
        ("$light", "$dark", "$base", "$accent"),
    ),
    "down": Drawing(
        _ARMS
        + '<path d="M118 340C135 350 160 352 176 345M111 385C130 395 152 398 168 392M127 300C146 310 170 312 190 304M482 340C465'
        ' 350 440 352 424 345M489 385C470 395 448 398 432 392M473 300C454 310 430 312 410 304" stroke="$deep" stroke-width="4"'
        ' fill="none"/>'
        + "$trim"
        + f'<path d="{_TORSO}" fill="$base"/>'
        + '<path d="M203 205C235 222 270 222 297 212M303 212C330 222 365 222 397 205M200 258C235 276 270 276 297 266M303 266C330'
        " 276 365 276 400 258M198 312C235 330 270 330 297 320M303 320C330 330 365 330 402 312M196 366C235 384 270 384 297"
        " 374M303 374C330 384 365 384 404 366M194 420C235 438 270 438 297 428M303 428C330 438 365 438 406 420M193 470C235 482"
        ' 270 482 297 476M303 476C330 482 365 482 407 470" stroke="$deep" stroke-width="5" fill="none" stroke-linecap="round"/>'
        '<path d="M204 190C235 206 270 206 296 196M304 196C330 206 365 206 396 190M201 243C235 261 270 261 296 251M304 251C330'
        ' 261 365 261 399 243M199 297C235 315 270 315 296 305M304 305C330 315 365 315 401 297" stroke="$light"'
        ' stroke-width="7" fill="none" opacity=".7" stroke-linecap="round"/>' + _ZIP + _LABEL,
        (_HOOD, _COLLAR),
    ),
    "fleece": Drawing(
        _ARMS
        + _COLLAR
        + f'<path d="{_TORSO}" fill="$base"/>'
        + '<path d="M205 150C230 138 250 132 262 128L300 180 338 128C350 132 370 138 395 150L398 216H202Z" fill="$deep"/>$trim'
        '<g fill="$light" opacity=".55"><circle cx="240" cy="290" r="6"/><circle cx="268" cy="322" r="6"/><circle cx="228"'
        ' cy="350" r="6"/><circle cx="262" cy="390" r="6"/><circle cx="236" cy="430" r="6"/><circle cx="350" cy="290" r="6"/>'
        '<circle cx="376" cy="326" r="6"/><circle cx="340" cy="360" r="6"/><circle cx="372" cy="400" r="6"/><circle cx="346"'
        ' cy="440" r="6"/><circle cx="272" cy="456" r="6"/></g><path d="M192 478H408" stroke="$deep" stroke-width="14"/>'
        + _ZIP,
        (
            '<rect x="322" y="176" width="58" height="58" rx="6" fill="$accent"/><path d="M322 192H380" stroke="$ink" stroke-width="4"/>',
            '<path d="M322 196 380 178" stroke="$accent" stroke-width="6"/>',
            '<rect x="222" y="182" width="54" height="54" rx="6" fill="$base" stroke="$accent" stroke-width="4"/>',
        ),
    ),
    "vest": Drawing(
        _COLLAR
        + '<path d="M222 142C236 136 252 132 262 128H338C348 132 364 136 378 142C372 190 380 230 406 262L408 480C408 494 398 500'
        ' 386 500H214C202 500 192 494 192 480L194 262C220 230 228 190 222 142Z" fill="$base"/>'
        '<path d="M222 142C228 190 220 230 194 262L193 290C234 262 246 200 240 136ZM378 142C372 190 380 230 406 262L407 290C366'
        ' 262 354 200 360 136Z" fill="$deep"/>$trim' + _ZIP + _LABEL,
        (
            '<path d="M194 320H296M304 320H406M193 376H296M304 376H407M192 432H296M304 432H408" stroke="$dark" stroke-width="5"/>',
            '<path d="M210 300 292 380M210 360 292 440M210 420 280 490M292 300 210 380M292 360 210 440M292 420 220 490M308 300 390'
            ' 380M308 360 390 440M308 420 380 490M390 300 308 380M390 360 308 440M390 420 318 490" stroke="$dark" stroke-width="4"/>',
        ),
    ),
    "tee": Drawing(
        _TEE + "$trim" + _NECK,
        (
            '<path d="M250 330 300 262 350 330Z" fill="$accent"/><path d="M286 281 300 262 314 281 306 290 300 284 293 291Z"'
            ' fill="#fff"/><path d="M240 342H360" stroke="$pale" stroke-width="6"/>',
            '<path d="M206 270H394M206 310H394M206 350H394M206 390H394M206 430H394" stroke="$pale" stroke-width="14"/>',
            '<circle cx="300" cy="290" r="44" fill="none" stroke="$accent" stroke-width="9"/><path d="M262 300C280 284 320 316 340'
            ' 296" stroke="$accent" stroke-width="9" fill="none"/>',
            '<rect x="330" y="226" width="44" height="50" rx="4" fill="$dark"/>',
        ),
    ),
    "merino": Drawing(
        _ARMS.replace("$dark", "$base").replace('"$base"/><path d="M126', '"$base"/><path d="M126')
        + f'<path d="{_TORSO}" fill="$base"/>'
        + '<path d="M205 150 212 300 192 480 196 300ZM395 150 388 300 408 480 404 300Z" fill="$dark"/>'
        '<path d="M232 140V490M258 150V498M284 160V500M316 160V500M342 150V498M368 140V490" stroke="$light" stroke-width="2"'
        ' opacity=".5"/><path d="M192 474H408V486C408 495 398 500 386 500H214C202 500 192 495 192 484Z" fill="$dark"/>'
        '<path d="M104 425 176 436 172 456 110 448ZM496 425 424 436 428 456 490 448Z" fill="$dark"/>$trim' + _LABEL,
        (
            '<path d="M252 130C262 168 338 168 348 130L336 122C326 148 274 148 264 122Z" fill="$deep"/>',
            _COLLAR
            + '<path d="M300 140V250" stroke="$night" stroke-width="5"/><circle cx="300" cy="252" r="6" fill="$accent"/>',
        ),
    ),
    "flannel": Drawing(
        _ARMS
        + f'<path d="{_TORSO}" fill="$base"/>'
        + '<path d="M228 144V500M276 150V500M324 150V500M372 144V500" stroke="$deep" stroke-width="16" opacity=".7"/>'
        '<path d="M202 200H398M200 260H400M197 320H403M195 380H405M193 440H407" stroke="$deep" stroke-width="16" opacity=".55"/>'
        '<path d="M252 146V500M348 146V500M201 230H399M196 350H404M194 410H406" stroke="$trim" stroke-width="4" opacity=".9"/>'
        '<path d="M140 230 190 250M128 300 176 316M118 360 166 374M460 230 410 250M472 300 424 316M482 360 434 374" stroke="$deep"'
        ' stroke-width="14" opacity=".6"/><rect x="222" y="226" width="54" height="58" rx="4" fill="$base" stroke="$night"'
        ' stroke-width="3"/><rect x="324" y="226" width="54" height="58" rx="4" fill="$base" stroke="$night" stroke-width="3"/>'
        '<path d="M262 128 300 178 236 190ZM338 128 300 178 364 190Z" fill="$dark" stroke="$night" stroke-width="3"/>'
        '<path d="M300 178V500" stroke="$night" stroke-width="3"/><g fill="#f4eee2"><circle cx="308" cy="220" r="5"/><circle'
        ' cx="308" cy="280" r="5"/><circle cx="308" cy="340" r="5"/><circle cx="308" cy="400" r="5"/><circle cx="308" cy="460"'
        ' r="5"/></g>',
        ("$accent", "$pale"),
    ),
    "beanie": Drawing(
        '<path d="M150 400C140 230 210 130 300 130S460 230 450 400Z" fill="$base"/>'
        '<path d="M190 390C186 270 220 180 284 140M240 392C238 290 256 200 292 145M300 392V140M360 392C362 290 344 200 308 145M410'
        ' 390C414 270 380 180 316 140" stroke="$dark" stroke-width="7" fill="none"/>'
        '<path d="M150 400C142 260 190 160 250 142C190 200 180 300 186 400Z" fill="$light" opacity=".45"/>$trim'
        '<rect x="134" y="370" width="332" height="110" rx="34" fill="$dark"/>'
        '<path d="M164 374V476M192 372V478M220 372V478M248 372V478M276 372V478M304 372V478M332 372V478M360 372V478M388 372V478M416'
        ' 372V478M440 376V474" stroke="$deep" stroke-width="5"/><rect x="330" y="410" width="60" height="36" rx="3"'
        ' fill="$accent"/><text x="360" y="434" font-family="Georgia, serif" font-size="20" text-anchor="middle" fill="$ink">'
        "$initial</text>",
        (
            "",
            '<circle cx="300" cy="112" r="52" fill="$accent"/><path d="M262 90 300 112 278 70M300 112 320 66M300 112 344 92M300 112'
            ' 348 130M300 112 252 126" stroke="#fff" stroke-width="5" opacity=".5" stroke-linecap="round"/>',
            "",
            '<path d="M158 320C240 340 360 340 442 320" stroke="$accent" stroke-width="18" fill="none"/>',
        ),
    ),
    "socks": Drawing(
        '<g transform="rotate(6 380 300)"><path d="M330 110H430V330C430 350 440 364 462 378L512 410C548 434 536 500 486 500H440C400'
        ' 500 330 440 330 380Z" fill="$dark"/><path d="M330 110H430V160H330Z" fill="$deep"/></g>'
        '<path d="M170 110H280V330C280 352 292 366 316 380L372 412C412 436 398 506 344 506H292C246 506 170 444 170 380Z"'
        ' fill="$base"/><path d="M170 110H280V164H170Z" fill="$dark"/><path d="M184 112V162M200 112V162M216 112V162M232 112V162M248'
        ' 112V162M264 112V162" stroke="$deep" stroke-width="4"/>$trim'
        '<path d="M170 340C210 350 226 390 214 432C190 420 170 404 170 380Z" fill="$accent"/>'
        '<path d="M352 402 372 412C412 436 398 506 344 506H330C352 480 356 440 340 402Z" fill="$accent"/>',
        (
            '<path d="M170 200H280M170 236H280" stroke="$accent" stroke-width="12"/>',
            '<path d="M190 190V320M212 190V330M234 190V330M256 190V330" stroke="$light" stroke-width="4"/>',
            '<path d="M170 230 197 200 225 230 252 200 280 230" stroke="$pale" stroke-width="9" fill="none"/>',
        ),
    ),
}
