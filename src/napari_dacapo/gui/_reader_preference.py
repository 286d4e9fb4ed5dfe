"""Napari's setting of which plugin opens zarr and N5 containers.

Napari asks at every drop while several plugins say that they read folders, and what its
dialog offers to remember counts for that one folder only (0.9.2).
"""

from __future__ import annotations

from typing import Any

PLUGIN = "napari-dacapo"
#: For containers and what is in them; napari ends the names of folders with a slash,
#: those of addresses as they are.
PATTERNS = ("*.zarr", "*.zarr/*", "*.n5", "*.n5/*", "*.zarr.zip", "*.ozx")
TEXT = (
    "To open .zarr and .n5 folders with DaCapo from now on, without being asked, press "
    "the button. Preferences > Plugins takes it back."
)

_offered: set[str] = set()


def is_preferred() -> bool:
    """Whether the user has settled which plugin opens containers."""
    return any(pattern in _settings().extension2reader for pattern in PATTERNS)


def prefer_dacapo(*_: Any) -> None:
    """Make napari open containers with this plugin; a command of the File menu."""
    from napari.utils.notifications import show_info

    settings = _settings()
    settings.extension2reader = {
        **settings.extension2reader,
        **dict.fromkeys(PATTERNS, PLUGIN),
    }
    show_info(
        "DaCapo opens .zarr and .n5 folders from now on. Preferences > Plugins takes "
        "it back."
    )


def offer_preference() -> None:
    """Offer once per session to settle it, where nothing is settled yet."""
    from napari.utils.notifications import (
        Notification,
        NotificationSeverity,
        notification_manager,
    )

    if _offered or is_preferred():
        return
    _offered.add(PLUGIN)
    notification_manager.dispatch(
        Notification(
            TEXT,
            severity=NotificationSeverity.INFO,
            actions=(("Always open with DaCapo", prefer_dacapo),),
        )
    )


def _settings() -> Any:
    from napari.settings import get_settings

    return get_settings().plugins
