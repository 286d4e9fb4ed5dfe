"""What a window needs from the system, on machines that lack it.

``python -m napari_dacapo.system`` installs missing libraries on Debian-like systems
when run by root, and otherwise says in one line what to install. On Linux without a
display, :func:`display` starts a virtual one.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from napari_dacapo.errors import DaCapoError, MissingDependencyError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: shared libraries that Qt and OpenGL load at run time, and their Debian packages
LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
#: what a virtual display needs besides: the server, software OpenGL, a font
DISPLAY_PACKAGES = ("xvfb", "libgl1-mesa-dri", "fonts-dejavu-core")
SCREEN = "1920x1080x24"


def missing_packages() -> list[str]:
    """Return the Debian packages without which no window can open here."""
    if sys.platform != "linux":
        return []
    missing = [package for name, package in LIBRARIES.items() if not _loads(name)]
    if not os.environ.get("DISPLAY") and shutil.which("Xvfb") is None:
        missing += DISPLAY_PACKAGES
    return missing


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def install_missing() -> list[str]:
    """Install what is missing, if this system and user allow it, and return it.

    Raises
    ------
    MissingDependencyError
        If something is missing and has to be installed by the user.
    """
    missing = missing_packages()
    if not missing:
        return []
    command = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    by_hand = MissingDependencyError(
        "a window needs system libraries that are missing here; install them with: "
        f"sudo {' '.join(command)}"
    )
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        raise by_hand
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["apt-get", "update"], command):
        try:
            subprocess.run(step, env=environment, check=True, stdout=subprocess.DEVNULL)
        except subprocess.CalledProcessError as error:
            raise by_hand from error
    return missing


@contextlib.contextmanager
def display() -> Iterator[str | None]:
    """Provide a display, starting a virtual one on Linux where there is none.

    Yields the name of the virtual display, or `None` where a real one is used.

    Raises
    ------
    MissingDependencyError
        If a virtual display is needed and Xvfb is not installed.
    DaCapoError
        If it does not start.
    """
    if sys.platform != "linux" or os.environ.get("DISPLAY"):
        yield None
        return
    xvfb = shutil.which("Xvfb")
    if xvfb is None:
        raise MissingDependencyError(
            "there is no display and no Xvfb; install it with: sudo apt-get install -y "
            + " ".join(DISPLAY_PACKAGES)
        )
    server, name = _start_server(xvfb)
    os.environ["DISPLAY"] = name
    try:
        yield name
    finally:
        del os.environ["DISPLAY"]
        server.terminate()
        server.wait()


def _start_server(xvfb: str) -> tuple[subprocess.Popen[bytes], str]:
    """Start Xvfb on a free number, which it tells through a pipe."""
    read_end, write_end = os.pipe()
    server = subprocess.Popen(
        [
            xvfb,
            "-displayfd",
            str(write_end),
            "-screen",
            "0",
            SCREEN,
            "-nolisten",
            "tcp",
        ],
        pass_fds=(write_end,),
        stderr=subprocess.DEVNULL,
    )
    os.close(write_end)
    with os.fdopen(read_end) as pipe:
        number = pipe.readline().strip()
    if not number:
        server.wait()
        raise DaCapoError("the virtual display (Xvfb) did not start; see its log")
    return server, f":{number}"


def main() -> int:
    """Install what is missing; the exit code is 2 if that is not possible."""
    try:
        installed = install_missing()
    except MissingDependencyError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if installed:
        sys.stderr.write(f"installed {', '.join(installed)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
