"""The explorer page, opened at a model."""

from support.chromium import Tab

DRAWN = "document.getElementById('facts').textContent"


def choose(tab: Tab, url: str, name: str) -> None:
    """Open the page, choose a model, and wait until its first samples, of seed 0, are drawn."""
    if not tab.run(f"location.href.startsWith('{url}') && Boolean(document.getElementById('ask'))"):
        tab.open(url)
        # One tile of the endless image is enough: a screen full of them is a minute's work for tiny lattice cells.
        tab.run("$('endless').style.cssText = 'width: 18px; height: 18px'")
        tab.wait(f"{DRAWN} || $('message').textContent")
    tab.run(f"$('model').value = '{name}'; $('seed').value = 0; $('facts').textContent = ''; attempt(chooseModel)()")
    tab.wait(f"{DRAWN} || $('asked').hidden || $('message').textContent")
    message = tab.run("$('message').textContent")
    assert message == "", message
