"""Boots, shoes and slippers. Pure data."""

from cdp.demo.catalog.drawing.ink import Drawing

DRAWINGS: dict[str, Drawing] = {
    "boot": Drawing(
        '<path d="M120 470H492C504 470 510 478 508 490L504 506C502 514 496 518 488 518H128C116 518 110 510 112 498Z" fill="#2e2a27"/>'
        '<path d="M120 518V504H148V518ZM170 518V504H198V518ZM240 518V508H262V518ZM300 518V504H328V518ZM350 518V504H378V518ZM400'
        ' 518V504H428V518ZM450 518V504H478V518Z" fill="#171513"/>'
        '<path d="M138 150C170 140 240 140 274 150L282 290C330 316 400 340 452 366C490 386 506 430 504 470H120C112 420 126 380 130'
        ' 330Z" fill="$base"/><path d="M138 150C150 146 164 144 180 143C164 240 160 360 176 470H120C112 420 126 380 130 330Z"'
        ' fill="$dark"/><path d="M400 342 452 366C490 386 506 430 504 470H404C392 420 392 380 400 342Z" fill="$dark"/>'
        '<path d="M134 152C170 136 244 136 278 152L276 128C240 116 172 116 138 128Z" fill="$deep"/>'
        '<path d="M226 150C250 148 268 148 274 150L282 290C320 312 360 326 400 342L380 372C330 352 272 336 246 310Z" fill="$deep"/>'
        '<path d="M224 176 282 186M226 210 284 218M230 244 288 254M238 280 310 294M270 316 352 318M312 340 384 336" stroke="$trim"'
        ' stroke-width="9" stroke-linecap="round"/><path d="M176 470C200 440 300 440 404 470" fill="none" stroke="$deep"'
        ' stroke-width="4" stroke-dasharray="8 6"/><path d="M120 462H504" stroke="$pale" stroke-width="4" stroke-dasharray="10 7"/>',
        ("$accent", "#e9dcc2", "#2b2f36"),
    ),
    "trailshoe": Drawing(
        '<path d="M92 452C86 420 84 380 96 330L190 316C210 356 252 372 300 372C370 384 440 396 488 420C520 436 528 456 524'
        ' 474H100Z" fill="$base"/><path d="M96 330 190 316C196 332 206 344 218 352C190 380 150 400 96 402C92 376 92 352 96 330Z"'
        ' fill="$dark"/><path d="M84 330C82 312 96 300 116 304C140 308 168 306 190 296L204 330C176 348 120 352 98 344Z"'
        ' fill="$deep"/><path d="M204 330C226 360 268 368 312 374L372 384C352 408 320 416 282 408C240 400 210 380 196 344Z"'
        ' fill="$night"/><path d="M232 356 268 402M262 366 300 410M292 372 332 410M322 376 356 402" stroke="$accent"'
        ' stroke-width="8" stroke-linecap="round"/>$trim'
        '<path d="M84 452C120 470 180 470 240 462C340 452 430 462 528 462C532 484 522 502 500 504C380 510 220 510 116 506C92 504'
        ' 80 480 84 452Z" fill="#f3efe7"/><path d="M90 484C200 500 400 500 526 478C524 494 516 503 500 504C380 510 220 510 116'
        ' 506C100 505 92 496 90 484Z" fill="$accent"/><path d="M116 506 122 522H146L150 507ZM176 508 182 524H206L210 509ZM240 509'
        ' 246 525H270L274 509ZM304 509 310 525H334L338 509ZM368 509 374 525H398L402 508ZM432 507 438 522H462L466 506Z"'
        ' fill="#2b2f36"/>',
        (
            '<path d="M140 410C220 450 320 400 470 440" stroke="$pale" stroke-width="12" fill="none"/>',
            '<path d="M180 440 220 390M215 444 255 400M250 448 288 414" stroke="$pale" stroke-width="10"/>',
            '<path d="M120 440C240 400 300 440 420 410" stroke="$accent" stroke-width="10" fill="none"/><path d="M130 424C240 384'
            ' 300 424 400 398" stroke="$light" stroke-width="5" fill="none"/>',
        ),
    ),
    "slipper": Drawing(
        '<path d="M96 470C80 420 100 370 150 356C240 340 270 300 340 306C430 314 512 380 516 458C518 480 508 492 486 492H130C112 492'
        ' 102 486 96 470Z" fill="$base"/><path d="M96 470C80 420 100 370 150 356C200 348 240 352 262 376C290 410 240 440 180 446C140'
        ' 450 112 458 96 470Z" fill="$night"/><path d="M112 452C108 410 124 382 160 374C204 366 238 376 244 392C252 414 204 430 168'
        ' 434C142 438 122 444 112 452Z" fill="$pale"/>$trim'
        '<path d="M92 478C200 492 400 492 516 470C520 494 508 508 486 508H130C108 508 94 496 92 478Z" fill="#4b3a2b"/>'
        '<path d="M300 330C360 330 430 370 470 430" stroke="$light" stroke-width="6" fill="none" opacity=".6"/>',
        (
            '<path d="M330 400C340 380 370 380 376 402C382 380 412 380 420 402C424 424 390 446 376 456C360 446 326 424 330 400Z"'
            ' fill="$accent"/>',
            '<path d="M262 376C300 420 300 450 292 486" stroke="$accent" stroke-width="9" fill="none" stroke-dasharray="12 8"/>',
        ),
    ),
}
