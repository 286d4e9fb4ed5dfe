"""Starting from the networks that the COSEM project published."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

import attrs
import platformdirs

from napari_dacapo._config import config_field
from napari_dacapo.architectures import CNNectomeUNetConfig
from napari_dacapo.errors import ConfigError, DataError, DataNotFoundError
from napari_dacapo.geometry import Coordinate

from .start import Start, StartConfig

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_dacapo.nn import Model
    from napari_dacapo.store import Project

logger = logging.getLogger(__name__)

COSEM_URL = (
    "https://janelia-cosem-networks.s3.amazonaws.com/"
    "v0003.2-pytorch/cosem_models/cosem_models"
)
#: channels of the published networks, in the order of their outputs
COSEM_CHANNELS: dict[str, tuple[str, ...]] = {
    "setup04": (
        *("ecs", "pm", "mito", "mito_mem", "ves", "ves_mem", "endo", "endo_mem"),
        *("er", "er_mem", "eres", "nuc", "mt", "mt_out"),
    ),
    "setup26.1": ("mito", "mito_mem", "mito_ribo"),
    "setup28": ("er", "er_mem"),
    "setup36": ("nuc", "nucleo"),
    "setup45": ("ecs", "pm"),
}
#: networks from voxels of 8 nm to voxels of 4 nm, which share one architecture
SUPER_RESOLVING = ("setup04", "setup26.1", "setup28", "setup36")
_BLOCK = 1 << 20


class CosemStart(Start):
    """Takes the weights from a published checkpoint, as a file or downloaded.

    The networks are those of Heinrich et al. 2021
    (https://doi.org/10.1038/s41586-021-03977-3). Files are read as tensors and plain
    data only. Nothing is downloaded unless the config allows it; then the SHA-256 of
    the file is written beside it and checked whenever the file is used again.

    Attributes
    ----------
    name : str
        ``<run>/<criterion>``.
    """

    def __init__(self, start_config: CosemStartConfig) -> None:
        super().__init__(start_config)
        self.name = f"{self.run}/{self.criterion}"
        self._config = start_config
        known = COSEM_CHANNELS.get(self.run)
        self.channels = None if known is None else list(known)

    def check(self) -> Path:
        """Return the checkpoint file, downloaded first if that is allowed and needed.

        Raises
        ------
        DataNotFoundError
            If there is no file and downloading is not allowed.
        DataError
            If the download failed or the file is not the one that was recorded.
        """
        path = self._config.local_file
        if not path.is_file():
            if self._config.file is not None or not self._config.allow_download:
                raise DataNotFoundError(
                    f"there is no checkpoint {path}; download {self._config.url} "
                    "yourself and give it as `file`, or set `allow_download`"
                )
            _download(self._config.url, path)
        _check_digest(path, self._config.sha256)
        return path

    def initialize_weights(
        self,
        model: Model,
        new_head: Sequence[str] | None = None,
        *,
        project: Project | None = None,
    ) -> Model:
        config = getattr(model.architecture, "config", None)
        if getattr(config, "activation_on_upsample", False):
            logger.warning(
                "the COSEM networks have no activation after upsampling; set "
                "activation_on_upsample of the architecture to false to get their "
                "outputs"
            )
        return super().initialize_weights(model, new_head, project=project)

    def _retrieve_weights(self, project: Project) -> dict[str, Any]:
        from napari_dacapo.nn.loading import read_weights_file

        return read_weights_file(self.check())

    def _retrieve_channels(self, project: Project) -> list[str] | None:
        if self.channels is None:
            logger.warning(
                "the channels of %s are not known: its head is taken over only if it "
                "has the same size",
                self.run,
            )
        return self.channels


@attrs.define
class CosemStartConfig(StartConfig):
    """Start from a network that the COSEM project published for volume EM.

    `run` is the name of the setup, such as ``setup04``, `criterion` the iteration, such
    as ``1820500``.
    """

    start_type: ClassVar[type[Start]] = CosemStart

    file: Path | None = config_field(
        "The downloaded checkpoint. Without it, the file is looked for among those "
        "downloaded before.",
        default=None,
        converter=attrs.converters.optional(Path),
        path_kind="file",
    )
    allow_download: bool = config_field(
        "Whether the checkpoint (up to some gigabytes) may be downloaded from the "
        "internet if it is not there.",
        default=False,
    )
    sha256: str | None = config_field(
        "Checksum that the file must have; not checked if empty.",
        default=None,
        advanced=True,
    )

    @property
    def url(self) -> str:
        """Where the checkpoint is published."""
        return f"{COSEM_URL}/{quote(self.run)}/{quote(self.criterion)}"

    @property
    def local_file(self) -> Path:
        """Where the checkpoint is on this computer, or would be downloaded to."""
        if self.file is not None:
            return self.file
        cache = Path(platformdirs.user_cache_dir("napari-dacapo", appauthor=False))
        return cache / "cosem" / self.run / self.criterion

    def verify(self) -> tuple[bool, str]:
        """Return whether the checkpoint is there or may be downloaded."""
        valid, reason = super().verify()
        if not valid:
            return valid, reason
        if not self.criterion.isdecimal() or Path(self.run).name != self.run:
            return False, (
                f"criterion: {self.run}/{self.criterion} is no published network; name "
                f"a setup ({', '.join(COSEM_CHANNELS)}) and one of its iterations"
            )
        path = self.local_file
        if not path.is_file() and (self.file is not None or not self.allow_download):
            return False, (
                f"file: there is no checkpoint {path}; choose the file downloaded from "
                f"{self.url}, or set allow_download"
            )
        return True, reason

    def architecture_config(self, name: str) -> CNNectomeUNetConfig:
        """Return the config of the architecture that the weights belong to.

        Raises
        ------
        ConfigError
            If it is not known.
        """
        if self.run not in SUPER_RESOLVING:
            raise ConfigError(
                f"run: the architecture of {self.run!r} is not known, only that of "
                f"{', '.join(SUPER_RESOLVING)}"
            )
        return CNNectomeUNetConfig(
            name,
            input_shape=Coordinate(216, 216, 216),
            eval_shape_increase=Coordinate(72, 72, 72),
            fmaps_in=1,
            fmaps_out=72,
            num_fmaps=12,
            fmap_inc_factor=6,
            downsample_factors=[Coordinate((n,) * 3) for n in (2, 3, 3)],
            upsample_factors=[Coordinate(2, 2, 2)],
            activation_on_upsample=False,
        )


def _download(url: str, path: Path) -> None:
    from urllib.request import urlopen

    from napari_dacapo.store.atomic import atomic_path, write_text

    logger.info("downloading %s to %s", url, path)
    try:
        with (
            urlopen(url, timeout=60) as response,
            atomic_path(path) as temporary,
            temporary.open("wb") as file,
        ):
            while block := response.read(_BLOCK):
                file.write(block)
    except OSError as error:
        raise DataError(f"{url} could not be downloaded: {error}") from error
    write_text(_digest_file(path), f"{_digest(path)}  {path.name}\n")


def _check_digest(path: Path, expected: str | None) -> None:
    """Raise `DataError` if `path` has another checksum than expected or recorded."""
    record = _digest_file(path)
    if expected is None and record.is_file():
        expected = record.read_text(encoding="utf-8").split()[0]
    if expected is None:
        return
    found = _digest(path)
    if found != expected.lower():
        raise DataError(
            f"{path} has SHA-256 {found} instead of {expected}; it is damaged or "
            "another file: delete it and fetch it again"
        )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")
