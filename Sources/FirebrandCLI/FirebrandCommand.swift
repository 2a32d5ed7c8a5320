import Firebrand

@main
struct FirebrandCommand {
    static func main() { print(Tensor.ones(5) + 1) }
}
