// Sum, difference, product, quotient and remainder in place.

extension Tensor {
    /// Adds in place. PyTorch: `add_`.
    @discardableResult
    public func add_(_ other: Tensor, alpha: Scalar = .int(1)) -> Tensor {
        inPlace("add_", [other], recorded: { $0.add(other, alpha: alpha) }) { (target) throws(Misuse) in
            if alpha != .int(1), try target.addScaled(other, alpha, out: target) != nil { return }
            let addend = alpha == .int(1) ? other : other.mul(alpha)
            _ = try pointwise(.add, target, addend, out: target)
        }
    }

    /// Adds a number in place. PyTorch: `add_`.
    @discardableResult
    public func add_<S: TensorScalar>(_ other: S) -> Tensor {
        inPlace("add_", recorded: { $0.add(other) }) { (target) throws(Misuse) in
            _ = try pointwise(.add, target, other.scalar, out: target)
        }
    }

    /// Subtracts in place. PyTorch: `sub_`.
    @discardableResult
    public func sub_(_ other: Tensor, alpha: Scalar = .int(1)) -> Tensor {
        inPlace("sub_", [other], recorded: { $0.sub(other, alpha: alpha) }) { (target) throws(Misuse) in
            if alpha != .int(1), try target.addScaled(other, Scalar.product(alpha, .int(-1)), out: target) != nil {
                return
            }
            let subtrahend = alpha == .int(1) ? other : other.mul(alpha)
            _ = try pointwise(.sub, target, subtrahend, out: target)
        }
    }

    /// Subtracts a number in place. PyTorch: `sub_`.
    @discardableResult
    public func sub_<S: TensorScalar>(_ other: S) -> Tensor {
        inPlace("sub_", recorded: { $0.sub(other) }) { (target) throws(Misuse) in
            _ = try pointwise(.sub, target, other.scalar, out: target)
        }
    }

    /// Multiplies in place. PyTorch: `mul_`.
    @discardableResult
    public func mul_(_ other: Tensor) -> Tensor {
        inPlace("mul_", [other], recorded: { $0.mul(other) }) { (target) throws(Misuse) in
            _ = try pointwise(.mul, target, other, out: target)
        }
    }

    /// Multiplies by a number in place. PyTorch: `mul_`.
    @discardableResult
    public func mul_<S: TensorScalar>(_ other: S) -> Tensor {
        inPlace("mul_", recorded: { $0.mul(other) }) { (target) throws(Misuse) in
            _ = try pointwise(.mul, target, other.scalar, out: target)
        }
    }

    /// Divides in place. PyTorch: `div_`.
    @discardableResult
    public func div_(_ other: Tensor) -> Tensor {
        inPlace("div_", [other], recorded: { $0.div(other) }) { (target) throws(Misuse) in
            let type = resultType(target, other)
            _ = try pointwise(
                .div, target, other, computeType: type.isInexact ? type : DType.default, out: target)
        }
    }

    /// Divides by a number in place. PyTorch: `div_`.
    @discardableResult
    public func div_<S: TensorScalar>(_ other: S) -> Tensor {
        inPlace("div_", recorded: { $0.div(other) }) { (target) throws(Misuse) in
            let type = other.scalar.resultType(with: target.dtype)
            _ = try pointwise(
                .div, target, other.scalar, computeType: type.isInexact ? type : DType.default, out: target)
        }
    }

}

extension Tensor {
    /// Divides in place, rounding. PyTorch: `div_`.
    @discardableResult
    public func div_(_ other: Tensor, roundingMode: RoundingMode) -> Tensor {
        overwrite("div_", [other]) { $0.div(other, roundingMode: roundingMode) }
    }
    /// Divides by a number in place, rounding. PyTorch: `div_`.
    @discardableResult
    public func div_<S: TensorScalar>(_ other: S, roundingMode: RoundingMode) -> Tensor {
        overwrite("div_") { $0.div(other, roundingMode: roundingMode) }
    }
    /// Python's `//=`. PyTorch: `floor_divide_`.
    @discardableResult
    public func floorDivide_(_ other: Tensor) -> Tensor {
        overwrite("floor_divide_", [other]) { $0.floorDivide(other) }
    }
    /// Python's `//=` by a number. PyTorch: `floor_divide_`.
    @discardableResult
    public func floorDivide_<S: TensorScalar>(_ other: S) -> Tensor {
        overwrite("floor_divide_") { $0.floorDivide(other) }
    }
    /// Python's `%=`. PyTorch: `remainder_`.
    @discardableResult
    public func remainder_(_ other: Tensor) -> Tensor { overwrite("remainder_", [other]) { $0.remainder(other) } }
    /// Python's `%=` by a number. PyTorch: `remainder_`.
    @discardableResult
    public func remainder_<S: TensorScalar>(_ other: S) -> Tensor { overwrite("remainder_") { $0.remainder(other) } }
}
