"""All sub-commands as one typer application, and what happens to errors on their way out.

Nothing heavy (torch, ray, mlflow, numpy) is imported here: commands import what they need when they run.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import raysys
from raysys.cli.anneal import AnnealCommand, anneal
from raysys.cli.assess import app as assess_app
from raysys.cli.autoencode import autoencode
from raysys.cli.compare import compare
from raysys.cli.data import app as data_app
from raysys.cli.demo import demo
from raysys.cli.doctor import doctor
from raysys.cli.edit import EditCommand, edit
from raysys.cli.export import ExportCommand, export
from raysys.cli.guidance import app as guidance_app
from raysys.cli.landscape import landscape
from raysys.cli.models import app as models_app
from raysys.cli.parts.interruption import told_at_once
from raysys.cli.parts.terminal import breaking_silence
from raysys.cli.recipes import app as recipes_app
from raysys.cli.report import report
from raysys.cli.sample import SampleCommand, sample
from raysys.cli.segment import segment
from raysys.cli.serve import serve
from raysys.cli.stats import StatsCommand, stats
from raysys.cli.status import status
from raysys.cli.stop import stop
from raysys.cli.study import study
from raysys.cli.sweep import sweep
from raysys.cli.synthesise import SynthesiseCommand, synthesise
from raysys.cli.tokens import app as tokens_app
from raysys.cli.train import train
from raysys.errors import RaysysError
from raysys.files import UNWRITABLE
from raysys.local_paths import local_path

USER_MISTAKE = 2  # as shells and argparse have it; 1 is left to programming errors
COMMAND = "raysys.command"  # in what typer keeps along the way
# What a wrong path for an output raises; other errors of the operating system are told with their trace.
WRONG_PATH = (PermissionError, NotADirectoryError, IsADirectoryError, FileExistsError)
# Options whose values are addresses, or fields of recipes, which say themselves what they are.
TAKE_ADDRESSES = ("--url", "--tracking-uri", "--address", "--set", "--token", "--allow-origin")
# In the order in which a study uses them; `--help` lists them so, each group under its heading.
GROUPS = {
    "Begin": ("demo",),
    "Look at images and measure them": ("data", "stats"),
    "Make images without training": ("anneal", "synthesise", "edit", "guidance"),
    "Train": ("recipes", "train", "sweep", "study"),
    "Use models": ("models", "serve", "tokens", "sample", "segment", "autoencode", "export"),
    "Watch what runs": ("status", "stop", "doctor"),
    "Judge": ("assess", "compare", "report", "landscape"),
}
PANELS = {name: panel for panel, names in GROUPS.items() for name in names}
ORDER = tuple(PANELS)


# {name of a sub-command in earlier versions: (its name now, why)}.
RENAMED = {"reconstruct": ("autoencode", "a reconstruction is an image made from statistics, by raysys anneal")}


class OneSentence(TyperGroup):
    """The group of all sub-commands; what a user got wrong becomes one line, a programming error keeps its trace."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The sub-commands in the order of a study."""
        # A command that ORDER lacks fails here at once, and is not forgotten in the help.
        return sorted(super().list_commands(ctx), key=ORDER.index)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The sub-command of a line; an earlier name is refused by one sentence, whatever follows it."""
        if args and args[0] in RENAMED:
            name, why = RENAMED[args[0]]
            raise RaysysError(f"raysys {args[0]} is called raysys {name}: {why} (see raysys {name} --help)")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the sub-command."""
        try:
            return self._until_interrupted(ctx)
        except RaysysError as error:
            _say(str(error))
            raise typer.Exit(USER_MISTAKE) from None
        except OSError as error:
            if error.errno not in UNWRITABLE and not (isinstance(error, WRONG_PATH) and error.filename is not None):
                raise
            _say(f"{error.filename}: {error.strerror}" if error.filename else f"an output cannot be written ({error})")
            raise typer.Exit(USER_MISTAKE) from None
        except Exception as error:
            # typer brings its own copy of click in some versions, so a wrong option is told by what it can do.
            if not hasattr(error, "format_message") or type(error).__name__ == "NoArgsIsHelpError":
                raise
            _say(_usage(error))
            raise typer.Exit(USER_MISTAKE) from None

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Keep the command line, which a sentence may have to repeat."""
        ctx.meta[COMMAND] = list(args)
        return super().parse_args(ctx, args)

    def _until_interrupted(self, ctx: Any) -> Any:
        """Run the sub-command; whatever comes after Ctrl-C is its consequence, and not told."""
        command = ctx.meta.get(COMMAND, [])
        # Before the command: what it makes on its way is then nowhere that nobody meant.
        _check_paths(command)
        name = next((word for word in command if not word.startswith("-")), "raysys")
        with told_at_once(command) as interruption, breaking_silence(name):
            try:
                found = super().invoke(ctx)
            except BaseException as error:
                if not interruption.said and not isinstance(error, KeyboardInterrupt):
                    raise
                interruption.say()
                raise typer.Exit(interruption.code) from None
            if interruption.said:  # what waits for Ctrl-C ends quietly, such as an endpoint
                raise typer.Exit(interruption.code)
            return found


app = typer.Typer(
    cls=OneSentence,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with: raysys demo. Every sub-command explains itself: raysys stats --help.",
)
app.add_typer(data_app, name="data", rich_help_panel=PANELS["data"])
app.add_typer(recipes_app, name="recipes", rich_help_panel=PANELS["recipes"])
app.add_typer(guidance_app, name="guidance", rich_help_panel=PANELS["guidance"])
app.add_typer(models_app, name="models", rich_help_panel=PANELS["models"])
app.add_typer(tokens_app, name="tokens", rich_help_panel=PANELS["tokens"])
app.add_typer(assess_app, name="assess", rich_help_panel=PANELS["assess"])
app.command("demo", rich_help_panel=PANELS["demo"])(demo)  # its example stands in its own text
for _command, _example in (
    (stats, "Example: raysys stats skimage:gravel --phase dark --pores --report gravel.html --csv gravel.csv"),
    (anneal, "Example: raysys anneal tiles.npy --chains 8 --shape 128 128 --target S2,L:0.5 --out out --report r.html"),
    (synthesise, "Example: raysys synthesise photo.jpg --size 512 --tile -o more.png"),
    (edit, "Example: raysys edit photo.png --source-mask bird.png --shift 40 -10 -o moved.png"),
    (train, "Example: raysys train gravel --set training.steps=500 --set scaling.workers=2"),
    (sweep, "Example: raysys sweep gravel --trials 12 --concurrent 2 --searcher gp"),
    (study, "Example: raysys study cess-64 --trials 8 -o cess-64"),
    (serve, "Example: raysys serve gravel --port 8000"),
    (sample, "Example: raysys sample gravel -n 4 --seed 7 --size 256 -o samples.png"),
    (autoencode, "Example: raysys autoencode autoencoder micrograph.png --fit crop -o autoencoded.png"),
    (segment, "Example: raysys segment unet scan.tif -o labels.tif --against scan_mask.png --overlays pictures"),
    (status, "Example: raysys status runs --address HOST:6379"),
    (stop, "Example: raysys stop runs/gravel/train-001"),
    (doctor, "Example: raysys doctor --storage /shared/runs --address HOST:6379"),
    (compare, "Example: raysys compare rock.tif --model rock --annealed annealed -o comparison --report page.html"),
    (report, "Example: raysys report real=tiles.npy gan=samples.tif annealed=annealed/images.tif -o report.html"),
    (export, "Example: raysys export rock.tif --phase dark --pixel-size 3um -o pores.stl"),
    (landscape, "Example: raysys landscape --seeds 30 --report landscape.html"),
):
    # An option takes one word; those of several numbers need a command that joins them.
    _class = {
        stats: StatsCommand,
        anneal: AnnealCommand,
        sample: SampleCommand,
        synthesise: SynthesiseCommand,
        edit: EditCommand,
        export: ExportCommand,
    }.get(_command)
    _panel = PANELS[_command.__name__]
    app.command(_command.__name__, cls=_class, epilog=_example, rich_help_panel=_panel)(_command)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"raysys {raysys.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Statistically equivalent microstructures and textures from a few images, on one machine or a Ray cluster."""


def main() -> None:
    """Run the command line."""
    app(prog_name="raysys")


def _check_paths(args: list[str]) -> None:
    """Refuse addresses where files and folders are meant, before any of them is made one."""
    for option, word in pairwise(["", *args]):
        name, _, value = word.partition("=")
        if option in TAKE_ADDRESSES or name in TAKE_ADDRESSES:
            continue
        try:
            # Of --out=s3://a and of data.images=s3://a the value, of s3://a?x=y the word as a whole.
            local_path(value or word)
            local_path(word)
        except ValueError as error:
            raise RaysysError(str(error)) from None


def _usage(error: Exception) -> str:
    context = getattr(error, "ctx", None)
    hint = f" (see {context.command_path} --help)" if context is not None else ""
    return f"{error.format_message().rstrip('.')}{hint}"  # type: ignore[attr-defined]


def _say(sentence: str) -> None:
    typer.echo(f"raysys: {' '.join(sentence.split())}", err=True)
