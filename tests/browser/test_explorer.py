"""The explorer page as its reader uses it: what it offers is what the endpoint grants."""

from pathlib import Path

import numpy as np
import pytest
from support.chromium import Tab
from support.explorer import DRAWN, choose
from support.serving import CLASSES, SIZE

from raysys.models import load
from raysys.models.shipped import trained_models
from raysys.serve import Limits
from raysys.serve.drawing import resolve
from raysys.serve.schemas import SampleRequest

pytestmark = pytest.mark.browser


def press(tab: Tab, button: str) -> str:
    """Press a button as a finger does, and return what the page says once it has been answered."""
    tab.run("$('facts').textContent = ''; $('message').textContent = ''")
    tab.run(f"$('{button}').click()")
    tab.wait(f"{DRAWN} || $('message').textContent")
    return tab.run("$('message').textContent")


@pytest.mark.parametrize("name", trained_models())
def test_every_size_that_the_endpoint_grants_can_be_drawn(tab: Tab, url: str, name: str):
    choose(tab, url, name)
    model = load(f"trained:{name}")
    for periodic in (False, True):
        tab.run(f"$('periodic').checked = {str(periodic).lower()}; allowSizes()")
        for size in (1, 15, 16, 17, 64, 96, 100, 128, 250, 256):
            try:
                resolve(SampleRequest(size=size, periodic=periodic), model, Limits())
                granted = True
            except Exception:
                granted = False
            assert tab.run(f"$('size').value = {size}; $('ask').checkValidity()") == granted, (size, periodic)
    tab.run("$('periodic').checked = false; allowSizes(); $('size').value = 64; $('n').value = 2")
    assert press(tab, "draw") == ""
    assert tab.run("[...document.querySelectorAll('#samples img')].map(image => image.naturalWidth)") == [64, 64]


def test_a_periodic_size_is_made_to_fit(tab: Tab, url: str):
    choose(tab, url, "gravel")
    tab.run("$('size').value = 100; $('periodic').click()")
    assert tab.run("[+$('size').value % chosen().cell, $('ask').checkValidity()]") == [0, True]
    assert press(tab, "draw") == ""
    tab.run("$('periodic').click()")


def test_a_number_is_asked_by_a_slider(tab: Tab, url: str):
    choose(tab, url, "wgan-gp-porosity")
    low = tab.run("chosen().condition.low")
    tab.run(f"$('number').value = {low}; $('number').dispatchEvent(new Event('input'))")
    assert press(tab, "draw") == ""
    assert tab.run("answer.condition.phase_fraction[0]") == pytest.approx(low, rel=1e-3)


def test_the_size_of_pixels_and_the_worth_of_the_reference_are_said(tab: Tab, url: str, folders: dict[str, Path]):
    choose(tab, url, "code")
    about = tab.run("$('about').textContent")
    assert f"{SIZE} × {SIZE} pixels of 0.8 um" in about
    reference = load(folders["code"]).reference
    assert f"reference of {reference.units} independent images ({reference.n} in all)" in about
    ticks = "[...document.querySelectorAll('#curve .length')].map(tick => tick.textContent)"
    assert tab.run(ticks)[:2] == ["0", "0.8"]
    choose(tab, url, "alloy")
    assert tab.run(ticks) == []


def test_colours_are_shown_without_statistics(tab: Tab, url: str, folders: dict[str, Path]):
    choose(tab, url, "texture")
    assert tab.run("$('curve-box').hidden && $('descriptor-box').hidden")
    assert not tab.run("$('endless-box').hidden")
    found = tab.run(
        "(() => { const image = document.querySelector('#samples img'), canvas = document.createElement('canvas');"
        "canvas.width = canvas.height = image.naturalWidth; const paint = canvas.getContext('2d');"
        "paint.drawImage(image, 0, 0); return [...paint.getImageData(0, 0, canvas.width, canvas.height).data] })()"
    )
    expected = np.rint(load(folders["texture"]).sample(1, seed=0)[0] * 255)
    np.testing.assert_array_equal(np.reshape(found, (SIZE, SIZE, 4))[..., :3], expected)


def test_labels_have_a_legend_and_statistics_of_each_phase(tab: Tab, url: str):
    choose(tab, url, "alloy")
    assert tab.run("[...document.querySelectorAll('#phases li')].map(line => line.textContent)") == list(CLASSES)
    assert all(f"{name} 0." in tab.run(DRAWN) for name in CLASSES)
    assert tab.run("$('curve-title').textContent") == f"S2(r) of {CLASSES[0]}"
    tab.run("$('part').value = 'clay'; $('part').dispatchEvent(new Event('change'))")
    assert tab.run("$('curve-title').textContent") == "S2(r) of clay"
    tab.run("$('index').value = 'brass'")
    assert press(tab, "draw") == ""
    assert tab.run("answer.condition.alloy") == ["brass"] * tab.run("+$('n').value")


def test_a_code_is_written_in_numbers(tab: Tab, url: str):
    choose(tab, url, "code")
    tab.run("$('values').value = '0.5, -1'")
    assert press(tab, "draw") == ""
    assert tab.run("answer.condition.code[0]") == [0.5, -1]
    tab.run("$('values').value = '0.5, much'")
    assert "write numbers" in press(tab, "draw")


@pytest.mark.parametrize("name", ["rock", "electrode"])
def test_a_slider_goes_through_a_volume(tab: Tab, url: str, folders: dict[str, Path], name: str):
    choose(tab, url, name)
    volume = load(folders[name]).sample(1, seed=0)[0]
    read = "[...document.querySelector('#samples canvas').getContext('2d').getImageData(0, 0, 16, 16).data]"
    colours = "chosen().phases.map(phase => [1, 3, 5].map(at => parseInt(phase.colour.slice(at, at + 2), 16)))"
    palette = np.array(tab.run(colours) or [[0] * 3, [255] * 3])
    for axis, index in ((0, 8), (0, 3), (1, 15), (2, 0)):
        tab.run(f"$('axis').value = {axis}; $('slice').value = {index}; chooseSlice(false)")
        found = np.reshape(tab.run(read), (SIZE, SIZE, 4))
        np.testing.assert_array_equal(found[..., :3], palette[volume.take(index, axis)])
    assert tab.run("$('index-of-slice').textContent") == "Slice 0 of 0 to 15"


@pytest.mark.parametrize(
    ("name", "title", "drawing"),
    [("coder", "Autoencode", True), ("segmenter", "Segment", False), ("classifier", "Classify", False)],
)
def test_what_a_model_declares_is_offered(tab: Tab, url: str, name: str, title: str, drawing: bool):
    choose(tab, url, name)
    assert tab.run("$('upload').textContent") == title
    assert tab.run("[$('code-box').hidden, $('asked').hidden, $('interpolate').hidden]") == [
        False,
        not drawing,
        not drawing,
    ]
    tab.run(
        "(() => { const canvas = document.createElement('canvas'); canvas.width = canvas.height = 16;"
        "const paint = canvas.getContext('2d'); paint.fillStyle = 'white'; paint.fillRect(0, 0, 16, 16);"
        "paint.fillStyle = 'black'; paint.fillRect(0, 0, 16, 8); return new Promise(done => canvas.toBlob(blob => {"
        "const held = new DataTransfer(); held.items.add(new File([blob], 'a.png')); $('first').files = held.files;"
        "done() })) })()"
    )
    tab.run("$('coded').hidden = true; $('message').textContent = ''; $('upload').click()")
    tab.wait("!$('coded').hidden && $('coded-numbers').rows.length || $('message').textContent")
    assert tab.run("$('message').textContent") == ""
    assert tab.run("$('coded-numbers').rows.length") > 1


@pytest.mark.parametrize("width", [1280, 390])
def test_it_fits_the_width(tab: Tab, url: str, width: int):
    tab.size(width, 900)
    for name in ("gravel", "alloy", "rock", "coder"):
        choose(tab, url, name)
        assert tab.run("document.documentElement.scrollWidth") <= width
    tab.size(1280, 900)


def test_the_endless_image_is_drawn_tile_by_tile(tab: Tab, url: str):
    choose(tab, url, "gravel")
    tab.wait("tiles.get('3/0/0')")
    shown = tab.run("[...$('endless').getContext('2d').getImageData(0, 0, 16, 16).data]")
    expected = load("trained:gravel").sample(1, seed=0, size=16)[0]
    np.testing.assert_array_equal(np.reshape(shown, (16, 16, 4))[..., 0], expected * 255)


def test_nothing_went_wrong_in_the_console(tab: Tab, url: str):
    choose(tab, url, "gravel")
    assert tab.errors == []


def test_the_documentation_needs_no_network(tab: Tab, url: str):
    errors = len(tab.errors)
    tab.open(url + "docs")
    tab.wait("document.querySelectorAll('.opblock').length > 8")
    assert "/v1/descriptors" in tab.run("document.body.textContent")
    addresses = tab.run("performance.getEntriesByType('resource').map(one => one.name)")
    assert any(address.endswith(".js") for address in addresses)
    assert [address for address in addresses if not address.startswith((url, "data:"))] == []
    assert tab.errors[errors:] == []
