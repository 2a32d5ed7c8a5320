import Firebrand
import Glibc

/// Firebrand's side of `make bench`: measures rows on request. The driver is bench/run.py.
@main
struct Bench {
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        func value(of option: String) -> String? {
            arguments.firstIndex(of: option).flatMap { $0 + 1 < arguments.count ? arguments[$0 + 1] : nil }
        }
        let root = getenv("FIREBRAND_DATA").map { String(cString: $0) } ?? "data"
        if arguments.contains("--list") {
            for name in Rows.names { print(name) }
        } else if arguments.contains("--serve") {
            let rows = Rows(root: root)
            while let name = readLine() { answer(name, rows) }
        } else if value(of: "--row") == "start" {
            print(Tensor.ones(5) + 1)
        } else if let name = value(of: "--row") {
            let rows = Rows(root: root)
            for _ in 0..<(value(of: "--rounds").flatMap { Int($0) } ?? 1) { answer(name, rows) }
        } else {
            print("usage: firebrand-bench --list | --serve | --row NAME [--rounds N]")
        }
    }

    private static func answer(_ name: String, _ rows: Rows) {
        do {
            let result = try rows.measure(name)
            print(
                #"{"row":"\#(name)","seconds":\#(result.seconds)"#
                    + (result.check.map { #","check":\#($0)"# } ?? "") + "}")
        } catch {
            let text = "\(error)".replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            print(#"{"row":"\#(name)","error":"\#(text)"}"#)
        }
        fflush(nil)
    }
}
