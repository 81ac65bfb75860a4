"""The demo's way of the data: photograph, tiles, sweep, training, annealing, endpoint, report."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from raysys.anneal import Schedule, Target, reconstruct
from raysys.assess import Comparison, compare_methods
from raysys.assess.methods.sets import Origin
from raysys.cluster import connected
from raysys.data import DataSettings, Tiles, prepare, write_images
from raysys.files import written_aside
from raysys.serve import start
from raysys.serve.client import Endpoint
from raysys.spacing import Spacing, told_spacing
from raysys.stats import DESCRIPTORS
from raysys.studies.demo_page import COLLAPSE, demo_page, topology_sentences, trials_of
from raysys.studies.fitting import argued_phase, fitted
from raysys.train import Recipe, Run, TrialRow, load_recipe, sweep, train
from raysys.train.publish import held_out_characterisations
from raysys.train.ray.trials import trial_folder
from raysys.train.run_facts import runs_page
from raysys.train.session import best_checkpoint
from raysys.train.validation import training_characterisation

# Two trials of Ray Train, each with a launcher of its own, must fit on two CPUs.
CPUS_PER_TRIAL = 0.9
QUICK = [
    "training.steps=60",
    "training.validate_every=30",
    "training.validation_images=32",
    "sweep.trials=3",
    "sweep.startup_trials=2",
    "sweep.launch=inline",
]
FULL = ["sweep.launch=ray-train"]
FURTHER_STEPS = {True: 640, False: 2000}
AVERAGE = 0.995  # of the last training: its weights settle, which those of a short trial have no time for
# The last training uses both cores: two Ray Train workers, half of every batch each.
WORKERS = 2
CHAINS = {True: 8, False: 32}
SECONDS_BETWEEN_LINES = 10.0
SEED = 1  # of the first sample
SETS = GENERATOR, ANNEALED = "WGAN-GP", "annealed"


@dataclass
class Journey:
    """One run of the demo."""

    out: Path
    image: str | None
    quick: bool
    keep: bool
    port: int
    overrides: list[str]
    phase: str | None = None
    ask: Callable[[str, str], str] | None = None  # of the phase, given the one that is argued for and why
    console: Console = field(default_factory=Console)
    timings: dict[str, float] = field(default_factory=dict)
    fitting: list[str] = field(default_factory=list)  # what was decided on an image's behalf, in words

    def run(self) -> None:
        """Do all of it; what was started is stopped again, also after an error."""
        began = time.monotonic()
        recipe = self._recipe()
        tiles = self._prepare(recipe)
        self._characterise(recipe, tiles)
        with connected("local"):
            found = self._sweep(recipe)
            best = self._train_further(found)
            annealed = self._anneal(tiles)
            with self._serving(best) as url:
                samples, wide = self._ask(url, recipe.name, len(annealed), recipe.data.tile)
                self._save(samples, wide, annealed, told_spacing(tiles.provenance.get("spacing")))
                report = self._report(recipe, best, annealed, wide, len(samples), found)
                self._summary(report, best, url, recipe.name, time.monotonic() - began)
                if self.keep:
                    self._wait(best, url)

    def _recipe(self) -> Recipe:
        chosen = [f"storage={self.out / 'runs'}", f"scaling.cpus_per_worker={CPUS_PER_TRIAL}"]
        chosen += QUICK if self.quick else FULL
        if self.image:
            stem = "".join(letter if letter.isalnum() or letter in "._-" else "-" for letter in Path(self.image).stem)
            chosen += [f"name={stem.strip('._-') or 'image'}", *self._fitted(self.image)]
        return load_recipe("gravel", chosen + self.overrides)

    def _fitted(self, image: str) -> list[str]:
        """What the image itself says of its preparation, instead of what is right for gravel."""
        own = [
            f"data.images={image}",
            f"data.phase={self.phase or 'null'}",
            "data.downscale=1",
            "data.minimum_object=0",
        ]
        settings = load_recipe("gravel", own + self.overrides).data
        if settings.phase is None and settings.phases is None:
            own.append(f"data.phase={self._phase_of(settings)}")
            settings = load_recipe("gravel", own + self.overrides).data
        said = frozenset(one.partition("=")[0].strip().removeprefix("data.") for one in self.overrides)
        found = fitted(settings, said)
        self.fitting += found.sentences
        for sentence in self.fitting:
            self.console.print(f"   {image}: {sentence}", soft_wrap=True)
        return [*own, *(f"data.{name}={value}" for name, value in found.fields.items())]

    def _phase_of(self, settings: DataSettings) -> str:
        """The phase of an image of which nobody has said it: asked for where somebody can answer, or argued."""
        phase, why = argued_phase(settings)
        asked = self.ask(phase, why) if self.ask else phase
        self.fitting.append(why if asked == phase else f"phase {asked}, as it was answered")
        return asked

    def _prepare(self, recipe: Recipe) -> Tiles:
        self._say("1", f"Denoise, segment and tile {recipe.data.images}")
        tiles = prepare(recipe.data)
        self.console.print(
            f"   phase fraction {tiles.phase_fraction:.3f} (phase: {recipe.data.named_phase}; "
            f"{tiles.phase_fraction_before:.3f} before downscaling); {len(tiles.train)} training tiles of "
            f"{recipe.data.tile} x {recipe.data.tile} pixels, {len(tiles.held_out)} held out from another region"
        )
        return tiles

    def _characterise(self, recipe: Recipe, tiles: Tiles) -> None:
        self._say("2", "Characterise the held-out tiles: S2, P3H, P3V, P4, P6, L, and Fn")
        (real,) = held_out_characterisations(tiles, recipe.data.form).values()
        self.out.mkdir(parents=True, exist_ok=True)
        real.save(self.out / "real.npz")
        scaled = real.scaled()
        half = {name: _first_below(curve.mean, 0.5) for name, curve in scaled.items() if name != "L"}
        words = ", ".join(f"F({name}) at {r} px" for name, r in half.items())
        self.console.print(f"   the scaled curves fall to one half: {words}; {real.units} independent regions")

    def _sweep(self, recipe: Recipe) -> Run:
        self._say("3", f"Bayesian sweep of the {recipe.system.method}: {recipe.sweep.trials} trials, tracked in MLflow")
        with self._timed("sweep"), self._bar("   trials", recipe.sweep.trials * recipe.training.steps) as (bar, task):

            def show(rows: list[TrialRow]) -> None:
                ended = [row for row in rows if row.status not in ("running", "waiting")]
                done = len(ended) * recipe.training.steps + sum(row.step for row in rows if row not in ended)
                best = min((row.objective for row in rows if row.objective is not None), default=float("nan"))
                bar.update(task, completed=done, note=f"{len(ended)} ended, best descriptor error {best:.3g}")

            found = sweep(recipe, show=show)
        values = ", ".join(f"{name} = {value:.3g}" for name, value in self._best(found).values.items())
        self.console.print(f"   best: trial {found.details['best_trial']} ({values})")
        collapsed = [str(trial.number) for trial in trials_of(found) if trial.status == COLLAPSE]
        if collapsed:
            trials = f"trial{'s' if len(collapsed) > 1 else ''} {', '.join(collapsed)}"
            self.console.print(f"   collapsed, with images that are constant or all alike: {trials}")
        return found

    def _train_further(self, found: Run) -> Run:
        best: Recipe = found.details["best_recipe"]
        steps = best.training.steps + FURTHER_STEPS[self.quick]
        self._say("4", f"Train the best configuration further, to step {steps}, and register it")
        recipe = best.with_values(
            {
                "training.steps": steps,
                "training.validate_every": max(40, steps // 20),
                "scaling.workers": WORKERS,
                "system.average": AVERAGE,
            }
        )
        start_from = best_checkpoint(trial_folder(found.folder, found.details["best_trial"]))
        with self._timed("training"), self._bar("   steps", steps) as (bar, task):

            def show(sign: dict[str, Any]) -> None:
                best_so_far = sign["best"] if sign["best"] is not None else float("nan")
                bar.update(task, completed=sign["step"], note=f"best descriptor error {best_so_far:.3g}")

            run = train(recipe, start_from=start_from, show=show)
        self.console.print(f"   registered as {run.model}, descriptor error {run.metrics['descriptor_error']:.3g}")
        return run

    def _anneal(self, tiles: Tiles) -> np.ndarray:
        chains, side = CHAINS[self.quick], tiles.held_out.shape[-1]
        self._say("5", f"Reconstruct by simulated annealing: {chains} chains of {side} x {side} pixels on Ray actors")
        # Of the training tiles, as what it is compared with is: the held-out ones are for judging alone.
        target = Target.from_characterisation(training_characterisation(tiles))
        with self._timed("annealing"), self._bar("   chains", chains) as (bar, task):
            found = reconstruct(
                target,
                (side, side),
                chains=chains,
                seed=0,
                schedule=Schedule(selection="uniform"),
                progress=lambda state: bar.update(task, completed=state.finished, note=f"energy {state.energy:.2e}"),
            )
        self.console.print(f"   median energy {np.median([one.energy for one in found]):.2e}")
        return np.stack([one.image for one in found])

    @contextmanager
    def _serving(self, best: Run) -> Iterator[str]:
        self._say("6", "Serve the registered model with Ray Serve and ask it for samples")
        name = str(best.model).removeprefix("models:/").split("/")[0]
        with self._timed("start of the endpoint"):
            endpoint = start({name: str(best.model)}, port=self.port, tracking_uri=best.tracking_uri)
        try:
            yield endpoint.url
        finally:
            endpoint.stop()

    def _ask(self, url: str, name: str, n: int, tile: int) -> tuple[np.ndarray, np.ndarray]:
        n = max(n, 64)
        with self._timed("sampling"):
            samples = Endpoint(url).sample(name, n, seed=SEED)
            wide = Endpoint(url).sample(name, 1, seed=7, size=[3 * tile, 6 * tile])
        self.console.print(f"   {n} samples of {tile} x {tile} and one of {3 * tile} x {6 * tile} from {url}")
        return samples, wide

    def _save(self, samples: np.ndarray, wide: np.ndarray, annealed: np.ndarray, spacing: Spacing | None) -> None:
        write_images(self.out / "samples.tif", samples, spacing=spacing)
        write_images(self.out / "sample-wide.png", wide)
        write_images(self.out / "annealed.tif", annealed, spacing=spacing)

    def _report(self, recipe: Recipe, best: Run, annealed: np.ndarray, wide: np.ndarray, n: int, found: Run) -> Path:
        self._say("7", "Compare with the held-out tiles and write the report")
        sets: dict[str, Origin] = {GENERATOR: str(best.model), ANNEALED: annealed}
        with self._timed("comparison"):
            compared = compare_methods(
                recipe.data.images,
                sets,
                kinds={GENERATOR: "model"},
                descriptors=(*DESCRIPTORS, "minkowski"),
                n=n,
                seed=SEED,
                tracking_uri=best.tracking_uri,
            )
        assert isinstance(compared, Comparison)  # of binary images
        self.comparison, path = compared, self.out / "report.html"
        title = f"{recipe.name}: real, generated and annealed"
        trials, notes = trials_of(found), [f"{self.image}: {sentence}." for sentence in self.fitting]
        demo_page(path, compared, title=title, wide=wide, trials=trials, timings=self.timings, notes=notes)
        self.errors = compared.errors | {"white noise": compared.white_noise}
        verdicts = compared.sentences | {"topology": " ".join(topology_sentences(compared).values())}
        text = json.dumps({"mse": self.errors, "verdicts": verdicts, "seconds": self.timings}, indent=1)
        with written_aside(self.out / "summary.json") as aside:
            aside.write_text(text)
        return path

    def _summary(self, report: Path, best: Run, url: str, name: str, seconds: float) -> None:
        line = self.console.print
        line(f"\n[bold]Done in {seconds / 60:.1f} minutes.[/bold] MSE of the scaled curves against the held-out tiles:")
        for descriptor, chance in self.errors["white noise"].items():
            told = "   ".join(
                f"{one} {self.errors[one][descriptor]:.1e} ({self._place(one, descriptor)})" for one in SETS
            )
            line(f"   {descriptor:4s} {told}   white noise {chance:.1e}", soft_wrap=True)
        for sentence in topology_sentences(self.comparison).values():
            line(f"   {sentence}", soft_wrap=True)
        line(f"report    {report}")
        line(f"runs      {runs_page(best.tracking_uri, best.experiment_id)}", soft_wrap=True)
        again = "" if self.keep else f"   (stopped now; again with: raysys serve {name})"
        line(f"endpoint  {url}{again}", soft_wrap=True)
        line(
            f"ask it    curl -X POST {url}/v1/models/{name}/samples -H 'content-type: application/json' "
            '-d \'{"n": 1, "seed": 7, "size": 512, "format": "png"}\' -o sample.png',
            soft_wrap=True,
        )

    def _place(self, name: str, descriptor: str) -> str:
        """Whether a set is near the real tiles by a descriptor, in a few words."""
        verdict = self.comparison.verdict(name, descriptor)
        if verdict.kind == "unknown":
            return "not judged"
        return "near" if verdict.within else f"not near, {verdict.times:.1f} times the band"

    def _wait(self, best: Run, url: str) -> None:
        server = subprocess.Popen(
            [sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", best.tracking_uri, "--port", "5000"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        page = runs_page(best.tracking_uri, best.experiment_id).rpartition(" ")[2]
        self.console.print(f"\nKept running: {url} and MLflow at {page}. Ctrl-C stops both.", soft_wrap=True)
        try:
            while True:
                time.sleep(1)
        except KeyboardInterrupt:
            self.console.print("stopping")
        finally:
            server.terminate()
            server.wait()

    def _best(self, found: Run) -> TrialRow:
        rows: list[TrialRow] = found.details["trials"]
        return next(row for row in rows if row.number == found.details["best_trial"])

    def _say(self, number: str, text: str) -> None:
        self.console.print(f"[bold]{number}[/bold]  {text}")

    @contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.timings[what] = round(time.monotonic() - began, 1)

    @contextmanager
    def _bar(self, label: str, total: int) -> Iterator[tuple[Progress, TaskID]]:
        columns = (
            SpinnerColumn(),
            TextColumn(label),
            BarColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
        )
        progress = Progress if self.console.is_terminal else Lines
        with progress(*columns, console=self.console, transient=True) as bar:
            yield bar, bar.add_task(label, total=total, note="starting")


class Lines(Progress):
    """A bar in the log of a job, where it draws nothing: a line now and then."""

    told = -math.inf

    def update(self, task_id: TaskID, **fields: Any) -> None:
        """Say how far it is."""
        super().update(task_id, **fields)
        if time.monotonic() - self.told > SECONDS_BETWEEN_LINES:
            self.told = time.monotonic()
            done, of = fields["completed"], self.tasks[task_id].total
            self.console.print(f"   {done} of {of}, {fields['note']}", soft_wrap=True)


def _first_below(values: np.ndarray, level: float) -> int:
    below = np.flatnonzero(values < level)
    return int(below[0]) if below.size else len(values)
