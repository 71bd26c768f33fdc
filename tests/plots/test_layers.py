"""A network is drawn with the shapes that its layers have."""

from types import SimpleNamespace

import pytest

from ecgutils.errors import EcgError
from ecgutils.plots.layers import network_layers, network_stages


def layer(kind, *shape, weights=0, inputs=1):
    made = type(kind, (), {"count_params": lambda _: weights})()
    made.name, made.input = kind.lower(), [None] * inputs
    made.output = SimpleNamespace(shape=(None, *shape))
    return made


CONVOLUTION = (
    layer("Conv1D", 69, 100, weights=600),
    layer("BatchNormalization", 69, 100, weights=400),
)
NETWORK = SimpleNamespace(
    name="tiny",
    layers=[layer("Reshape", 141, 1), *CONVOLUTION, layer("Dense", 5, weights=155)],
)


def test_a_block_has_the_shape_and_the_weights_of_its_layers():
    texts = [text.get_text() for text in network_layers(NETWORK).axes[0].texts if text.get_text()]
    assert texts == [
        *("141", "input", "69 × 100", "convolution", "1,000 weights", "5", "dense", "155 weights"),
    ]


def test_sides_grow_with_the_root_of_positions_and_channels():
    blocks = network_layers(NETWORK).axes[0].patches
    heights, widths = (
        [getattr(b, f"get_{side}")() for b in blocks] for side in ("height", "width")
    )
    assert heights[0] / heights[2] == pytest.approx((141 / 5) ** 0.5)
    assert widths[1] / widths[0] == pytest.approx(10)


def test_a_network_with_branches_is_refused():
    joined = SimpleNamespace(name="two", layers=[layer("Concatenate", 7, inputs=2)])
    with pytest.raises(EcgError, match="two: concatenate joins layers"):
        network_stages(joined)


@pytest.mark.slow
def test_the_papers_network_is_drawn_as_keras_builds_it():
    from ecgutils.learning import paper_cnn

    stages = network_stages(paper_cnn(141, 5))
    assert [stage.positions for stage in stages] == [141, 69, 23, 10, 3, 270, 30, 5]
    assert [stage.channels for stage in stages] == [1, 100, 100, 90, 90, 1, 1, 1]
    assert sum(stage.parameters for stage in stages) == 54_735
