"""The GPUs of this machine, as vLLM would share a model out over them; loads no model."""

from vidindex.adapters.vision.checkpoints.device import Device, this_device
from vidindex.adapters.vision.vllm.placement import Card


def these_cards() -> list[Card]:
    """Every GPU that PyTorch sees, in its order; none on a machine without."""
    import torch

    if not torch.cuda.is_available():
        return []
    found = [torch.cuda.get_device_properties(index) for index in range(torch.cuda.device_count())]
    return [Card(properties.name, int(properties.total_memory)) for properties in found]


def whole_machine() -> Device:
    """All cards as one device: what a model may take that is shared out over them."""
    cards = these_cards()
    return Device("cuda", sum(card.total_bytes for card in cards)) if cards else this_device()
