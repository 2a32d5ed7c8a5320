"""Builds the documentation: the reference of every public symbol, the tutorial and the articles.

`build.py BUILD OUTPUT`: BUILD is the folder where `swift build` put the modules, OUTPUT where the pages go. Fails for a public
symbol without documentation, an operator whose name is in none, and everything that DocC warns about.
"""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import chapters
import graphs
import names

ROOT = pathlib.Path(__file__).resolve().parents[2]


def toolchain():
    swift = shutil.which("swift")
    if swift is None:
        sys.exit("no swift on the PATH")
    return pathlib.Path(swift).resolve().parent


def operator_names(build):
    """PyTorch's names of all operators, from the table."""
    table = subprocess.run([build / "firebrand", "operators"], capture_output=True, text=True, check=True).stdout
    return [line.split()[0] for line in table.splitlines()[1:] if line]


def main(build, output):
    tools = toolchain()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "extracted").mkdir()
        (folder / "merged").mkdir()
        modules = graphs.documented_modules(ROOT)
        extracted = graphs.extract(ROOT, tools, build, modules, folder / "extracted")
        missing = graphs.undocumented(extracted)
        if missing:
            sys.exit("\n".join(missing) + f"\n{len(missing)} public symbols have no documentation")
        merged = graphs.merged(extracted)
        for name, graph in merged.items():
            (folder / "merged" / f"{name}.symbols.json").write_text(json.dumps(graph))

        catalogue = folder / "Firebrand.docc"
        shutil.copytree(ROOT / "Sources/Firebrand/Firebrand.docc", catalogue)
        chapters.write_tutorial(ROOT, catalogue)
        nameless = names.write_page(merged["Firebrand"], operator_names(build), catalogue)
        if nameless:
            sys.exit(f"no documentation says `PyTorch: …` for the operators {', '.join(nameless)}")

        output.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(output, ignore_errors=True)
        converted = subprocess.run(
            [tools / "docc", "convert", catalogue, "--additional-symbol-graph-dir", folder / "merged",
             "--fallback-display-name", "Firebrand", "--fallback-bundle-identifier", "firebrand",
             "--warnings-as-errors", "--output-dir", output])
        if converted.returncode != 0:
            sys.exit("DocC found something wrong")
        count = sum(len(graph["symbols"]) for graph in extracted.values())
        print(f"{count} public symbols, all documented. To read them, serve the folder and open /documentation/firebrand:")
        print(f"  python3 -m http.server -d {output}")


main(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve())
