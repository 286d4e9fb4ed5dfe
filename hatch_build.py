"""Build hook: put the top-level ``napari.yaml`` inside the package, for npe2."""

import shutil
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ManifestHook(BuildHookInterface):
    """Ship the manifest in wheels and make it visible to editable installs."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the manifest; `version` is "standard" or "editable"."""
        if self.target_name != "wheel":
            return
        manifest = Path(self.root) / "napari.yaml"
        inside = Path(self.root) / "src" / "napari_dacapo" / "napari.yaml"
        if version != "editable":
            build_data["force_include"][str(manifest)] = "napari_dacapo/napari.yaml"
            return
        inside.unlink(missing_ok=True)
        try:
            inside.symlink_to(Path("..") / ".." / "napari.yaml")
        except OSError:  # no symlinks on this file system
            shutil.copyfile(manifest, inside)
