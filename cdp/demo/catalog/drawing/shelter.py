"""Tents, sleeping bags, mats and hammocks. Pure data."""

from cdp.demo.catalog.drawing.ink import Drawing

DRAWINGS: dict[str, Drawing] = {
    "dometent": Drawing(
        '<path d="M56 500C110 330 200 190 300 190S490 330 544 500Z" fill="$base"/>'
        '<path d="M56 500C110 330 200 190 300 190C240 260 200 380 190 500Z" fill="$dark"/>'
        '<path d="M300 190C400 190 490 330 544 500H430C420 380 370 250 300 190Z" fill="$light"/>'
        '<path d="M300 232C262 300 236 400 232 500H376C372 400 344 300 300 232Z" fill="$night"/>$trim'
        '<path d="M56 500C110 330 200 190 300 190S490 330 544 500" fill="none" stroke="$deep" stroke-width="6"/>'
        '<path d="M190 500C200 380 240 250 300 190C360 250 420 380 430 500" fill="none" stroke="$accent" stroke-width="5"/>'
        '<path d="M110 372 24 512M490 372 576 512" stroke="#8d8678" stroke-width="3"/><path d="M40 504H560" stroke="#8d8678"'
        ' stroke-width="5"/><path d="M20 504V524M580 504V524" stroke="$ink" stroke-width="6"/>'
        '<path d="M262 182H338L328 204H272Z" fill="$deep"/>',
        (
            '<path d="M232 500C236 400 262 300 300 232C288 330 284 420 290 500Z" fill="$pale"/>',
            '<path d="M304 500C302 400 302 300 300 232C344 300 372 400 376 500Z" fill="$pale"/><path d="M252 500C256 440 262 400 280'
            ' 350C290 400 292 450 292 500Z" fill="#f4d58d" opacity=".9"/>',
        ),
    ),
    "tunneltent": Drawing(
        '<path d="M70 500C70 340 120 240 190 240H470C520 280 552 380 552 500Z" fill="$base"/>'
        '<path d="M280 240H470C520 280 552 380 552 500H350C350 390 320 290 280 240Z" fill="$dark"/>'
        '<path d="M70 500C70 340 120 240 190 240S310 340 310 500Z" fill="$light"/>'
        '<path d="M190 280C146 300 122 400 122 500H258C258 400 234 300 190 280Z" fill="$night"/>$trim'
        '<path d="M70 500C70 340 120 240 190 240S310 340 310 500" fill="none" stroke="$accent" stroke-width="7"/>'
        '<path d="M280 240C340 270 372 380 372 500M400 240C450 270 476 380 476 500" fill="none" stroke="$deep" stroke-width="6"/>'
        '<path d="M90 380 22 512M545 400 592 512" stroke="#8d8678" stroke-width="3"/><path d="M30 504H580" stroke="#8d8678"'
        ' stroke-width="5"/>',
        (
            '<path d="M122 500C122 400 146 300 190 280C176 350 170 430 176 500Z" fill="$pale"/>',
            '<path d="M204 500C206 430 202 350 190 280C234 300 258 400 258 500Z" fill="$pale"/>',
        ),
    ),
    "sleepingbag": Drawing(
        '<g transform="rotate(14 300 300)"><path d="M210 110C210 60 390 60 390 110C424 150 430 220 424 300C420 400 396 500 360'
        ' 540C330 566 270 566 240 540C204 500 180 400 176 300C170 220 176 150 210 110Z" fill="$base"/>'
        '<path d="M210 110C210 60 390 60 390 110C402 150 396 190 370 206C340 224 260 224 230 206C204 190 198 150 210 110Z"'
        ' fill="$deep"/><path d="M238 122C242 92 358 92 362 122C368 152 356 176 336 184C316 192 284 192 264 184C244 176 232 152 238'
        ' 122Z" fill="$trim"/><path d="M176 260C230 280 370 280 424 260M177 320C230 340 370 340 423 320M182 380C230 400 370 400 418'
        ' 380M194 440C240 458 360 458 406 440M212 496C250 512 350 512 388 496" stroke="$dark" stroke-width="6" fill="none"/>'
        '<path d="M180 244C232 264 368 264 420 244M178 304C230 324 370 324 422 304M182 364C230 384 370 384 418 364" stroke="$light"'
        ' stroke-width="6" fill="none" opacity=".7"/><path d="M246 208C232 320 250 440 272 556" stroke="$night" stroke-width="6"'
        ' fill="none"/><path d="M246 208C232 320 250 440 272 556" stroke="$accent" stroke-width="2" fill="none"/></g>',
        ("#efe4cf", "$accent", "$night"),
    ),
    "mat": Drawing(
        '<path d="M96 226C96 190 124 170 160 170H500C520 170 528 186 520 204L450 440C440 474 420 490 390 490H150C96 490 60 462 60'
        ' 420Z" fill="$base" opacity="0"/><g transform="translate(0 10)">$trim</g>',
        (
            '<path d="M120 210 470 150C492 146 508 158 512 180L530 400C532 420 522 434 502 438L160 500C138 504 122 492 120 470L98 250'
            'C96 230 102 214 120 210Z" fill="$base"/><path d="M128 258 514 194M132 306 518 242M136 354 522 290M140 402 526 338M146'
            ' 450 530 386" stroke="$dark" stroke-width="9"/><path d="M128 246 512 182M132 294 516 230M136 342 520 278" stroke="$light"'
            ' stroke-width="7"/><circle cx="494" cy="176" r="12" fill="$accent" stroke="$night" stroke-width="4"/>',
            '<circle cx="206" cy="400" r="92" fill="$dark"/><circle cx="206" cy="400" r="70" fill="none" stroke="$base"'
            ' stroke-width="16"/><circle cx="206" cy="400" r="40" fill="none" stroke="$base" stroke-width="14"/><circle cx="206"'
            ' cy="400" r="12" fill="$base"/><path d="M206 308H500C522 308 522 492 500 492H206C260 492 298 452 298 400S260 308 206'
            ' 308Z" fill="$base"/><path d="M300 308V492M350 308V492M400 308V492M450 308V492" stroke="$dark" stroke-width="8"/>'
            '<path d="M330 308V492M430 308V492" stroke="$accent" stroke-width="12"/>',
        ),
    ),
    "hammock": Drawing(
        '<path d="M70 90V520M530 90V520" stroke="#8a6a4a" stroke-width="34" stroke-linecap="round"/>'
        '<path d="M70 90V520M530 90V520" stroke="#a58258" stroke-width="8" stroke-dasharray="40 26"/>'
        '<path d="M70 220 150 262M530 220 450 262" stroke="#5b5348" stroke-width="7"/><path d="M54 210H86V230H54ZM514 210H546V230H514Z"'
        ' fill="$accent"/><path d="M150 262C190 420 410 420 450 262C470 330 420 480 300 480S130 330 150 262Z" fill="$base"/>'
        '<path d="M150 262C190 420 410 420 450 262C400 360 200 360 150 262Z" fill="$deep"/>$trim',
        (
            '<path d="M158 330C200 450 400 450 442 330" stroke="$accent" stroke-width="12" fill="none"/>',
            '<path d="M180 380C220 440 380 440 420 380M200 420C240 464 360 464 400 420" stroke="$light" stroke-width="8" fill="none"/>',
        ),
    ),
}
