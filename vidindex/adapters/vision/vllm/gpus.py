"""Find the GPUs that vLLM can place a model on."""

from vidindex.adapters.checkpoints.device import Device, this_device
from vidindex.adapters.vision.vllm.placement import Gpu


def find_gpus() -> list[Gpu]:
    """Every GPU that PyTorch sees, in its order; none on a machine without."""
    import torch

    if not torch.cuda.is_available():
        return []
    found = [torch.cuda.get_device_properties(index) for index in range(torch.cuda.device_count())]
    return [Gpu(properties.name, int(properties.total_memory)) for properties in found]


def whole_machine() -> Device:
    """All cards as one device: what a model may take that is shared out over them."""
    gpus = find_gpus()
    return Device("cuda", sum(gpu.total_bytes for gpu in gpus)) if gpus else this_device()
