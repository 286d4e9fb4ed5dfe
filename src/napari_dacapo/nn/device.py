"""Which device to compute on, and with how many threads."""

from __future__ import annotations

import os

import attrs
import torch

from napari_dacapo.errors import ConfigError


@attrs.frozen
class DeviceChoice:
    """A device and the reason why it was chosen, to be shown to the user."""

    device: torch.device
    reason: str


def choose_device(preference: str = "auto") -> DeviceChoice:
    """Choose the device to compute on.

    Parameters
    ----------
    preference : str
        ``"auto"`` (the fastest there is: CUDA, then MPS, then CPU) or the name of a
        device, such as ``"cpu"`` or ``"cuda:1"``.

    Raises
    ------
    ConfigError
        If the device that was asked for does not exist here.
    """
    if preference == "auto":
        return _fastest()
    try:
        device = torch.device(preference)
    except RuntimeError as error:
        raise ConfigError(
            f"device: {preference!r} is no device; use 'auto', 'cpu', 'cuda' or 'mps'"
        ) from error
    complaint = _missing(device)
    if complaint:
        raise ConfigError(f"device: {preference!r} cannot be used: {complaint}")
    return DeviceChoice(device, f"{preference} was asked for")


def _fastest() -> DeviceChoice:
    if torch.cuda.is_available():
        name = torch.cuda.get_device_name(0)
        return DeviceChoice(torch.device("cuda"), f"found the graphics card {name}")
    if torch.backends.mps.is_available():
        return DeviceChoice(torch.device("mps"), "found an Apple graphics processor")
    return DeviceChoice(torch.device("cpu"), "no supported graphics card was found")


def _missing(device: torch.device) -> str:
    """Return why `device` cannot be used, or nothing."""
    if device.type == "cuda":
        if not torch.cuda.is_available():
            return "torch finds no CUDA graphics card; use 'cpu' or 'auto'"
        count = torch.cuda.device_count()
        if (device.index or 0) >= count:
            return f"there are {count} CUDA graphics cards, numbered from 0"
        return ""
    if device.type == "mps":
        available = torch.backends.mps.is_available()
        return "" if available else "this needs an Apple graphics processor"
    return "" if device.type == "cpu" else "only cpu, cuda and mps are supported"


def default_threads() -> int:
    """Return how many CPU threads to compute with: all cores but one, at least one.

    The spare core keeps the window and the data pipeline alive; with all cores taken,
    torch's threads wait for each other as soon as anything else runs.
    """
    if hasattr(os, "sched_getaffinity"):  # the cores this process may use
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return max(1, cores - 1)
