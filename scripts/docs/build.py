"""Builds the documentation: the reference of every public symbol, the tutorial and the articles.

`build.py BUILD OUTPUT`: BUILD is the folder where `swift build` put the modules, OUTPUT where the pages go. Fails for a public
symbol without documentation and for everything that DocC warns about.
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


def main(build, output):
    tools = toolchain()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "extracted").mkdir()
        (folder / "merged").mkdir()
        modules = graphs.exported_modules(ROOT)
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
        names.write_page(merged["Firebrand"], catalogue)

        output.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(output, ignore_errors=True)
        converted = subprocess.run(
            [tools / "docc", "convert", catalogue, "--additional-symbol-graph-dir", folder / "merged",
             "--fallback-display-name", "Firebrand", "--fallback-bundle-identifier", "firebrand",
             "--warnings-as-errors", "--output-dir", output])
        if converted.returncode != 0:
            sys.exit("DocC found something wrong")
        count = sum(len(graph["symbols"]) for graph in extracted.values())
        print(f"{count} public symbols, all documented: {output}/documentation/firebrand")


main(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve())
