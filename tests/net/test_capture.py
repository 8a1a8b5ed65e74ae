from __future__ import annotations

from math import inf
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from convscope.errors import AddressError, ForwardError, NoLayersError
from convscope.net.capture import Capture, choose
from convscope.net.net import Net
from convscope.preprocess import Preprocessing
from convscope.tally.plan import Bounds
from tests.net.zoo import Forward, conv, fill, fires, glass, local, residual


def seen(capture: Capture, batch: Tensor) -> dict[str, Tensor]:
    found: dict[str, Tensor] = {}

    def see(place: int, tensor: Tensor) -> None:
        found[capture.layers[place].name] = tensor.clone()

    capture.run(batch, see)
    return found


def images(net: Net, count: int = 4) -> Tensor:
    torch.manual_seed(2)
    return torch.rand(count, *net.input_shape[1:], dtype=net.dtype)


def test_every_layer_is_shown_as_n_c_h_w() -> None:
    net = local("convnext")
    capture = Capture(net, net.tape().layers)
    for layer in net.tape().layers:
        found = seen(capture, images(net))[layer.name]
        assert found.shape == (4, layer.channels, layer.height, layer.width)


def test_values_are_read_before_a_later_op_overwrites_them() -> None:
    module = fill(nn.Sequential(conv(3, 4), nn.ReLU(inplace=True), conv(4, 2)))
    net = glass(module, (8, 9))
    batch = images(net)
    found = seen(Capture(net, choose(net, ["0", "1"])), batch)
    with torch.no_grad():
        expected = nn.functional.conv2d(batch, module[0].weight, module[0].bias)  # type: ignore[index,arg-type]
    assert torch.allclose(found["0"], expected)
    assert (found["0"] < 0).any()
    assert torch.equal(found["1"], found["0"].relu())


def test_the_forward_ends_after_the_last_layer() -> None:
    ran = []
    net = glass(
        fill(Forward(lambda s, x: (s.one(x), ran.append(1), s.two(s.one(x)))[2],
                     one=conv(3, 4), two=conv(4, 4))), (9, 9))  # fmt: skip
    capture = Capture(net, choose(net, ["one@1"]))
    ran.clear()
    seen(capture, images(net))
    assert ran == []


@pytest.mark.parametrize("memory_format", ["channels_last", "contiguous"])
def test_both_memory_formats_show_the_same(memory_format: Any) -> None:
    net = glass(fill(residual()), (16, 18))
    one = seen(Capture(net, choose(net), memory_format), images(net))
    other = seen(Capture(net, choose(net)), images(net))
    for name in other:
        assert torch.allclose(one[name], other[name], rtol=1e-10, atol=1e-10)


def test_vectors_are_two_dimensional() -> None:
    net = glass(fill(nn.Sequential(conv(3, 4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 5))), (8, 8))
    assert seen(Capture(net, choose(net)), images(net))["3"].shape == (4, 5)


def test_an_error_in_the_forward_is_named_and_others_pass() -> None:
    def fussy(s: Any, x: Tensor) -> Tensor:
        if (x.amin((1, 2, 3)) == 1).any():
            raise ValueError("too bright")
        return s.one(x)  # type: ignore[no-any-return]

    net = glass(fill(Forward(fussy, one=conv(3, 4))), (8, 8))
    capture = Capture(net, choose(net))
    batch = images(net)
    seen(capture, batch)
    batch[2] = 1
    with pytest.raises(ForwardError, match=r"\(4, 3, 8, 8\): ValueError: too bright"):
        seen(capture, batch)


def test_the_batch_is_not_written_into() -> None:
    net = glass(fill(Forward(lambda s, x: s.one(x.sub_(1)), one=conv(3, 4))), (8, 8))
    batch = images(net)
    kept = batch.clone()
    seen(Capture(net, choose(net), "contiguous"), batch)
    assert torch.equal(batch, kept)


def test_provenance_says_all_that_an_activation_depends_on() -> None:
    net = glass(fill(fires()), (29, 31))
    said = Capture(net, choose(net)).provenance
    assert said["network"]["sha256"] == net.fingerprint()
    assert said["preprocessing"] == net.preprocessing.to_dict()
    assert said["kernel_flags"]["device"] == "cpu"
    assert said["threads"] == torch.get_num_threads()
    assert [row["number"] for row in said["tape"]] == [op.number for op in net.tape().ops]


def test_default_layers_unless_named() -> None:
    net = glass(fill(fires()), (29, 31))
    assert choose(net) == net.tape().default_layers
    names = [layer.name for layer in choose(net, ["3.expand*", "1"])]
    assert names == ["1", "3.expand1x1_activation", "3.expand3x3_activation"]
    assert [layer.name for layer in choose(net, ["3.squeeze"])] == ["3.squeeze"]
    assert [layer.name for layer in choose(net, ["3.squeez?"])] == ["3.squeeze"]
    with pytest.raises(AddressError, match=r"No layer matches '3\.esp\*'\."):
        choose(net, ["3.esp*"])
    with pytest.raises(AddressError, match=r"No layer '3\.squeez'\. Nearest: 3\.squeeze"):
        choose(net, ["3.squeez"])


def test_a_network_without_layers_in_space_is_refused() -> None:
    net = glass(fill(nn.Sequential(nn.Flatten(), nn.Linear(12, 3), nn.ReLU())), (2, 2))
    with pytest.raises(NoLayersError, match=r"no layer with cells in space; its ops are: .*linear"):
        choose(net)


def test_a_network_that_takes_only_contiguous_batches_gets_them() -> None:
    class Flat(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.fc = nn.Conv2d(3, 4, 3), nn.Linear(4 * 36, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.fc(torch.relu(self.conv(x)).view(x.size(0), -1))

    net = Net(Flat(), Preprocessing((8, 8), None))
    capture = Capture(net, choose(net))
    assert capture.memory_format == "contiguous"
    places: list[int] = []
    capture.run(torch.ones(4, 3, 8, 8), lambda place, activation: places.append(place))
    assert places == list(range(len(capture.layers)))


def scored_net(**options: Any) -> Net:
    module = nn.Sequential(conv(3, 4), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                           nn.Linear(4, 3), nn.Softmax(1))  # fmt: skip
    return Net(fill(module), Preprocessing((8, 9), None, mean=(0.0,) * 3, std=(1.0,) * 3),
               **options)  # fmt: skip


def test_scores_are_shown_after_the_last_layer_and_only_to_who_asks() -> None:
    net = scored_net()
    capture, found = Capture(net, choose(net, ["1"])), []
    batch = images(net)
    capture.run(batch, lambda place, x: None, lambda scores: found.append(scores.clone()))
    assert capture.link == "softmax"
    assert torch.allclose(found[0].softmax(1), net.module(batch))
    ran: list[int] = []
    net.module[4].register_forward_hook(lambda *given: ran.append(1))  # type: ignore[index]
    capture.run(batch, lambda place, x: None)
    assert ran == []


def test_labels_are_matched_by_key_or_name() -> None:
    net = scored_net(labels=("cat", "dog", "cat", "eel"), keys=("n1", "n2", "n3", "n4"))
    capture = Capture(net, choose(net))
    found = {label: capture.class_of(label) for label in ("n3", "dog", "cat", "2", "eel", "n4")}
    # two classes are called cat; there is no fourth score
    assert found == {"n3": 2, "dog": 1, "cat": None, "2": None, "eel": None, "n4": None}


def test_without_a_vector_of_scores_there_is_no_link() -> None:
    net = glass(fill(nn.Sequential(conv(3, 4), nn.ReLU())), (8, 9))
    capture = Capture(net, choose(net))
    assert (capture.link, capture.class_of("cat"), capture.provenance["scores"]) == (None,) * 3
    seen(capture, images(net))


def test_bounds_are_those_of_what_reads_each_layer() -> None:
    net = glass(fill(nn.Sequential(conv(3, 4), nn.ReLU6(), conv(4, 2), nn.ReLU())), (8, 9))
    assert Capture(net, choose(net)).bounds == (Bounds(-inf, 6.0, is_rectifier=True), None)
