"""Every control of the explorer page, pressed as a hand does it, on a screen and on a phone."""

import base64
import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.chromium import Tab
from support.explorer import choose

from raysys.data import encode_images, gaussian_random_field
from raysys.models import load
from raysys.stats import characterise

pytestmark = pytest.mark.browser

ROCK = gaussian_random_field((32, 40), correlation_length=3.0, phase_fraction=0.4, seed=1, n=1)


def click(tab: Tab, control: str, x: float = 0.5, y: float = 0.5) -> None:
    """Press the mouse at a place of an element; what lies over it would be pressed instead."""
    tab.run(f"$('{control}').scrollIntoView({{block: 'center'}})")
    box = tab.run(f"(box => [box.x, box.y, box.width, box.height])($('{control}').getBoundingClientRect())")
    assert box[2] > 0, control
    place = {"x": box[0] + x * box[2], "y": box[1] + y * box[3]}
    for kind in ("mousePressed", "mouseReleased"):
        tab.ask("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **place)


def key(tab: Tab, control: str, name: str) -> None:
    tab.run(f"$('{control}').focus()")
    for kind in ("keyDown", "keyUp"):
        tab.ask("Input.dispatchKeyEvent", type=kind, key=name, text=" " if name == " " and kind == "keyDown" else "")


def quiet(tab: Tab) -> None:
    assert tab.run("$('message').textContent") == ""


def give(tab: Tab, control: str, content: bytes, name: str = "image.png") -> None:
    """Choose a file, as the browser's own window for it would."""
    data = base64.b64encode(content).decode()
    tab.run(
        f"(() => {{ const bytes = Uint8Array.from(atob('{data}'), one => one.charCodeAt(0)), held = new DataTransfer();"
        f"held.items.add(new File([bytes], '{name}', {{type: 'image/png'}})); $('{control}').files = held.files;"
        f"$('{control}').dispatchEvent(new Event('change')) }})()"
    )


def pixels(tab: Tab, element: str) -> np.ndarray:
    """What a canvas or an image shows, (H, W, 4)."""
    found = tab.run(
        f"(() => {{ const shown = {element}, canvas = document.createElement('canvas');"
        "canvas.width = shown.naturalWidth || shown.width; canvas.height = shown.naturalHeight || shown.height;"
        "const paint = canvas.getContext('2d'); paint.drawImage(shown, 0, 0);"
        "return [canvas.height, canvas.width, [...paint.getImageData(0, 0, canvas.width, canvas.height).data]] })()"
    )
    return np.array(found[2], np.uint8).reshape(found[0], found[1], 4)


# What a quick pass leaves out on a phone is the same code in a narrower page.
@pytest.fixture(params=[1280, pytest.param(390, marks=pytest.mark.slow)])
def at_width(request: pytest.FixtureRequest, tab: Tab) -> int:
    tab.size(request.param, 900)
    return request.param


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", ["gravel", "rock", "textures", "guided", "coder"])
def test_every_control_is_seen_named_and_free(tab: Tab, url: str, width: int, name: str):
    tab.size(width, 900)
    choose(tab, url, name)
    tab.run("$('endless').style.cssText = ''")
    wrong = tab.run(
        "[...document.querySelectorAll('input, select, button, canvas[tabindex], a')]"
        ".filter(one => one.checkVisibility() && !one.disabled).map(one => {"
        "one.scrollIntoView({block: 'center'}); const box = one.getBoundingClientRect();"
        "const hit = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);"
        "const said = one.getAttribute('aria-label') || one.title || one.labels?.[0]?.textContent || one.textContent;"
        "return [one.id || one.textContent, hit === one || one.contains(hit) || hit?.closest('label')?.contains(one),"
        "Boolean(said && said.trim()), box.left >= 0 && box.right <= innerWidth, box.height >= 13] })"
        ".filter(([, ...good]) => !good.every(Boolean))"
    )
    tab.run("$('endless').style.cssText = 'width: 18px; height: 18px'")
    assert wrong == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_letters_stand_out(tab: Tab, url: str, scheme: str):
    choose(tab, url, "gravel")
    tab.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    names = ("ink", "soft", "mark", "wrong", "paper", "ground")
    style = "getComputedStyle(document.documentElement).getPropertyValue('--%s')"
    colours = {name: luminance(tab.run(style % name).strip()) for name in names}
    tab.ask("Emulation.setEmulatedMedia", features=[])
    for ink in ("ink", "soft", "mark", "wrong"):
        for paper in ("paper", "ground"):
            low, high = sorted((colours[ink], colours[paper]))
            # WCAG 2.2, 1.4.3.
            assert (high + 0.05) / (low + 0.05) >= 4.5, (ink, paper)


def luminance(colour: str) -> float:
    """Relative luminance as of WCAG 2.2."""
    digits = "".join(2 * digit for digit in colour[1:]) if len(colour) == 4 else colour[1:]
    values = np.array(list(bytes.fromhex(digits))) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("width", [1280, 390])
def test_draw_is_pressed(tab: Tab, url: str, width: int):
    tab.size(width, 900)
    choose(tab, url, "gravel")
    tab.run("$('n').value = 2; $('size').value = 64; $('seed').value = 5; $('facts').textContent = ''")
    click(tab, "draw")
    tab.wait("$('facts').textContent || $('message').textContent")
    quiet(tab)
    shown = pixels(tab, "document.querySelector('#samples img')")[..., 0]
    np.testing.assert_array_equal(shown, 255 * load("trained:gravel").sample(1, seed=5, size=64)[0])
    tab.run("$('facts').textContent = ''")
    click(tab, "dice")
    tab.wait("$('facts').textContent")
    quiet(tab)


def test_what_is_shown_can_be_asked_elsewhere(tab: Tab, url: str, tmp_path: Path):
    choose(tab, url, "wgan-gp-porosity")
    tab.run("$('number').value = 0.35; $('n').value = 1; $('size').value = 32; $('seed').value = 6")
    click(tab, "draw")
    tab.wait("answer && answer.seed === 6")
    asked = tab.run("answer.condition")
    expected = load("trained:wgan-gp-porosity").sample(1, seed=6, size=32, condition=asked)
    lines = {}
    for language in ("curl", "python", "r"):
        tab.run(f"$('language').value = '{language}'; $('language').dispatchEvent(new Event('change'))")
        lines[language] = tab.run("$('curl').textContent")
    subprocess.run(["bash", "-ec", lines["curl"]], cwd=tmp_path, check=True, capture_output=True)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "samples.png")), 255 * expected[0])
    there: dict = {}
    exec(lines["python"], there)
    np.testing.assert_array_equal(there["images"], expected)
    body = json.loads(lines["r"].split("req_body_raw('")[1].split("', type")[0])
    assert (body["seed"], body["size"], body["condition"]) == (6, 32, {"phase_fraction": 0.35})
    tab.run("$('language').value = 'curl'; $('language').dispatchEvent(new Event('change'))")


def test_a_link_opens_what_was_seen(tab: Tab, url: str, at_width: int):
    choose(tab, url, "gravel")
    tab.run("$('seed').value = 9")
    click(tab, "draw")
    tab.wait("answer && answer.seed === 9")
    for name in ("ArrowRight", "ArrowDown", "ArrowDown"):
        key(tab, "endless", name)
    click(tab, "farther")
    key(tab, "endless", "-")
    click(tab, "closer")
    click(tab, "share")
    place, address = tab.run("[view, location.href]")
    assert (place["z"], address.startswith(url)) == (2, True)
    tab.wait("$('shared').textContent.includes('is now the link')")
    # As a page that is opened anew begins, without a screen full of tiles, which is a minute's work.
    choose(tab, url, "rock")
    tab.run("$('seed').value = 1; $('model').replaceChildren(); $('facts').textContent = ''")
    tab.run(f"opened = new URLSearchParams(new URL('{address}').hash.slice(1)); attempt(listModels)()")
    tab.wait("$('facts').textContent || $('message').textContent")
    quiet(tab)
    assert tab.run("[view, $('model').value, $('seed').value]") == [place, "gravel", "9"]
    click(tab, "home")
    assert tab.run("[view.z, view.x, view.y]") == [3, 0, 0]


def test_an_image_is_measured(tab: Tab, url: str, at_width: int):
    choose(tab, url, "gravel")
    grey = (40 + 150 * ROCK).astype(np.uint8)
    give(tab, "measured", encode_images(grey / np.float32(255), "png", kind="grey"))
    tab.wait("!$('overlay').hidden")
    np.testing.assert_array_equal(pixels(tab, "$('overlay')")[..., 0], grey[0])
    click(tab, "gauge")
    tab.wait("$('measured-facts').textContent || $('message').textContent")
    quiet(tab)
    found = characterise(ROCK, ("S2",))
    assert f"phase fraction {found.phase_fraction:.4f}" in tab.run("$('measured-facts').textContent")
    # With a threshold of one's own the phase is drawn over the image, and is what is measured.
    click(tab, "otsu")
    tab.run("$('threshold').value = 200; $('threshold').dispatchEvent(new Event('input'))")
    np.testing.assert_array_equal(pixels(tab, "$('overlay')")[..., 0], grey[0])
    tab.run("$('threshold').value = 100; $('threshold').dispatchEvent(new Event('input'))")
    blue = pixels(tab, "$('overlay')")
    np.testing.assert_array_equal(blue[..., 2] > blue[..., 0], ROCK[0] == 1)
    tab.run("$('measured-facts').textContent = ''; $('measured-phase').value = 'dark'")
    click(tab, "gauge")
    tab.wait("$('measured-facts').textContent || $('message').textContent")
    told = tab.run("$('measured-facts').textContent")
    assert f"phase fraction {1 - found.phase_fraction:.4f}; above 100 (threshold)" in told
    assert tab.run("$('measured-curve').querySelectorAll('path').length") == 3
    tab.run("$('measured-phase').value = 'bright'")
    click(tab, "otsu")


def test_textures_are_chosen_on_a_plane(tab: Tab, url: str, folders: dict[str, Path], at_width: int):
    choose(tab, url, "textures")
    model = load(folders["textures"])
    tab.run("$('named').value = 'gravel'; $('named').dispatchEvent(new Event('change'))")
    tab.wait("answer.condition.texture[0][0] === 2")
    tab.run("$('facts').textContent = ''")
    click(tab, "manifold", 0.25, 0.25)
    tab.wait("$('facts').textContent || $('message').textContent")
    quiet(tab)
    low, high = tab.run("plane.ends[0]")
    found = tab.run("answer.condition.texture[0]")
    assert found[0] == pytest.approx(low + (high - low) / 4, abs=0.02 * (high - low))
    before = found[0]
    key(tab, "manifold", "ArrowRight")
    key(tab, "manifold", "Enter")
    tab.wait(f"answer.condition.texture[0][0] > {before}")
    click(tab, "way")
    tab.wait("document.querySelectorAll('#way-pictures img').length === 6 || $('message').textContent")
    quiet(tab)
    example = np.random.default_rng(0).random((1, 16, 16, 3), np.float32)
    give(tab, "example", encode_images(example, "png", kind="colour"))
    click(tab, "like")
    tab.wait("$('like-facts').textContent || $('message').textContent")
    quiet(tab)
    code = model.encode(np.rint(example * 255).astype(np.float32) / 255)[0]
    written = [float(value) for value in tab.run("$('values').value").split(",")]
    np.testing.assert_allclose(written, code, rtol=1e-3)


def test_a_painted_map_is_followed(tab: Tab, url: str, folders: dict[str, Path], at_width: int):
    choose(tab, url, "guided")
    click(tab, "ramp")
    tab.run("$('level').value = 0; $('brush').value = 20; $('level').dispatchEvent(new Event('input'))")
    click(tab, "paint", 0.25, 0.75)
    key(tab, "paint", "ArrowRight")
    key(tab, "paint", " ")
    painted = pixels(tab, "$('paint')")[..., 0]
    assert painted[96, 32] == painted[96, 36] == 0
    np.testing.assert_array_equal(painted[:, 120], np.rint(255 * np.arange(128) / 127))
    click(tab, "follow")
    tab.wait("!$('painted-box').hidden || $('message').textContent")
    quiet(tab)
    asked = {"progression": painted.astype(np.float32) / 255}
    expected = load(folders["guided"]).sample(1, seed=0, size=128, condition=asked)[0]
    np.testing.assert_array_equal(pixels(tab, "$('painted')")[..., :3], np.rint(expected * 255))
    click(tab, "clear")
    assert len(np.unique(pixels(tab, "$('paint')")[..., 0])) == 1


def test_codes_are_painted(tab: Tab, url: str, folders: dict[str, Path]):
    choose(tab, url, "textures")
    click(tab, "ramp")
    click(tab, "follow")
    tab.wait("!$('painted-box').hidden || $('message').textContent")
    quiet(tab)
    model = load(folders["textures"])
    named = np.float32(list(model.card.condition.named.values()))
    # Brick above gravel.
    grid = np.repeat(named[[0] * 8 + [1] * 8].T[:, :, None], 16, axis=2)
    expected = model.sample(1, seed=0, size=128, condition={"texture": {"values": grid}})[0]
    np.testing.assert_array_equal(pixels(tab, "$('painted')")[..., :3], np.rint(expected * 255))


@pytest.mark.parametrize("name", ["rock", "electrode"])
def test_a_volume_is_cut_and_turned(tab: Tab, url: str, folders: dict[str, Path], at_width: int, name: str):
    choose(tab, url, name)
    tab.wait("document.querySelectorAll('#three canvas').length === 4")
    volume = load(folders[name]).sample(1, seed=0)[0]
    tab.run("at = [3, 5, 7]; showThree()")
    palette = np.array(
        tab.run("chosen().phases.map(phase => [1, 3, 5].map(at => parseInt(phase.colour.slice(at, at + 2), 16)))")
    )
    for axis, index in enumerate((3, 5, 7)):
        shown = pixels(tab, f"document.querySelectorAll('#three canvas')[{axis}]")[..., :3]
        expected = volume.take(index, axis)
        np.testing.assert_array_equal(
            shown, palette[expected] if len(palette) else 255 * np.repeat(expected[..., None], 3, 2)
        )
    tab.run("document.querySelector('#three canvas').id = 'first-slice'")
    click(tab, "first-slice", 0.1, 0.9)
    assert tab.run("at") == [3, 14, 1]
    before = pixels(tab, "$('surface')")
    assert before[..., 3].any()
    key(tab, "surface", "ArrowRight")
    assert (pixels(tab, "$('surface')") != before).any()
    click(tab, "turning")
    tab.wait("turned.across > 0.8")
    click(tab, "turning")


def test_jobs_are_begun_followed_and_removed(tab: Tab, url: str, at_width: int):
    choose(tab, url, "gravel")
    tab.wait("!$('jobs-box').hidden")
    give(tab, "job-image", encode_images(ROCK, "png"))
    for kind, size in (("syntheses", "40"), ("samples", "48x300")):
        tab.run(f"$('job-kind').value = '{kind}'; $('job-size').value = '{size}'")
        tab.run("$('job-kind').dispatchEvent(new Event('change'))")
        click(tab, "begin")
        tab.wait("document.querySelectorAll('#jobs .files button').length || $('message').textContent")
        quiet(tab)
        told = tab.run("document.querySelector('#jobs strong').textContent")
        assert told == f"{kind}, done"
        tab.wait("document.querySelector('#jobs .pictures img')")
        names = tab.run("[...document.querySelectorAll('#jobs .files button')].map(one => one.textContent)")
        assert any("summary.json" in name for name in names)
        assert tab.run("document.documentElement.scrollWidth") <= at_width
        tab.run("document.querySelector('#jobs .row button').id = 'gone'")
        click(tab, "gone")
        tab.wait("!document.querySelector('#jobs li') || $('message').textContent")
        quiet(tab)


def test_nothing_went_wrong_in_the_console(tab: Tab):
    assert tab.errors == []
    tab.size(1280, 900)
