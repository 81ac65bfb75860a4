"""The choices behind the numbers of a page, each said once, whatever it concerns."""

from collections.abc import Iterator, Sequence

from raysys.report.descriptors.distances import taken
from raysys.report.descriptors.groups import SIZES
from raysys.report.elements.notation import text, worded
from raysys.report.elements.palette import Ink
from raysys.report.elements.tables import key, size, table
from raysys.stats import Characterisation, Distance


def protocol_table(
    characterisations: dict[str, Characterisation], ink: dict[str, Ink], distances: dict[str, Sequence[Distance]]
) -> str:
    """How every set was measured, and compared; a choice that all share spans the columns."""
    protocols = {name: protocol(one) for name, one in characterisations.items()}
    lines = {name: taken(found) for name, found in distances.items() if name in protocols and found}
    for name in protocols:
        # The reference is on the other side of every distance.
        if name in lines or len(set(lines.values())) == 1:
            protocols[name]["distances"] = lines.get(name) or next(iter(lines.values()))
    options = list(dict.fromkeys(option for lines in protocols.values() for option in lines))
    heads = ["<th></th>", *(f"<th>{key(name, ink)}</th>" for name in protocols)]
    rows = []
    for option in options:
        values = [lines.get(option, "–") for lines in protocols.values()]
        same = len(set(values)) == 1
        cells = f'<td colspan="{len(values)}">{text(values[0])}</td>' if same else _cells(values)
        rows.append(f"<tr><th>{text(option)}</th>{cells}</tr>")
    return table("protocol", heads, rows)


def protocol(characterisation: Characterisation) -> dict[str, str]:
    """Return the choices under which a set was measured, as they are printed: {option: value (what it concerns)}."""
    lines = {
        "images": f"{characterisation.n:,}",
        "size": size(characterisation.shape),
        "phase measured": str(characterisation.phase),
        "boundary": str(characterisation.boundary),
    }
    lags = [float(curve.r[-1]) for name, curve in characterisation.curves.items() if name not in SIZES]
    if lags:
        lines["largest lag"] = f"{max(lags):g} pixels"
    chosen: dict[str, dict[str, list[str]]] = {}
    for name, held in _protocols(characterisation):
        for option, value in held.items():
            concerned = chosen.setdefault(worded(option), {}).setdefault(value, [])
            if name not in concerned:
                concerned.append(name)
    for option, values in chosen.items():
        lines[option] = "; ".join(f"{value} ({', '.join(names)})" for value, names in values.items())
    return lines


def _protocols(characterisation: Characterisation) -> Iterator[tuple[str, dict[str, str]]]:
    for name, curve in (*characterisation.curves.items(), *characterisation.scaled().items()):
        yield worded(name), curve.protocol
    for name, scalar in characterisation.scalars.items():
        yield worded(name), scalar.protocol
    if characterisation.pores is not None:
        yield "pores", characterisation.pores.protocol


def _cells(values: list[str]) -> str:
    return "".join(f"<td>{text(value)}</td>" for value in values)
