import ArgumentParser
import FirebrandNN
import FirebrandSerialization
import FirebrandTensor
import Glibc

/// `firebrand-fuzz save-loop`: saves again and again, to be killed by a test.
struct SaveLoop: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "save-loop",
        abstract: "Saves a growing number in a file until it is killed, and prints each number once it is saved.")

    @Argument(help: "The file; its ending is the format.")
    var path: String

    @Argument(help: "The first number.")
    var number: Int

    func run() throws {
        for generation in number... {
            // Large enough to take several writes, and of a size that differs from save to save.
            let tensor = Tensor.full([60_000 + generation % 7 * 9000], Double(generation), dtype: .float64)
            let state = StateDict([("numbers", tensor)])
            if path.hasSuffix(".safetensors") {
                try saveSafetensors(state, to: path)
            } else if path.hasSuffix(".npz") {
                try saveNPZ(state, to: path)
            } else if path.hasSuffix(".npy") {
                try saveNPY(tensor, to: path)
            } else {
                try save(state, to: path)
            }
            print(generation)
            fflush(nil)
        }
    }
}
