"""Whether it pays to compute with 16 bits, as it is printed into the generated file."""

import torch


def has_bfloat16(device: torch.device) -> bool:
    """Whether a device computes with bfloat16 faster than with 32 bits: a GPU, or a processor that has instructions for
    it, with oneDNN, which uses them. Others would only do as if, and more slowly."""
    if device.type != "cpu":
        return True
    if not hasattr(torch.cpu, "get_capabilities"):
        return False  # an older torch, where this text may run, does not say
    able = torch.cpu.get_capabilities()  # of x86 avx512_bf16 or amx_bf16, of ARM bf16
    has = any(able.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    return has and torch.backends.mkldnn.is_available()
