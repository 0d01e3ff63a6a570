"""The encoder is built here: a tokenizer trained on the examples, and networks of a few operators."""

from __future__ import annotations

import io
import json
import multiprocessing
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import onnx
import pytest
import sentencepiece
import yaml
from onnx import TensorProto, helper, numpy_helper

from aftercare.errors import ConfigurationError
from aftercare.house import lay_ground
from aftercare.settings import Settings
from bot.nlu.sentence_encoder import EncoderError, SentenceEncoder, configured_encoders
from tests.knowledge_base.samples import ARTICLE

if TYPE_CHECKING:
    from bot.nlu.encoder import SentenceEncoderFeaturizer

ROOT = Path(__file__).parents[2]
D = 16

Floats = npt.NDArray[np.float32]
Encode = Callable[..., Floats]

TEXTS = [
    "where is my parcel",
    "ok",
    "我的快递到哪了？",
    "I would like to send the boots back, they are too small for me",
]


@pytest.fixture(scope="session")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a SentencePiece tokenizer as XLM-R has it."""
    folder = tmp_path_factory.mktemp("tokenizer")
    files = sorted((ROOT / "bot" / "data" / "nlu").glob("*/*.yml"))
    lines = [line[6:] for file in files for line in file.read_text("utf-8").splitlines() if line.startswith("    - ")]
    texts = [re.sub(r"\[([^]]+)\]\([^)]*\)", r"\1", line) for line in lines[:: len(lines) // 4000 + 1]]
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts),
        model_writer=model,
        vocab_size=2000,
        model_type="unigram",
        character_coverage=0.98,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    (folder / "sentencepiece.bpe.model").write_bytes(model.getvalue())
    config = {"tokenizer_class": "XLMRobertaTokenizer", "model_max_length": 512}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    return folder


def network(inputs: tuple[str, ...] = ("input_ids", "attention_mask"), pooled: bool = False) -> onnx.ModelProto:
    """Embeddings and a linear layer: random vectors of the tokens, of shape (batch, tokens, D).

    With `pooled` it also gives their plain sum over the tokens, of shape (batch, D), as `sentence_embedding`.
    """
    random = np.random.default_rng(0)
    weights = {
        "embeddings": random.normal(size=(2100, D)).astype(np.float32),
        "layer": random.normal(size=(D, D)).astype(np.float32),
        "tokens": np.array([1]),
    }
    nodes = [
        helper.make_node("Gather", ["embeddings", "input_ids"], ["embedded"]),
        helper.make_node("MatMul", ["embedded", "layer"], ["last_hidden_state"]),
    ]
    outputs = [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["batch", "tokens", D])]
    if pooled:
        nodes.append(helper.make_node("ReduceSum", ["last_hidden_state", "tokens"], ["sentence_embedding"], keepdims=0))
        outputs.append(helper.make_tensor_value_info("sentence_embedding", TensorProto.FLOAT, ["batch", D]))
    graph = helper.make_graph(
        nodes,
        "encoder",
        [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"]) for name in inputs],
        outputs,
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


@pytest.fixture
def folder(tokenizer: Path, tmp_path: Path) -> Path:
    """The folder of an encoder."""
    folder = tmp_path / "encoder"
    shutil.copytree(tokenizer, folder)
    onnx.save(network(), folder / "model.onnx")
    return folder


def featurizer(model: Path | str, **options: Any) -> SentenceEncoderFeaturizer:
    from rasa.engine.graph import ExecutionContext, GraphSchema
    from rasa.engine.storage.resource import Resource

    from bot.nlu.encoder import SentenceEncoderFeaturizer

    config = {**SentenceEncoderFeaturizer.get_default_config(), "model": str(model), **options}
    storage: Any = None
    return SentenceEncoderFeaturizer.create(config, storage, Resource("en_0"), ExecutionContext(GraphSchema({})))


@pytest.fixture
def encode(rasa: None, folder: Path) -> Encode:
    """The features of some texts, of shape (texts, D), with some options."""

    def encode(texts: list[str], **options: Any) -> Floats:
        from rasa.shared.nlu.training_data.message import Message

        messages = [Message(data={"text": text}) for text in texts]
        featurizer(folder, **options).process(messages)
        return np.concatenate([message.features[0].features for message in messages])

    return encode


def by_hand(folder: Path, text: str) -> Floats:
    """The tokens' vectors, of shape (tokens, D), without ONNX Runtime."""
    from transformers import AutoTokenizer

    ids = AutoTokenizer.from_pretrained(folder)(text)["input_ids"]
    embeddings, layer = (numpy_helper.to_array(array) for array in network().graph.initializer[:2])
    return np.asarray(embeddings[ids] @ layer)


def normalized(vector: Floats) -> Floats:
    return np.asarray(vector / np.linalg.norm(vector))


def test_a_message_gets_one_dense_sentence_feature(rasa: None, folder: Path) -> None:
    from rasa.shared.nlu.training_data.message import Message

    message = Message(data={"text": TEXTS[0]})
    assert featurizer(folder).process([message]) == [message]
    (features,) = message.features
    assert features.is_dense()
    assert (features.type, features.attribute) == ("sentence", "text")
    assert features.features.shape == (1, D)
    assert features.features.dtype == np.float32


def test_examples_get_them_too(rasa: None, folder: Path) -> None:
    from rasa.shared.nlu.training_data.message import Message
    from rasa.shared.nlu.training_data.training_data import TrainingData

    examples = [Message(data={"text": text, "intent": "greet"}) for text in TEXTS]
    data = featurizer(folder).process_training_data(TrainingData(examples))
    assert [len(example.features) for example in data.training_examples] == [1] * len(TEXTS)


def test_the_tokens_vectors_are_averaged_to_length_1(folder: Path, encode: Encode) -> None:
    expected = [normalized(by_hand(folder, text).mean(axis=0)) for text in TEXTS]
    np.testing.assert_allclose(encode(TEXTS), expected, atol=1e-5)


def test_or_the_first_tokens_is_taken(folder: Path, encode: Encode) -> None:
    expected = [normalized(by_hand(folder, text)[0]) for text in TEXTS]
    np.testing.assert_allclose(encode(TEXTS, pooling="cls"), expected, atol=1e-5)


@pytest.mark.parametrize("batch_size", [1, 2, 32])
def test_a_text_alone_is_encoded_as_among_longer_ones(encode: Encode, batch_size: int) -> None:
    alone = np.concatenate([encode([text]) for text in TEXTS])
    np.testing.assert_allclose(encode(TEXTS, batch_size=batch_size), alone, atol=1e-5)


def test_no_messages_are_no_problem(encode: Encode, folder: Path) -> None:
    assert featurizer(folder).process([]) == []


def test_a_message_without_words_has_a_vector(encode: Encode) -> None:
    assert np.linalg.norm(encode([""])) == pytest.approx(1, abs=1e-5)


def test_the_prefix_is_put_before_each_text(encode: Encode) -> None:
    with_prefix = encode(TEXTS[:2], prefix="query: ")
    np.testing.assert_allclose(with_prefix, encode([f"query: {text}" for text in TEXTS[:2]]), atol=1e-6)
    assert not np.allclose(with_prefix, encode(TEXTS[:2]))


def test_a_text_is_read_up_to_its_maximal_length(folder: Path, encode: Encode) -> None:
    tokens = by_hand(folder, TEXTS[3])
    # The last one is that of the end.
    expected = normalized(np.concatenate([tokens[:4], tokens[-1:]]).mean(axis=0))
    np.testing.assert_allclose(encode(TEXTS[3:], max_length=5), [expected], atol=1e-5)


def test_the_weight_is_the_length_of_the_vector(encode: Encode) -> None:
    np.testing.assert_allclose(encode(TEXTS, weight=0.5), 0.5 * encode(TEXTS), atol=1e-6)


@pytest.mark.parametrize("inputs", [("input_ids",), ("input_ids", "attention_mask", "token_type_ids")])
def test_the_network_gets_the_inputs_that_it_declares(encode: Encode, folder: Path, inputs: tuple[str, ...]) -> None:
    expected = encode(TEXTS)
    onnx.save(network(inputs), folder / "model_quantized.onnx")
    np.testing.assert_allclose(encode(TEXTS), expected, atol=1e-5)


def test_an_embedding_of_the_sentence_is_taken_as_it_is(encode: Encode, folder: Path) -> None:
    expected = normalized(by_hand(folder, TEXTS[0]).sum(axis=0))
    onnx.save(network(pooled=True), folder / "model_quantized.onnx")
    np.testing.assert_allclose(encode(TEXTS[:1], pooling="cls"), [expected], atol=1e-5)


def test_a_quantized_network_is_preferred_and_close(encode: Encode, folder: Path) -> None:
    from onnxruntime.quantization import quantize_dynamic

    exact = encode(TEXTS)
    (folder / "onnx").mkdir()
    quantize_dynamic(folder / "model.onnx", folder / "onnx" / "model_quantized.onnx")
    quantized = encode(TEXTS)
    assert not np.array_equal(quantized, exact)
    assert (quantized * exact).sum(axis=1).min() > 0.99
    np.testing.assert_array_equal(encode(TEXTS, file="model.onnx"), exact)


def test_an_encoder_of_the_hub_is_found_where_it_was_fetched(rasa: None, folder: Path, tmp_path: Path) -> None:
    folder.rename(tmp_path / "owner--name")
    featurizer("owner/name", folder=str(tmp_path))


def test_languages_share_an_encoder(rasa: None, folder: Path) -> None:
    assert featurizer(folder)._encoder.network is featurizer(folder, pooling="cls")._encoder.network


def test_nothing_is_asked_of_the_network(rasa: None, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise AssertionError(f"connects to {args}")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    featurizer(folder)


def remove(*names: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        for name in names:
            (folder / name).unlink()

    return damage


def write(name: str, content: bytes) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        (folder / name).write_bytes(content)

    return damage


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        pytest.param(shutil.rmtree, "aftercare models pull", id="no folder"),
        pytest.param(remove("model.onnx"), "no ONNX file.*aftercare models pull", id="no ONNX file"),
        pytest.param(remove("sentencepiece.bpe.model"), "no tokenizer", id="no tokenizer"),
        pytest.param(
            remove("sentencepiece.bpe.model", "tokenizer_config.json"), "no tokenizer", id="not even its configuration"
        ),
        pytest.param(write("model.onnx", b"<html>"), "model.onnx is no model", id="a broken ONNX file"),
        pytest.param(
            write("model.onnx", network(("input_ids", "past_key_values")).SerializeToString()),
            "model.onnx does not work.*past_key_values",
            id="an input that a sentence encoder has not",
        ),
    ],
)
def test_what_is_wrong_with_the_folder_is_said(
    rasa: None, folder: Path, damage: Callable[[Path], None], message: str
) -> None:
    from rasa.shared.exceptions import InvalidConfigException

    damage(folder)
    with pytest.raises(InvalidConfigException, match=f"{folder}.*{message}"):
        featurizer(folder)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model": ""}, "`model`"),
        ({"pooling": "max"}, "`pooling`.*'max'"),
        ({"max_length": 0}, "`max_length`.*0"),
        ({"batch_size": "32"}, "`batch_size`.*'32'"),
        ({"file": "onnx/other.onnx"}, "onnx/other.onnx"),
    ],
)
def test_a_wrong_option_is_named(rasa: None, folder: Path, options: dict[str, Any], message: str) -> None:
    from rasa.shared.exceptions import InvalidConfigException

    with pytest.raises(InvalidConfigException, match=message):
        featurizer(**{"model": folder, **options})


def test_a_missing_package_is_named(rasa: None, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rasa.shared.exceptions import InvalidConfigException

    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(InvalidConfigException, match="onnxruntime.*uv sync --extra encoder"):
        featurizer(folder)


EXAMPLES = {
    "track_order": "where is my {}|when will my {} arrive|track the {}|has the {} been shipped|any news on my {}|"
    "my {} has not come yet",
    "return_item": "I want to send the {} back|how do I return the {}|can I give back my {}|the {} does not fit|"
    "I do not like the {}|please take the {} back",
    "greet": "hello|hi there|good morning|hey|good evening|hi, are you there",
}


def test_a_pipeline_with_it_learns(rasa: None, folder: Path) -> None:
    from rasa.shared.nlu.training_data.message import Message
    from rasa.shared.nlu.training_data.training_data import TrainingData

    from bot.nlu.trial import classify

    examples = [
        Message(data={"text": text.format(product), "intent": intent})
        for intent, texts in EXAMPLES.items()
        for product in ("boots", "lamp")
        for text in texts.split("|")
    ]
    components: list[dict[str, Any]] = [
        {"name": "bot.nlu.tokenizers.LanguageTokenizer"},
        {"name": "bot.nlu.featurizers.WordTfidfFeaturizer"},
        {"name": "bot.nlu.encoder.SentenceEncoderFeaturizer", "model": str(folder)},
        {"name": "bot.nlu.classifier.LinearIntentClassifier", "C": [1.0]},
    ]
    asked = ["where are my boots", "I want to send the kettle back", "good morning"]
    # Twice: the second training is forked from a process that has the encoder open.
    for _ in range(2):
        guesses = classify("en", components, TrainingData(examples), asked)
        assert [guess.label for guess in guesses] == ["track_order", "return_item", "greet"]
    # Word features alone know nothing of a message without a known word; its vector differs all the same.
    unknown = [guess.confidence for guess in classify("en", components, TrainingData(examples), ["xyz", "qqq"])]
    assert unknown[0] != unknown[1]


def test_threads_may_encode_at_the_same_time(folder: Path) -> None:
    # One network, whose tokenizer is set to another length for each.
    encoders = [SentenceEncoder(model=str(folder), max_length=length) for length in (5, 128)] * 100
    alone = [encoder(TEXTS) for encoder in encoders[:2]]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda encoder: encoder(TEXTS), encoders))
    np.testing.assert_allclose(together, alone * 100, atol=1e-5)


def test_a_forked_process_opens_its_own(folder: Path) -> None:
    encoder = SentenceEncoder(model=str(folder))
    expected = encoder(TEXTS)
    with multiprocessing.get_context("fork").Pool(1) as pool:
        in_child = pool.apply_async(encoder, [TEXTS]).get(timeout=60)
    np.testing.assert_allclose(in_child, expected, atol=1e-5)


def test_configured_encoders_are_those_that_pipelines_name() -> None:
    featurizer = {"name": "bot.nlu.encoder.SentenceEncoderFeaturizer", "model": "a/b", "pooling": "cls", "weight": 2}
    languages = {"en": [{"name": "bot.nlu.tokenizers.LanguageTokenizer"}, featurizer], "de": [], "zh": None}
    config = {"pipeline": [{"name": "other"}, {"name": "pipelines", "languages": languages}]}

    assert configured_encoders(config) == {"en": SentenceEncoder(model="a/b", pooling="cls")}
    assert configured_encoders({}) == {}
    with pytest.raises(EncoderError, match="`pooling`"):
        configured_encoders({"pipeline": [{"languages": {"en": [{**featurizer, "pooling": "max"}]}}]})


@pytest.fixture
def settings(folder: Path, tmp_path: Path) -> Settings:
    """Of a project with an English and a German article, whose English pipeline names the encoder."""
    project = tmp_path / "project"
    for language in ("en", "de"):
        article = project / "knowledge_base" / "articles" / language / "warranty.md"
        article.parent.mkdir(parents=True)
        article.write_text(
            ARTICLE.format(title="A", category="company", answer="  B.", questions="  - c", body="D."), "utf-8"
        )
    encoder = {"name": "bot.nlu.encoder.SentenceEncoderFeaturizer", "model": str(folder), "weight": 2.0}
    languages: dict[str, Any] = {"en": [encoder], "de": [{"name": "bot.nlu.tokenizers.LanguageTokenizer"}]}
    config = {"pipeline": [{"name": "bot.nlu.pipelines.LanguagePipelines", "languages": languages}]}
    (project / "config.yml").write_text(yaml.safe_dump(config))
    return Settings.load(project=project, home=tmp_path / "home", policies=ROOT / "shop" / "policies.yml")


def test_the_search_goes_by_it_where_a_pipeline_names_it(settings: Settings) -> None:
    base = lay_ground(settings).knowledge_base

    # No word in common: what is found, the encoder has found.
    assert base.search("xyz", "de") == []
    assert [hit.slug for hit in base.search("xyz", "en")] == ["warranty"]
    assert [path.name[:3] for path in (settings.home / "vectors").iterdir()] == ["en-"]


def test_it_is_opened_with_the_first_search(settings: Settings) -> None:
    code = f"""
import sys
from pathlib import Path
from aftercare.house import lay_ground
from aftercare.settings import Settings

def opened():
    return [name for name in ("onnxruntime", "transformers") if name in sys.modules]

ground = lay_ground(Settings.load(project=Path({str(settings.project)!r}), policies=Path({str(settings.policies)!r}),
                                  home=Path({str(settings.home)!r})))
ground.knowledge_base.search("xyz", "de")
ground.knowledge_base.check()
print(opened())
ground.knowledge_base.search("xyz", "en")
print(opened())
"""
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert result.stdout.splitlines() == ["[]", "['onnxruntime', 'transformers']"], result.stderr


def test_what_is_wrong_with_it_is_an_error_of_the_configuration(settings: Settings, folder: Path) -> None:
    (folder / "model.onnx").unlink()
    base = lay_ground(settings).knowledge_base
    with pytest.raises(ConfigurationError, match="no ONNX file"):
        base.search("xyz", "en")

    settings.config_file.write_text(settings.config_file.read_text().replace("weight: 2.0", "max_length: none"))
    with pytest.raises(ConfigurationError, match=r"config\.yml: .*`max_length`"):
        lay_ground(settings)


def test_without_it_nothing_of_it_is_imported() -> None:
    code = """
import sys
import yaml
from bot.engine import import_rasa

import_rasa()
import bot.nlu.classifier
from bot.nlu.pipelines import _steps

for component in yaml.safe_load(open("config.yml", encoding="utf-8"))["pipeline"]:
    for language, components in component.get("languages", {}).items():
        assert _steps(language, components)
print([name for name in ("onnxruntime", "transformers", "tokenizers", "sentencepiece") if name in sys.modules])
"""
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert result.stdout == "[]\n", result.stderr
