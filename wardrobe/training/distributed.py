"""Training by several processes that torchrun started, with the result of one process.

Each process computes its share of a batch's pictures; their outputs are gathered, and every
process takes the loss of the whole batch. So a loss that compares pictures with one another, or
averages over those of which something is known, does not depend on the number of processes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import distributed, nn
from torch.distributed.nn.functional import all_gather
from torch.nn.parallel import DistributedDataParallel


@dataclass(frozen=True)
class World:
    """This process among those of the run; the first one writes and speaks."""

    rank: int = 0
    size: int = 1

    @property
    def is_first(self) -> bool:
        return self.rank == 0

    def share(self, batch: int) -> torch.Tensor:
        """Returns the rows of a batch that this process computes; all shares are equally long."""
        return torch.arange(self.rank, batch - batch % self.size, self.size)

    def parallel(self, model: nn.Module) -> Any:
        """Returns the model, such that a backward pass averages gradients over the processes."""
        return model if self.size == 1 else DistributedDataParallel(model)

    def gather(self, outputs: torch.Tensor) -> torch.Tensor:
        """Returns the outputs of the whole batch in its order, given those of this share.

        A gradient flows back to each process from every process's loss, so it is the sum of equal
        losses' gradients; the mean over processes that follows makes it that of one loss.
        """
        if self.size == 1:
            return outputs
        return torch.stack(all_gather(outputs), dim=1).flatten(0, 1)

    def from_first(self, numbers: torch.Tensor) -> torch.Tensor:
        """Returns the first process's numbers; those of the others only say how many."""
        if self.size > 1:
            distributed.broadcast(numbers, src=0)
        return numbers

    @contextmanager
    def first_alone(self) -> Iterator[None]:
        """Lets the first process through alone, to leave files that the others then find."""
        if not self.is_first:
            self.wait()
        yield
        if self.is_first:
            self.wait()

    def wait(self) -> None:
        """Returns when every process has come here."""
        if self.size > 1:
            distributed.barrier()


def join_world() -> World:
    """Joins the processes that torchrun started; alone without torchrun."""
    if not distributed.is_torchelastic_launched():
        return World()
    if not distributed.is_initialized():
        distributed.init_process_group("gloo")
    return World(distributed.get_rank(), distributed.get_world_size())
