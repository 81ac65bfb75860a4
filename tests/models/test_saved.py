"""Saved models: what is in the folder, and one sentence for every way in which it can be wrong."""

import json

import numpy as np
import pytest
import torch
import yaml
from mlflow.utils.environment import _PythonEnv
from PIL import Image
from safetensors.torch import load_file, save_file
from support.toys import toy

import raysys
from raysys import RaysysError
from raysys.label_colours import label_colours
from raysys.models import ModelCard, lattice_noise, load, new_model, save_model
from raysys.models.card import FORMAT_VERSION
from raysys.models.environment import FILES
from raysys.stats import characterise


@pytest.fixture
def folder(tmp_path, lattice_gan):
    return save_model(tmp_path / "model", lattice_gan, preview=lattice_gan.sample(10))


def edit_card(folder, **changes):
    path = folder / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def without_checksum(folder):
    """As models of older versions are."""
    description = yaml.safe_load((folder / "MLmodel").read_text())
    del description["flavors"]["raysys"]["sha256"]
    (folder / "MLmodel").write_text(yaml.safe_dump(description))


def refused(folder, words):
    with pytest.raises(RaysysError, match=words) as caught:
        load(folder)
    assert "\n" not in str(caught.value)


def test_a_folder_holds_weights_card_preview_and_mlflows_description(folder):
    assert {path.name for path in folder.iterdir()} == {
        *("MLmodel", "model.json", "model.safetensors", "preview.png"),
        *FILES,
    }
    card = json.loads((folder / "model.json").read_text())
    assert card["architecture"] == "wgan-gp"
    assert card["images"] == {
        "kind": "binary",
        "shape": [32, 32],
        "phases": [],
        "channels": 1,
        "phase": "bright",
        "phase_fraction": 0.4,
        "pixel_size": None,
        "cleaning": None,
    }
    assert card["metrics"] == {"S2": 1e-5, "L": None}  # JSON has no NaN
    flavors = yaml.safe_load((folder / "MLmodel").read_text())["flavors"]
    assert flavors["python_function"]["loader_module"] == "raysys.models.pyfunc"
    # What MLflow itself reads before it makes an environment of its own for a model.
    environment = _PythonEnv.from_yaml(folder / flavors["python_function"]["env"]["virtualenv"])
    assert environment.dependencies == ["-r requirements.txt"]
    assert (folder / "requirements.txt").read_text() == f"raysys=={raysys.__version__}\n"
    conda = yaml.safe_load((folder / flavors["python_function"]["env"]["conda"]).read_text())
    assert conda["dependencies"][-1] == {"pip": [f"raysys=={raysys.__version__}"]}
    assert not list(folder.parent.glob(".*"))


def test_weights_may_be_saved_in_half_the_space(tmp_path, lattice_gan):
    whole, half = (save_model(tmp_path / str(half), lattice_gan, half=half) for half in (False, True))
    sizes = [(folder / "model.safetensors").stat().st_size for folder in (whole, half)]
    assert sizes[1] < 0.6 * sizes[0]
    for name, value in load(half).network.state_dict().items():
        given = lattice_gan.network.state_dict()[name]
        assert value.dtype == given.dtype
        torch.testing.assert_close(value, given, rtol=2**-11, atol=2**-25)
    assert np.abs(load(half).sample(4, grey=True) - lattice_gan.sample(4, grey=True)).max() < 0.01


def test_buffers_keep_their_precision_in_half_the_space(tmp_path, lattice_gan):
    model = load(save_model(tmp_path / "model", lattice_gan))
    variance = next(value for name, value in model.network.named_buffers() if name.endswith("running_var"))
    with torch.no_grad():
        variance[0] = 1e-9  # 0 in float16
    found = load(save_model(tmp_path / "half", model, half=True))
    for (name, value), (_, given) in zip(found.network.named_buffers(), model.network.named_buffers(), strict=True):
        assert torch.equal(value, given), name


def test_a_weight_beyond_half_precision_is_refused(tmp_path, lattice_gan):
    model = load(save_model(tmp_path / "model", lattice_gan))
    with torch.no_grad():
        next(model.network.parameters()).view(-1)[0] = 1e5
    with pytest.raises(RaysysError, match="has values beyond float16's; save it as float32"):
        save_model(tmp_path / "half", model, half=True)
    assert not (tmp_path / "half").exists()


def test_the_preview_shows_the_samples_in_rows_of_eight(folder, lattice_gan):
    sheet = np.asarray(Image.open(folder / "preview.png"))
    assert sheet.shape == (2 * 36 - 4, 8 * 36 - 4)
    np.testing.assert_array_equal(sheet[36:68, 36:68], lattice_gan.sample(10)[9] * 255)
    assert (sheet[36:, 72:] == 255).all()


def test_previews_of_volumes_show_their_middle(tmp_path, lattice_gan):
    volumes = lattice_noise(0, 2, (5, 8, 9), distribution="uniform")
    save_model(tmp_path / "model", lattice_gan, preview=volumes)
    sheet = np.asarray(Image.open(tmp_path / "model" / "preview.png"))
    np.testing.assert_array_equal(sheet[:, 13:], (volumes[1, 2] * 255).round())


@pytest.mark.parametrize("kind", ["colour", "labels"])
@pytest.mark.parametrize("shape", [(8, 12), (4, 8, 12)])
def test_previews_are_in_colour_where_images_are(tmp_path, kind, shape):
    model = toy(kind, shape)
    samples = model.sample(9)
    save_model(tmp_path / "model", model, preview=samples)
    sheet = np.asarray(Image.open(tmp_path / "model" / "preview.png"))
    assert sheet.shape == (2 * 12 - 4, 8 * 16 - 4, 3) if len(shape) == 2 else (2 * 16 - 4, 8 * 16 - 4, 3)
    last = samples[8] if len(shape) == 2 else samples[8, 2]
    expected = label_colours(3)[last] if kind == "labels" else np.rint(last * 255)
    top = last.shape[0] + 4
    np.testing.assert_array_equal(sheet[top : top + last.shape[0], :12], expected)


def test_an_earlier_model_is_replaced_but_nothing_else_is(folder, vector_gan, tmp_path):
    save_model(folder, vector_gan)
    assert load(folder).any_size is False
    assert not (folder / "preview.png").exists()
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("years of work")
    with pytest.raises(RaysysError, match="holds no model"):
        save_model(tmp_path / "thesis", vector_gan)
    assert (tmp_path / "thesis" / "chapter.tex").exists()


def test_the_reference_is_kept(tmp_path, lattice_gan):
    reference = characterise(lattice_gan.sample(4), ("S2", "L"))
    save_model(tmp_path / "model", lattice_gan, reference=reference)
    loaded = load(tmp_path / "model")
    assert loaded.reference.n == 4
    np.testing.assert_array_equal(loaded.reference.curves["S2"].mean, reference.curves["S2"].mean)
    save_model(tmp_path / "again", loaded)  # a loaded model passes its reference on
    assert load(tmp_path / "again").reference.n == 4


def test_label_models_keep_a_reference_of_each_phase(tmp_path, plugged):
    model = toy("labels", (4, 8, 12))
    images = model.sample(3)
    references = {
        name: characterise(each, ("S2", "L"), r_max=2) for name, each in model.form.indicators(images).items()
    }
    folder = save_model(tmp_path / "model", model, reference=references)
    assert sorted(path.name for path in folder.glob("*.npz")) == [f"reference-{number}.npz" for number in range(3)]
    again = load(save_model(tmp_path / "again", load(folder)))  # a loaded model passes its references on
    assert (list(again.references), again.reference) == (["pore", "clay", "quartz"], None)
    for number, found in enumerate(again.references.values()):
        assert found.phase_fraction == pytest.approx((images == number).mean())


@pytest.mark.parametrize("names", [("pore",), ("pore", "clay", "mica"), ("phase",)])
def test_references_of_other_phases_are_refused(tmp_path, names):
    model = toy("labels")
    found = characterise((model.sample(2) == 0).astype(np.uint8), ("S2",))
    with pytest.raises(RaysysError, match="allowed: one for each of its phases, pore, clay, quartz"):
        save_model(tmp_path / "model", model, reference=dict.fromkeys(names, found))
    assert not (tmp_path / "model").exists()


def test_a_damaged_reference_is_a_sentence_when_it_is_asked_for(folder):
    (folder / "reference.npz").write_bytes(b"PK\x03\x04 no archive")
    model = load(folder)
    with pytest.raises(RaysysError):
        _ = model.reference


def test_loading_does_not_touch_torchs_random_state(folder):
    state = torch.random.get_rng_state()
    load(folder)
    assert torch.equal(state, torch.random.get_rng_state())


def test_missing_folder(tmp_path):
    refused(tmp_path / "nowhere", "there is no model folder")


@pytest.mark.parametrize("name", ["MLmodel", "model.json", "model.safetensors"])
def test_missing_file(folder, name):
    (folder / name).unlink()
    refused(folder, name)


@pytest.mark.parametrize("size", [0, 5, 100, -1])
def test_truncated_weights(folder, size):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:size])
    refused(folder, "is damaged")


def test_a_byte_that_has_changed_is_noticed(folder):
    path = folder / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)
    refused(folder, "is damaged \\(its sha256 is not the one in MLmodel\\)")


def test_weights_that_are_no_numbers_are_refused(folder):
    model = load(folder)
    with torch.no_grad():
        next(model.network.parameters()).view(-1)[0] = float("nan")
    save_model(folder, model)
    refused(folder, "holds values that are no numbers")


def test_a_pickle_in_place_of_weights_is_not_run(folder):
    torch.save({"layers.0.weight": torch.zeros(1)}, folder / "model.safetensors")
    refused(folder, "is damaged")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "a"}', "\x00"])
def test_bad_card(folder, text):
    (folder / "model.json").write_text(text)
    refused(folder, "no model card of raysys")


def test_card_with_an_unknown_field(folder):
    edit_card(folder, surprise=1)
    refused(folder, "surprise")


def test_card_of_a_newer_raysys(folder):
    edit_card(folder, format_version=FORMAT_VERSION + 1)
    refused(folder, "reads formats up to")


def test_unknown_architecture(folder):
    edit_card(folder, architecture="os.system")
    refused(folder, "allowed: autoencoder, classifier, .*wgan-gp")


@pytest.mark.parametrize(
    "hyperparameters", [{"size": 32, "surprise": 1}, {}, {"size": "big"}, {"size": 33}, {"size": 32, "width": -1}]
)
def test_hyperparameters_that_do_not_fit(folder, hyperparameters):
    edit_card(folder, hyperparameters=hyperparameters)
    refused(folder, "a power of two|hyper-parameters of model")


def test_hyperparameters_of_another_network(folder):
    card = json.loads((folder / "model.json").read_text())
    edit_card(folder, hyperparameters=card["hyperparameters"] | {"width": 10**6})
    refused(folder, "do not fit its card: layers")


@pytest.mark.parametrize("change", ["shape", "dtype", "missing", "extra"])
def test_weights_that_do_not_fit(folder, change):
    weights = load_file(folder / "model.safetensors")
    first = "layers.0.weight"
    if change == "shape":
        weights[first] = weights[first][:-1].clone()
    elif change == "dtype":
        weights[first] = weights[first].double()
    elif change == "missing":
        del weights[first]
    else:
        weights["layers.99.weight"] = torch.zeros(1)
    save_file(weights, folder / "model.safetensors")
    without_checksum(folder)
    refused(folder, "do not fit its card: layers.(0|99).weight is")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "flavors: {python_function: {loader_module: mlflow.sklearn}, sklearn: {}}",
            "flavors are python_function, sklearn",
        ),
        ("just text", "not saved by raysys"),
        ("flavors: [1", "cannot be read as YAML"),
        ("!!python/object/apply:os.system ['true']", "cannot be read as YAML"),
        ("", "not saved by raysys"),
    ],
)
def test_foreign_folders(folder, text, words):
    (folder / "MLmodel").write_text(text)
    refused(folder, words)


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a b", ".hidden", "-rf", "x" * 101, "ä", "a\n"])
def test_names_that_could_be_paths_or_options_are_refused(name, lattice_gan):
    with pytest.raises(RaysysError, match="is not allowed"):
        ModelCard(name=name, architecture="wgan-gp", images={"shape": (32, 32)})


def test_more_channels_than_images_of_the_cards_kind_have_are_refused(lattice_gan):
    card = lattice_gan.card.model_copy(update={"hyperparameters": lattice_gan.card.hyperparameters | {"channels": 3}})
    weights = lattice_gan.network.state_dict()
    last = [name for name in weights if name.endswith("weight")][-1]
    weights[last] = weights[last].repeat(1, 3, 1, 1)
    with pytest.raises(RaysysError, match="network of 3 channels, and its card tells of binary images, which have 1"):
        new_model(card, weights)
