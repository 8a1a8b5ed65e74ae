"""A network with all one needs to look through it: preprocessing, labels, and a lock."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor, nn

from convscope.errors import ConvscopeError, DataError, ForwardError, IntakeError
from convscope.images.image import Image
from convscope.net.guest import guest, seed
from convscope.net.layers import with_layers
from convscope.net.tape import Tape
from convscope.net.trace import record
from convscope.net.watch import Stop, Watch
from convscope.net.witness import Witness
from convscope.preprocess import Preprocessing


class Net:
    """Any ``nn.Module`` that takes one batch of images, as a guest of convscope.

    Args:
        module: the network; it is never rewritten.
        preprocessing: how pixels become its input, and back.
        labels: the names of its classes in the order of its output, if known.
        spec: what rebuilds it (``torchvision:resnet18``), for manifests and provenance.
        weights: where its weights came from; None: they are random, or the caller's own.
        keys: one short unique word a class, in the order of ``labels``, as folders spell it.
        scores: the layer whose channels are the classes' scores, where the output is not one
            vector of them.
        notes: what was changed while reading the weights.
    """

    def __init__(
        self,
        module: nn.Module,
        preprocessing: Preprocessing,
        *,
        labels: Sequence[str] | None = None,
        spec: str = "",
        weights: str | Path | None = None,
        keys: Sequence[str] | None = None,
        scores: str | None = None,
        notes: Sequence[str] = (),
    ) -> None:
        self.module = _unwrapped(module)
        self.preprocessing = preprocessing
        self.labels = None if labels is None else tuple(labels)
        self.spec = spec or type(self.module).__name__
        self.weights = None if weights is None else str(weights)
        self.keys = self.labels if keys is None else tuple(keys)
        self.scores = scores
        self.notes = tuple(notes)
        self.asked: dict[str, str] | None = None
        """What ``load`` was given beside spec and weights, as typed; None where nobody said."""
        self._lock = threading.RLock()
        self._is_hosted = False
        self.proofs: dict[Hashable, set[int]] = {}
        """Which ops of which tape and rule have been proved faithful and complete."""
        self._tapes: dict[tuple[int, ...], tuple[tuple[tuple[int, int], ...], Tape]] = {}

    @property
    def device(self) -> torch.device:
        """Where its first parameter lives."""
        return next((p.device for p in self.module.parameters()), torch.device("cpu"))

    @property
    def dtype(self) -> torch.dtype:
        """The type of its first floating-point parameter."""
        kinds = (p.dtype for p in self.module.parameters() if p.is_floating_point())
        return next(kinds, torch.float32)

    @property
    def input_shape(self) -> tuple[int, int, int, int]:
        """One image, ``(1, c, h, w)``."""
        return (1, self.preprocessing.channels, *self.preprocessing.size)

    def fingerprint(self) -> str:
        """SHA-256 over parameters and buffers with their names, in order."""
        digest = hashlib.sha256()
        for name, tensor in sorted(self.module.state_dict().items()):
            if isinstance(tensor, Tensor):
                digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
                digest.update(
                    tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes()
                )
        return digest.hexdigest()

    @contextmanager
    def hosted(self) -> Iterator[None]:
        """One run at a time, in evaluation mode; the network is as before afterwards."""
        with self._lock:
            if self._is_hosted:
                yield
                return
            self._is_hosted = True
            try:
                with guest(self.module):
                    yield
            finally:
                self._is_hosted = False

    def tape(self, size: tuple[int, int] | None = None, *, until: int | None = None) -> Tape:
        """The tape for inputs of ``(h, w)``, traced once for these weights.

        Args:
            size: of the input; default the preprocessing's.
            until: end the tape after this op, for sizes the rest of the network cannot take.

        Raises:
            ForwardError: the network raised inside.
            TraceError: the network does something the tape cannot hold.
        """
        shape = (1, self.preprocessing.channels, *(size or self.preprocessing.size))
        key = shape if until is None else (*shape, until)
        state = tuple((t.data_ptr(), t._version) for t in self.module.parameters())
        known = self._tapes.get(key)
        if known is None or known[0] != state:
            if known is not None:
                self.proofs.clear()
            known = self._tapes[key] = (state, self._trace(shape, until))
        return known[1]

    def _trace(self, shape: tuple[int, ...], until: int | None) -> Tape:
        image = torch.zeros(shape, device=self.device, dtype=self.dtype)
        with self.hosted():
            if until is None:
                self._warm_up(image)  # what a first forward sets up, the tape does not hold
            seed()
            tape = record(self.module, image, until)
            if until is not None:
                return tape
            other = torch.rand(shape, device=self.device, dtype=self.dtype)
            witness = Witness(tape)
            run(self, other, witness, draw=1)
            witness.check_end()
        return with_layers(tape)

    def _warm_up(self, image: Tensor) -> None:
        try:
            run(self, image, Watch())
        except ForwardError:
            record(self.module, image)  # it raises again, and knows where
            raise

    def one(self, image: Image) -> Tensor:
        """A prepared image as a batch of one, (1, c, h, w).

        Raises:
            DataError: it was prepared for another input.
        """
        if not isinstance(image, Image):
            raise DataError(
                f"An image is what convscope.read_image(path, net.preprocessing) gives; this is "
                f"{type(image).__name__}."
            )
        if image.array.shape != self.input_shape[1:]:
            raise DataError(
                f"The image is prepared as {image.array.shape}, this network takes "
                f"{self.input_shape[1:]}. Read it with this network's preprocessing: "
                "convscope.read_image(path, net.preprocessing)."
            )
        return self.batch([image.array])

    def batch(self, arrays: Sequence[object]) -> Tensor:
        """Network inputs ``(c, h, w)`` as one batch on its device, in its type."""
        stacked = torch.stack([torch.as_tensor(array) for array in arrays])
        return stacked.to(self.device, self.dtype)


def tape(net: Net) -> Tape:
    """The tape of a network: every image-dependent op with its address, shape and field.

    Raises:
        ForwardError: the network raised inside.
        TraceError: the network does something the tape cannot hold.

    >>> from torch import nn
    >>> from convscope.preprocess import Preprocessing
    >>> one = Net(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()), Preprocessing((8, 8), None))
    >>> [layer.name for layer in tape(one).layers]
    ['0', '1']
    """
    return net.tape()


def run(net: Net, batch: Tensor, watch: Watch, *, draw: int = 0, spend: bool = False) -> None:
    """One forward under a watch, without gradients unless they are switched on by the caller.

    Every run starts from the same random state, ``draw``. With ``spend`` the batch is
    not copied, for networks that do not write into their input or batches nobody needs again.

    Raises:
        ForwardError: the network raised inside, with the last layer that was reached.
    """
    with net.hosted():
        seed(draw)
        try:
            # Networks write into their input; without a graph it is the caller's own tensor.
            given = batch if batch.requires_grad or spend else batch.clone()
            with torch.set_grad_enabled(batch.requires_grad), watch:
                net.module(given)
        except Stop:
            pass
        except ConvscopeError:
            raise
        except Exception as error:
            raise ForwardError(_where(watch, batch, error)) from error


def _where(watch: Watch, batch: Tensor, error: Exception) -> str:
    tape: Tape | None = getattr(watch, "tape", None)
    passed = [op.name for op in tape.ops if op.ordinal < watch.ordinal] if tape else []
    place = f"after {passed[-1]}" if passed else "in its forward"
    return (
        f"The network raised {place}, on an input of shape {tuple(batch.shape)}: "
        f"{type(error).__name__}: {error}"
    )


def _unwrapped(module: nn.Module) -> nn.Module:
    if not isinstance(module, nn.Module):
        raise IntakeError(
            f"A network is a torch.nn.Module; this is {type(module).__name__}. Return the module "
            "itself from your factory."
        )
    parallel = (nn.DataParallel, nn.parallel.DistributedDataParallel)
    while isinstance(module, parallel) or hasattr(module, "_orig_mod"):
        inner = module.module if isinstance(module, parallel) else module._orig_mod
        module = inner if isinstance(inner, nn.Module) else module
    compiled = next((name for name, part in module.named_modules() if _is_compiled(part)), None)
    if compiled is not None:
        raise IntakeError(
            f"This network holds a compiled module at {compiled or 'its root'}, whose ops cannot "
            "be seen. Compile after loading it here, or give the module it was compiled from."
        )
    if any(isinstance(part, torch.jit.ScriptModule) for part in module.modules()):
        raise IntakeError(
            "This network is or holds a ScriptModule; its ops cannot be seen from Python, so a "
            "projection would silently be the plain gradient. Give the nn.Module it was made from."
        )
    return module


def _is_compiled(part: nn.Module) -> bool:
    return hasattr(part, "_orig_mod") or getattr(part, "_compiled_call_impl", None) is not None
