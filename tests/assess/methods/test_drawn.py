"""What models are asked for, and how long their trainings took."""

import math
import time
from pathlib import Path

import numpy as np
import pytest
from support.generators import CONDITION, save_generator, untrained_generator

from raysys import RaysysError
from raysys.assess.listener import Listener
from raysys.assess.methods.drawn import Drawing, draw, generator, training_seconds
from raysys.data import Tiles
from raysys.models.registry import register, tracking_client
from raysys.train.tracking import start_run


def test_samples_are_those_of_the_seeds_and_of_the_size_of_real_images(rock_tiles: Tiles):
    model, seen = untrained_generator("tiny"), []
    listener = Listener(progress=lambda *told: seen.append(told))
    drawing = Drawing(20, 5, np.zeros((3, 24, 16), np.uint8))
    made = draw("gan", model, drawing, source="somewhere", training=3.0, listener=listener)
    np.testing.assert_array_equal(made.images, model.sample(20, seed=5, size=[24, 16]))
    assert seen == [("samples of gan", 16, 20, "images"), ("samples of gan", 20, 20, "images")]
    assert (made.method.kind, made.method.source, made.method.training) == ("model", "somewhere", 3.0)
    assert made.method.told == "seeds 5 to 24, timed here on cpu"
    assert made.method.per_image > 0


def test_a_conditional_model_is_asked_for_the_real_phase_fractions(rock_tiles: Tiles):
    model, said = untrained_generator("porous", conditions=1), []
    real = rock_tiles.train
    made = draw("p", model, Drawing(len(real), 0, real), source="", training=0.0, listener=Listener(said.append))
    fractions = real.mean((1, 2))
    low, high = CONDITION["low"], CONDITION["high"]
    np.testing.assert_array_equal(made.images, model.sample(len(real), condition=np.clip(fractions, low, high)))
    outside = int(((fractions < low) | (fractions > high)).sum())
    assert outside > 0
    assert said == [
        f"{outside} of {len(real)} phase fractions of the real images lie outside 0.36 to 0.7, which p was trained on; "
        "it is asked for the nearer end"
    ]
    assert made.method.told.endswith("asked for the phase fractions of the real images")


def test_a_condition_that_real_images_do_not_say_is_left_to_the_model(rock_tiles: Tiles):
    model = untrained_generator("aged", conditions=1, condition=CONDITION | {"name": "age"})
    made = draw("a", model, Drawing(3, 0, rock_tiles.train), source="", training=0.0, listener=Listener())
    np.testing.assert_array_equal(made.images, model.sample(3))


def test_a_model_of_grey_images_is_refused():
    grey = untrained_generator("grey", images={"shape": (16, 16), "kind": "grey"})
    with pytest.raises(RaysysError, match="--model g makes grey images; allowed: models of binary ones"):
        generator("g", grey)
    assert generator("b", untrained_generator("binary")).name == "binary"


def test_a_training_lasted_as_long_as_its_run(tracking_uri: str, tmp_path: Path):
    uri, folder = tracking_uri, save_generator(tmp_path, "tiny")
    run_id = start_run("training", experiment="e", uri=uri, tags={"raysys.kind": "train"})
    register(folder, "trained", run_id=run_id, tracking_uri=uri)
    time.sleep(0.05)
    client = tracking_client(uri)
    client.set_terminated(run_id)
    info = client.get_run(run_id).info
    assert training_seconds("trained", uri) == (info.end_time - info.start_time) / 1000 > 0
    assert training_seconds(f"runs:/{run_id}/model", uri) == training_seconds("models:/trained/1", uri)
    (tmp_path / "run.json").write_text(f'{{"run_id": "{run_id}"}}')
    assert training_seconds(str(folder), uri) == training_seconds("trained", uri)
    (tmp_path / "run.json").unlink()
    register(folder, "by-hand", tracking_uri=uri)
    assert math.isnan(training_seconds("by-hand", uri))
    assert math.isnan(training_seconds(str(folder), uri))
