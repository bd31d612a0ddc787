"""The wheel carries all that the program needs, and works without the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and return the folder it was unpacked into, as an installer would."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def files(folder: Path) -> set[str]:
    """Return the paths of all files below ``folder`` that a person wrote."""
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.mark.parametrize("name", ["templates", "config"])
def test_the_wheel_carries_the_folder(unpacked: Path, name: str) -> None:
    assert files(unpacked / "syndicator" / "_bundled" / name) == files(ROOT / name)


def test_the_wheel_carries_every_file_of_the_package(unpacked: Path) -> None:
    shipped = {name for name in files(unpacked / "syndicator") if not name.startswith("_bundled")}
    assert shipped == files(ROOT / "syndicator")


def test_the_wheel_carries_its_licences(unpacked: Path) -> None:
    names = {path.name for path in unpacked.glob("*.dist-info/licenses/**/*.txt")}
    assert names == {"EUPL-1.2.txt", "0BSD.txt"}


def test_the_wheel_finds_its_configuration_far_from_the_checkout(
    unpacked: Path, tmp_path: Path
) -> None:
    code = "from syndicator.config import load; s = load({}); print(s.deployment.config_path)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(unpacked), "PATH": os.environ["PATH"]},
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.strip() == str(unpacked / "syndicator/_bundled/config/feeds.toml")


def test_without_the_extra_of_the_demonstration_its_command_says_so_and_the_others_work(
    tmp_path: Path,
) -> None:
    """What only a demonstration needs is not installed where the real thing runs."""

    def said(*words: str) -> subprocess.CompletedProcess[str]:
        code = "import sys; sys.modules['aiosmtpd'] = None; from syndicator.cli import main; main()"
        return subprocess.run(
            [sys.executable, "-c", code, *words],
            cwd=tmp_path,
            env={**os.environ, "SYNDICATOR_DATA": str(tmp_path / "data")},
            capture_output=True,
            text=True,
            timeout=60,
        )

    demo = said("demo", "--once")

    assert demo.returncode == 2
    assert demo.stderr == "Error: demo needs the extra: pip install syndicator[demo]\n"
    assert said("sources", "list").returncode == 0


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-demo.txt"])
def test_the_relay_of_the_demonstration_is_locked_for_it_alone(name: str) -> None:
    locked = (ROOT / name).read_text(encoding="utf-8")

    assert ("aiosmtpd==" in locked) is ("demo" in name)
