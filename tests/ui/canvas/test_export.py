"""Pictures of a drawing: each file is opened again and looked at."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from xml.etree import ElementTree

import pytest
from PySide6.QtCore import QPointF, QRect, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

from app.core.commands import AddFrames, GroupNodes, SetNodeField
from app.core.graph.frames import Frame
from app.core.graph.model import Project
from app.ui import theme
from app.ui.canvas.view import CanvasView
from app.ui.export import render
from app.ui.export.printing import PrintedPages
from app.ui.export.render import PicturePart, Style, whole
from tests.ui.canvas.conftest import Open
from tests.ui.canvas.hand import net


def striped(canvas: CanvasView) -> QImage:
    """A strip for conv1 of one pure colour that nothing else has."""
    strip = QImage(4, 2, QImage.Format.Format_RGB32)
    strip.fill(QColor("#ff00fe"))
    canvas.set_strip("conv1", strip, "filters")
    return strip


def opened_svg(content: bytes, size: QImage) -> QImage:
    renderer = QSvgRenderer(content)
    assert renderer.isValid()
    image = QImage(size.size(), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    return image


def unlike(first: QImage, second: QImage) -> float:
    """The share of pixels, of a coarse copy, that differ clearly."""
    small = [
        image.scaled(200, 60, mode=Qt.TransformationMode.SmoothTransformation).convertToFormat(
            QImage.Format.Format_RGB32
        )
        for image in (first, second)
    ]
    different = 0
    for x in range(200):
        for y in range(60):
            a, b = small[0].pixelColor(x, y), small[1].pixelColor(x, y)
            different += max(abs(a.red() - b.red()), abs(a.green() - b.green()), abs(a.blue() - b.blue())) > 40
    return different / (200 * 60)


def test_picture_shows_what_the_canvas_shows(canvas: CanvasView) -> None:
    """Fails if wires, nodes, strips or colours of a picture differ from those on the screen."""
    striped(canvas)
    canvas.select(())
    seen = canvas.grab().toImage()
    size = canvas.size()
    part = PicturePart(canvas.scene, QRectF(canvas.camera.x, canvas.camera.y, size.width(), size.height()))
    picture = render.to_image(part, 1.0, Style())
    assert unlike(seen, picture) < 0.004
    ratio = picture.width() / size.width()
    strip = canvas.camera.to_view(canvas.scene.nodes["conv1"].rect.center() + QPointF(0, 20)) * ratio
    assert picture.pixelColor(strip.toPoint()).name() == "#ff00fe"


def test_selection_highlight_and_drag_are_not_in_the_picture(canvas: CanvasView) -> None:
    """Fails if the frame of the selection, or a node half way of a drag, got into the file."""
    plain = render.to_image(whole(canvas.scene), 1.0, Style())
    canvas.select(["conv1", "relu1"])
    canvas.highlight.node = "fc1"
    canvas.scene.lift(["conv1"])
    canvas.scene.offset = QPointF(60, 80)
    assert render.to_image(whole(canvas.scene), 1.0, Style()) == plain
    assert canvas.scene.lifted == {"conv1"}
    canvas.scene.let_go()


def test_svg_opens_again_looks_the_same_and_keeps_its_texts(canvas: CanvasView) -> None:
    """Fails if the SVG is broken, misses nodes, turns letters into curves, or a title breaks the file."""
    striped(canvas)
    part = whole(canvas.scene)
    picture = render.to_image(part, 1.0, Style())
    content = render.to_svg(part, Style(), 'A <b> & "c"\x00')
    assert unlike(opened_svg(content, picture), picture) < 0.01
    text = content.decode()
    words = re.findall(r"<text [^>]*>([^<]*)</text>", text)
    assert {"conv1", "Conv2d", "flatten1", "filters"} <= {word.strip() for word in words}
    assert 'font-family="Sans Serif"' not in text
    assert "sans-serif" in text
    assert text.count("<image") == 1


def pdf_streams(content: bytes) -> bytes:
    found = b""
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL):
        try:
            found += zlib.decompress(stream)
        except zlib.error:
            continue
    return found


def test_pdf_has_one_page_of_the_size_of_the_drawing_and_its_texts(canvas: CanvasView) -> None:
    """Fails if the page cuts the drawing, is turned, or letters are curves."""
    part = whole(canvas.scene)
    content = render.to_pdf(part, Style(), "net")
    assert content.startswith(b"%PDF-")
    box = re.search(rb"/MediaBox \[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", content)
    assert box is not None
    assert float(box[1]) == pytest.approx(part.size.width() * 0.75, abs=1.5)
    assert float(box[2]) == pytest.approx(part.size.height() * 0.75, abs=1.5)
    assert content.count(b"/Type /Page\n") == 1
    streams = pdf_streams(content)
    assert streams.count(b"Tj") > 10
    assert b"beginbf" in streams + content  # says which letter each shape is


def test_background_can_be_left_out(canvas: CanvasView) -> None:
    """Fails if a transparent picture is not, or one with background lets through."""
    part = whole(canvas.scene)
    assert render.to_image(part, 1.0, Style(ground=False)).pixelColor(2, 2).alpha() == 0
    assert render.to_image(part, 1.0, Style()).pixelColor(4, 4).alpha() == 255
    canvas_color = theme.color("canvas").name()
    assert canvas_color in render.to_svg(part, Style(), "x").decode().split("<text")[0]


def test_light_picture_from_a_dark_screen_leaves_the_screen_dark(canvas: CanvasView) -> None:
    """Fails if paper gets a dark ground, or the window changes its colours."""
    canvas.select(())
    before = canvas.grab().toImage()
    image = render.to_image(whole(canvas.scene), 1.0, Style(theme="light"))
    assert image.pixelColor(4, 4) == theme.load("light").color("canvas")
    assert theme.current().name == "dark"
    assert canvas.grab().toImage() == before


def test_only_selected_nodes_and_the_wires_among_them(canvas: CanvasView) -> None:
    """Fails if neighbours are cut in half at the edge, or their wires stick out."""
    names = ("conv1", "relu1")
    part = whole(canvas.scene, names)
    words = re.findall(r"<text [^>]*>([^<]*)</text>", render.to_svg(part, Style(), "x").decode())
    assert "conv1" in words
    assert "digits" not in words
    assert "flatten1" not in words
    assert part.rect.width() < 520


def test_png_has_the_asked_size_and_a_sensible_limit(canvas: CanvasView) -> None:
    """Fails if the scale is ignored, or a huge picture fills the memory instead of a sentence."""
    part = whole(canvas.scene)
    image = QImage.fromData(render.to_png(part, 2.0, Style()))
    assert image.size() == part.size * 2
    long = PicturePart(canvas.scene, QRectF(0, 0, 400_000, 500))
    reason = render.why_too_large(long, 1.0)
    assert reason is not None
    assert "SVG or PDF" in reason
    with pytest.raises(ValueError, match="400,000 × 500 pixels"):
        render.to_png(long, 1.0, Style())
    most = render.most_scale(long)
    assert render.why_too_large(long, most) is None
    assert render.pixels(long, most).width() <= render.MOST_SIDE


def test_detail_is_full_however_far_the_canvas_is_zoomed_out(canvas: CanvasView) -> None:
    """Fails if a picture shows only boxes because the screen does."""
    close = render.to_svg(whole(canvas.scene), Style(), "x")
    canvas.zoom_by(0.1)
    assert render.to_svg(whole(canvas.scene), Style(), "x") == close


def test_an_empty_drawing_gives_a_picture_and_no_error(open_canvas: Open) -> None:
    """Fails if a size of nothing breaks a writer."""
    part = whole(open_canvas(Project()).scene)
    for write in (render.to_svg, render.to_pdf):
        assert write(part, Style(), "x")
    assert not QImage.fromData(render.to_png(part, 1.0, Style())).isNull()


PAGE = QSizeF(1080, 760)  # a wide A4 page in units of the drawing


@pytest.mark.parametrize(
    ("width", "height", "holds"),
    [(500, 300, lambda s: s.scale == 1.0 and len(s) == 1), (2000, 500, lambda s: len(s) == 1 and 0.5 < s.scale < 0.56)],
)
def test_small_drawings_are_printed_on_one_page(
    canvas: CanvasView, width: int, height: int, holds: Callable[[PrintedPages], bool]
) -> None:
    """Fails if a small drawing is blown up, or one that fits is torn over pages."""
    assert holds(PrintedPages(PicturePart(canvas.scene, QRectF(0, 0, width, height)), PAGE))


def test_large_drawings_are_spread_over_pages_that_leave_nothing_out(canvas: CanvasView) -> None:
    """Fails if letters become dust on one page, or a piece is on no page."""
    part = PicturePart(canvas.scene, QRectF(0, 0, 12_000, 2700))
    sheets = PrintedPages(part, PAGE)
    assert sheets.scale >= 0.42
    windows = list(sheets.windows())
    assert len(windows) == len(sheets) > 4
    covered = QRectF()
    for window in windows:
        covered = covered.united(window)
    assert covered.contains(QRectF(QPointF(), QSizeF(part.size)))
    assert len(PrintedPages(PicturePart(canvas.scene, QRectF(0, 0, 900_000, 9000)), PAGE)) <= 60


def test_frames_notes_and_unfolded_blocks_are_in_every_picture(open_canvas: Open) -> None:
    """Fails if what stands around nodes, or inside of a block, is missing, or cuts away what is drawn after it."""
    project = net()
    project = GroupNodes("", ("conv1", "relu1"), block="unit").apply(project)
    project = SetNodeField("", ("unit",), "expanded", True).apply(project)
    frames = (
        Frame("f1", "The stem", color="green", position=(-40, -80), size=(900, 260)),
        Frame("n1", "# Why\nBecause **it** works.", is_note=True, color="yellow", position=(0, 400)),
        Frame("n2", "Second", is_note=True, position=(500, 400)),
    )
    project = AddFrames("", frames).apply(project)
    part = whole(open_canvas(project).scene)
    assert part.rect.contains(QRectF(500, 400, 260, 140))
    content = render.to_svg(part, Style(), "x")
    texts = dict(seen_texts(content))
    assert {"The stem", "conv1", "relu1", "unit", "Second", "loss", "Why"} <= set(texts)
    hidden = [text for text, clipped in texts.items() if clipped]
    assert not hidden, "cut away where a program honours the clip"
    words = pdf_streams(render.to_pdf(part, Style(), "x"))
    assert words.count(b"Tj") > 20
    picture = render.to_image(part, 1.0, Style())
    title = QPointF(-40 + 450, -80 + 10) - part.rect.topLeft()
    assert picture.pixelColor(title.toPoint()) == theme.color("frame.green")
    only = dict(seen_texts(render.to_svg(whole(part.scene, ["loss"], ["n2"]), Style(), "x")))
    assert {"loss", "Second"} <= set(only)
    assert not {"The stem", "conv1", "Why"} & set(only)


def seen_texts(content: bytes) -> Iterator[tuple[str, bool]]:
    """Each text of an SVG, and whether the clip of its group cuts it away."""
    space = "{http://www.w3.org/2000/svg}"
    root = ElementTree.fromstring(content)
    clips = {}
    for clip in root.iter(f"{space}clipPath"):
        numbers = [float(n) for n in re.findall(r"-?[\d.]+", clip[0].get("d", ""))]
        clips[clip.get("id")] = QRectF(
            QPointF(min(numbers[::2]), min(numbers[1::2])), QPointF(max(numbers[::2]), max(numbers[1::2]))
        )
    for outer in root.iter(f"{space}g"):
        clip_name = re.search(r"#(\w+)", outer.get("clip-path", ""))
        for group in outer if clip_name else ():
            a, b, c, d, e, f = (float(n) for n in re.findall(r"-?[\d.e-]+", group.get("transform", "")[7:]))
            for text in group.iter(f"{space}text"):
                x, y = float(text.get("x", 0)), float(text.get("y", 0))
                place = QPointF(a * x + c * y + e, b * x + d * y + f)
                yield (text.text or "").strip(), not clips[clip_name[1] if clip_name else ""].contains(place)


def test_a_page_of_several_shows_its_own_piece_alone(canvas: CanvasView) -> None:
    """Fails if a page goes on into its margin, or shows what belongs on another."""
    part = whole(canvas.scene)
    image = QImage(part.size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setClipRect(QRectF(100, 0, 300, 80))
    render.paint(painter, part, Style())
    painter.end()
    everything = render.to_image(part, 1.0, Style())
    piece = QRect(110, 5, 280, 70)
    assert image.copy(piece) == everything.copy(piece).convertToFormat(image.format())
    assert image.pixelColor(50, 40).alpha() == 0
    assert image.pixelColor(200, 90).alpha() == 0
