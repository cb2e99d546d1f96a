"""Backpacks, duffels and totes. Pure data."""

from cdp.demo.catalog.drawing.ink import Drawing

_TEXT = (
    '<text x="300" y="{y}" font-family="Helvetica, Arial, sans-serif" font-size="20" font-weight="700" letter-spacing="3"'
    ' text-anchor="middle" fill="{fill}">$brand</text>'
)

DRAWINGS: dict[str, Drawing] = {
    "daypack": Drawing(
        '<path d="M262 124C262 84 338 84 338 124" stroke="$night" stroke-width="14" fill="none"/>'
        '<path d="M172 250C130 280 128 420 150 480H190V240ZM428 250C470 280 472 420 450 480H410V240Z" fill="$deep"/>$trim'
        '<path d="M200 330H400C412 330 420 338 420 350V470C420 492 404 504 386 504H214C196 504 180 492 180 470V350C180 338 188 330'
        ' 200 330Z" fill="$dark"/><path d="M194 366H406" stroke="$night" stroke-width="7"/><path d="M194 366H406" stroke="$accent"'
        ' stroke-width="2.5"/><rect x="250" y="396" width="100" height="30" rx="4" fill="$base"/>'
        + _TEXT.format(y=417, fill="$pale").replace('"20"', '"14"').replace('"3"', '"1"')
        + '<path d="M218 480V504M382 480V504" stroke="$night" stroke-width="12"/>',
        (
            '<path d="M172 260C172 160 214 110 300 110S428 160 428 260V470C428 494 414 508 390 508H210C186 508 172 494 172 470Z"'
            ' fill="$base"/><path d="M172 260C172 160 214 110 300 110C236 130 206 190 204 280V330H172Z" fill="$light"/>'
            '<path d="M196 230C214 180 250 160 300 160S386 180 404 230" stroke="$night" stroke-width="7" fill="none"/><circle'
            ' cx="404" cy="232" r="8" fill="$accent"/>',
            '<path d="M180 190H420L428 470C428 494 414 508 390 508H210C186 508 172 494 172 470Z" fill="$base"/><path d="M176 120C176'
            ' 112 184 106 194 106H406C416 106 424 112 424 120V160C424 176 410 196 396 196H204C190 196 176 176 176 160Z" fill="$dark"/>'
            '<path d="M176 134H424" stroke="$night" stroke-width="6"/><path d="M300 196V300" stroke="$night" stroke-width="18"/>'
            '<rect x="284" y="250" width="32" height="26" rx="4" fill="$accent"/><path d="M180 200H216V330H176Z" fill="$light"/>',
            '<path d="M172 260C172 160 214 110 300 110S428 160 428 260V470C428 494 414 508 390 508H210C186 508 172 494 172 470Z"'
            ' fill="$base"/><path d="M178 250C176 158 220 112 300 112S424 158 422 250C380 272 220 272 178 250Z" fill="$dark"/>'
            '<path d="M236 262V320M364 262V320" stroke="$night" stroke-width="14"/><rect x="224" y="300" width="24" height="24" rx="4"'
            ' fill="$accent"/><rect x="352" y="300" width="24" height="24" rx="4" fill="$accent"/>',
        ),
    ),
    "trekpack": Drawing(
        '<path d="M150 300C124 320 124 430 146 470H186V290ZM450 300C476 320 476 430 454 470H414V290Z" fill="$deep"/>'
        '<path d="M176 180H424L432 476C432 498 418 512 394 512H206C182 512 168 498 168 476Z" fill="$base"/>'
        '<path d="M176 180H212L206 512C182 512 168 498 168 476Z" fill="$light"/>'
        '<path d="M166 110C166 84 190 70 220 70H380C410 70 434 84 434 110V176C434 196 416 204 396 204H204C184 204 166 196 166 176Z"'
        ' fill="$dark"/><path d="M186 130H414" stroke="$night" stroke-width="6"/><path d="M186 130H330" stroke="$accent"'
        ' stroke-width="2.5"/><path d="M228 204V512M372 204V512" stroke="$night" stroke-width="13"/>'
        '<rect x="216" y="230" width="24" height="30" rx="4" fill="$accent"/><rect x="360" y="230" width="24" height="30" rx="4"'
        ' fill="$accent"/><path d="M240 270H360V430C360 442 350 450 338 450H262C250 450 240 442 240 430Z" fill="$dark"/>'
        + _TEXT.format(y=300, fill="$pale").replace('"20"', '"15"').replace('"3"', '"1"')
        + '$trim<path d="M150 455C200 470 400 470 450 455V486C400 500 200 500 150 486Z" fill="$night"/>'
        '<rect x="276" y="458" width="48" height="34" rx="5" fill="$accent"/>',
        (
            '<rect x="186" y="512" width="228" height="0" fill="none"/><path d="M258 330 342 400M342 330 258 400" stroke="$accent"'
            ' stroke-width="4"/>',
            '<path d="M132 300H168V440H140C132 440 128 434 128 426V312C128 304 128 300 132 300Z" fill="#9fb8c2"/><rect x="138"'
            ' y="280" width="24" height="22" fill="$ink"/>',
            '<path d="M250 340H350M250 372H350M250 404H350" stroke="$accent" stroke-width="4"/>',
        ),
    ),
    "duffel": Drawing(
        '<path d="M200 240C200 120 400 120 400 240" stroke="$night" stroke-width="18" fill="none"/>'
        '<path d="M90 270C90 236 112 220 142 220H458C488 220 510 236 510 270V430C510 470 484 490 450 490H150C116 490 90 470 90 430Z"'
        ' fill="$base"/><path d="M90 270C90 236 112 220 142 220H172C146 260 146 450 172 490H150C116 490 90 470 90 430ZM510 270C510'
        ' 236 488 220 458 220H428C454 260 454 450 428 490H450C484 490 510 470 510 430Z" fill="$dark"/>'
        '<path d="M142 252H458" stroke="$night" stroke-width="10"/><path d="M142 252H458" stroke="$accent" stroke-width="3"/>'
        '<path d="M212 226V490M388 226V490" stroke="$night" stroke-width="20"/>$trim'
        '<path d="M212 300C240 400 360 400 388 300" stroke="$night" stroke-width="16" fill="none"/>'
        '<rect x="270" y="352" width="60" height="34" rx="10" fill="$accent"/>',
        (
            _TEXT.format(y=320, fill="$pale"),
            '<path d="M90 400H510" stroke="$accent" stroke-width="14"/>',
            '<rect x="246" y="410" width="108" height="56" rx="6" fill="$dark"/>' + _TEXT.format(y=320, fill="$pale"),
        ),
    ),
    "tote": Drawing(
        '<path d="M220 250C220 60 380 60 380 250" stroke="$deep" stroke-width="20" fill="none"/>'
        '<path d="M130 220H470L446 490C445 502 436 510 424 510H176C164 510 155 502 154 490Z" fill="$base"/>'
        '<path d="M130 220H190L204 510H176C164 510 155 502 154 490Z" fill="$light"/>'
        '<path d="M130 220H470L467 250H133Z" fill="$dark"/><path d="M154 478H446" stroke="$dark" stroke-width="5"'
        ' stroke-dasharray="12 8"/>$trim'
        '<path d="M220 210C220 90 380 90 380 210V290M220 210V290" stroke="$deep" stroke-width="20" fill="none"/>'
        '<path d="M210 272 230 292M230 272 210 292M370 272 390 292M390 272 370 292" stroke="$pale" stroke-width="4"/>',
        (
            '<circle cx="300" cy="380" r="54" fill="none" stroke="$accent" stroke-width="8"/><path d="M252 392 288 350 306 374 320'
            ' 358 350 394Z" fill="$accent"/>',
            '<path d="M133 330H467M137 360H463" stroke="$accent" stroke-width="14"/>',
            '<rect x="240" y="340" width="120" height="100" rx="6" fill="$dark"/><path d="M240 362H360" stroke="$accent"'
            ' stroke-width="5"/>',
        ),
    ),
}
