from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from convscope.errors import RunError, UsageError
from convscope.net.intake import load
from convscope.preprocess import Preprocessing
from convscope.training.recorder import Recorder
from convscope.training.run import open_run

EPOCHS, STEPS = 3, 4
PROBES = torch.linspace(-2, 2, 4 * 3 * 12 * 12).view(4, 3, 12, 12)


class Net(nn.Module):
    """Dropout, BatchNorm, a dead channel, and a draw of its own in the forward."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.bn = nn.Conv2d(3, 6, 3, padding=1), nn.BatchNorm2d(6)
        self.relu, self.drop = nn.ReLU(inplace=True), nn.Dropout(0.3)
        self.conv2, self.out = nn.Conv2d(6, 8, 3), nn.ReLU()
        self.fc = nn.Linear(8, 3)
        self.register_buffer("seen", torch.zeros(()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.seen += len(x)
        if self.training:
            x = x + 0.01 * torch.randn_like(x) * random.random() * np.random.random()
        x = self.drop(self.relu(self.bn(self.conv1(x))))
        return self.fc(self.out(self.conv2(x)).mean((2, 3)))


def loop(recorder: Recorder | None) -> tuple[list[Any], dict[str, Any]]:
    """Somebody's training: every loss, and all there is to know of network and process after it."""
    torch.manual_seed(0)
    np.random.seed(0)
    random.seed(0)
    net = Net().train()
    net.conv2.bias.data[5] = -1e6
    net.bn.eval()  # frozen by its owner
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.5)
    losses = []
    if recorder:
        recorder.start(net, optimizer)
    for _ in range(EPOCHS):
        for _ in range(STEPS):
            x, y = torch.randn(6, 3, 12, 12), torch.randint(3, (6,))
            loss = nn.functional.cross_entropy(net(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if recorder:
                recorder.step(loss)
            losses.append(loss.item())
        if recorder:
            recorder.epoch(validation_loss=0.5, validation_accuracy=0.25)
        schedule.step()
    return losses, {
        "state": {name: value.tolist() for name, value in net.state_dict().items()},
        "slopes": [each.grad.tolist() for each in net.parameters()],
        "memory": [each["momentum_buffer"].tolist() for each in optimizer.state.values()],
        "modes": [part.training for part in net.modules()],
        "hooks": [len(part._forward_hooks) for part in net.modules()],
        "drawn": [torch.rand(9).tolist(), np.random.random(9).tolist(), random.random()],
        "flags": (torch.backends.cudnn.deterministic, torch.is_grad_enabled()),
    }


@pytest.mark.parametrize("probes", [None, PROBES])
def test_the_trajectory_is_the_same_bit_for_bit(
    tmp_path: Path, probes: torch.Tensor | None
) -> None:
    losses, after = loop(None)
    watched, after_watched = loop(Recorder(tmp_path / "run", probes=probes))
    assert watched == losses
    assert {k for k in after if after[k] != after_watched[k]} == set()


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[float]]:
    path = tmp_path_factory.mktemp("recorded") / "run"
    settings = Preprocessing((12, 12), None, mean=(0.5,) * 3, std=(0.5,) * 3)
    spec = f"{Path(__file__)}:Net"
    recorder = Recorder(
        path, spec=spec, preprocessing=settings, classes=["a", "b, c", "d"], epochs=(1,),
        probes=PROBES,
    )  # fmt: skip
    return path, loop(recorder)[0]


def test_its_folder_is_a_run(recorded: tuple[Path, list[float]]) -> None:
    path, losses = recorded
    run = open_run(path, trust=True)
    assert run.options is None
    assert [one.epoch for one in run.checkpoints] == [0, 1, 3]  # the start, asked for, the last
    assert run.steps()["loss"].tolist() == losses
    assert run.steps()["step"].tolist() == list(range(1, EPOCHS * STEPS + 1))
    assert run.steps()["rate"].tolist() == [0.05 / 2 ** (k // STEPS) for k in range(12)]
    assert run.history["step"].tolist() == [4, 8, 12]
    assert run.history["train_loss"] == pytest.approx(np.reshape(losses, (3, 4)).mean(1))
    assert run.history["validation_accuracy"].tolist() == [0.25] * 3
    assert np.isnan(run.history["train_accuracy"]).all()
    net = run.net(1, device="cpu")
    assert net.labels == ("a", "b, c", "d")
    assert net.preprocessing.mean == (0.5,) * 3


def test_health_is_that_of_the_weights(recorded: tuple[Path, list[float]]) -> None:
    run = open_run(recorded[0])
    health = run.health()
    start, one = (load_file(run.checkpoint(epoch).path) for epoch in (0, 1))
    here = (health["epoch"] == 1) & (health["layer"] == "conv1")
    assert here.sum() == 1
    row = {name: float(column[here][0]) for name, column in health.items() if name != "layer"}
    filters = one["conv1.weight"].double().numpy().reshape(6, -1)
    rms = np.sqrt((filters**2).mean(1))
    assert row["rms_max"] == pytest.approx(rms.max(), rel=1e-12)
    assert row["rms_median"] == pytest.approx(np.median(rms), rel=1e-12)
    assert row["norm"] == pytest.approx(np.sqrt((filters**2).sum()), rel=1e-12)
    went = (one["conv1.weight"] - start["conv1.weight"]).double().norm()
    assert row["update"] == pytest.approx(float(went / start["conv1.weight"].double().norm()))
    assert np.isnan(row["dead"])


def test_dead_and_sparse_are_counted_on_the_probes(recorded: tuple[Path, list[float]]) -> None:
    run = open_run(recorded[0], trust=True)
    health = run.health()
    for epoch in (0, 1, 3):
        net = run.net(epoch, device="cpu")
        with torch.no_grad(), net.hosted():
            x = net.module.bn(net.module.conv1(PROBES)).relu()
            maps = net.module.conv2(x).relu()
        here = (health["epoch"] == epoch) & (health["layer"] == "out")
        dead = sum(bool((maps[:, k] <= 0).all()) for k in range(8))
        assert dead >= 1  # channel 5 is
        assert health["dead"][here].tolist() == pytest.approx([dead / 8])
        assert health["sparsity"][here] == pytest.approx([float((maps <= 0).double().mean())])


def test_another_run_is_not_written_over(tmp_path: Path) -> None:
    loop(Recorder(tmp_path))
    with pytest.raises(RunError, match=r"holds a run already.*start\(net, optimizer, epoch=5\)"):
        Recorder(tmp_path).start(Net())


def test_a_loop_that_goes_on(tmp_path: Path) -> None:
    loop(Recorder(tmp_path))
    recorder = Recorder(tmp_path)
    recorder.start(Net(), epoch=2)  # the third epoch again, and one more
    for _ in range(2):
        recorder.step(1.0)
        recorder.epoch()
    run = open_run(tmp_path)
    assert run.history["epoch"].tolist() == [1, 2, 3, 4]
    assert run.steps()["step"].tolist() == list(range(1, 11))


def test_words_that_are_not_kept(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    with pytest.raises(UsageError, match="Call start"):
        recorder.epoch()
    recorder.start(Net())
    with pytest.raises(UsageError, match=r"No 'validation_acuracy'.*Nearest: validation_accuracy"):
        recorder.epoch(validation_acuracy=0.5)


def test_weights_without_a_network_say_how_they_are_loaded(tmp_path: Path) -> None:
    loop(Recorder(tmp_path))
    run = open_run(tmp_path)
    with pytest.raises(RunError, match="without what builds its network"):
        run.net()
    spec, path = f"{Path(__file__)}:Net", run.checkpoints[-1].path
    net = load(spec, weights=path, size=12, mean="0,0,0", std="1,1,1", device="cpu")
    assert net.fingerprint() != load(spec, size=12, mean="0,0,0", std="1,1,1").fingerprint()
