"""Symbol graphs: what is public in the modules that `import Firebrand` brings, as the compiler sees it."""

import json
import re
import subprocess

TARGET_KEY = re.compile(r'"triple"\s*:\s*"([^"]+)"')


def documented_modules(root):
    """What users import: the package's libraries, and what the umbrella re-exports."""
    libraries = re.findall(r'\.library\(name: "(\w+)"', (root / "Package.swift").read_text())
    umbrella = (root / "Sources/Firebrand/Firebrand.swift").read_text()
    return re.findall(r"^@_exported import (\w+)", umbrella, re.MULTILINE) + libraries


def extract(root, toolchain, build, modules, folder):
    """Writes the graphs of the built modules into `folder` and returns them by file name."""
    triple = TARGET_KEY.search(subprocess.run(
        [toolchain / "swift", "-print-target-info"], capture_output=True, text=True, check=True).stdout).group(1)
    maps = [*root.glob("Sources/C*/module.modulemap"), *build.glob("C*.build/**/module.modulemap")]
    maps = [argument for path in maps for argument in ("-Xcc", f"-fmodule-map-file={path}")]
    for module in modules:
        subprocess.run(
            [toolchain / "swift-symbolgraph-extract", "-module-name", module, "-I", build / "Modules", *maps,
             "-target", triple, "-output-dir", folder, "-minimum-access-level", "public", "-skip-synthesized-members"],
            check=True)
    return {path.name: json.loads(path.read_text()) for path in sorted(folder.glob("*.symbols.json"))}


def undocumented(graphs):
    """The public symbols without a comment, as `file:line: kind name`."""
    found = []
    for graph in graphs.values():
        for symbol in graph["symbols"]:
            if "docComment" not in symbol:
                place = symbol.get("location", {})
                file = place.get("uri", "?").removeprefix("file://")
                line = place.get("position", {}).get("line", -1) + 1
                found.append(f"{file}:{line}: {symbol['kind']['displayName']} {'.'.join(symbol['pathComponents'])}")
    return found


def merged(graphs):
    """One graph for all modules, since users import one, and one for each foreign module that they extend."""
    result = {}
    for name, graph in graphs.items():
        extended = name.removesuffix(".symbols.json").partition("@")[2]
        if extended.startswith("Firebrand"):
            extended = ""
        whole = result.setdefault("Firebrand" + (f"@{extended}" if extended else ""), {
            **graph, "module": {**graph["module"], "name": "Firebrand"}, "symbols": [], "relationships": []})
        whole["symbols"] += graph["symbols"]
        whole["relationships"] += graph["relationships"]
    return result


def comment(symbol):
    return "\n".join(line["text"] for line in symbol.get("docComment", {}).get("lines", []))
