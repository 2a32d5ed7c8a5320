/// One parameter's step of Adafactor. The tensors have one type, float32 or float64, and are contiguous.
package struct AdafactorUpdate {
    /// Matrices (…, rows, columns); or a vector.
    package var parameter: Tensor
    package var gradient: Tensor
    /// The averages of squares in the rows, (…, rows, 1), and in the columns, (…, 1, columns); of a vector nil, and those
    /// of its elements.
    package var rows: Tensor?
    package var columns: Tensor
    /// How far the averages go to the new squares.
    package var weight: Double
    /// The least mean of a row's averages; its square is the least divisor.
    package var least: Double
    /// The least root mean square that a parameter counts as having.
    package var leastSize: Double
    /// The length of the step of a parameter whose root mean square is 1; negative to climb.
    package var length: Double
    /// Steps whose root mean square is above this are shortened to it.
    package var limit: Double
    /// What the parameter is multiplied by before the step.
    package var shrink: Double

    package init(
        _ parameter: Tensor, gradient: Tensor, rows: Tensor?, columns: Tensor, weight: Double, least: Double,
        leastSize: Double, length: Double, limit: Double, shrink: Double
    ) {
        self.parameter = parameter
        self.gradient = gradient
        self.rows = rows
        self.columns = columns
        self.weight = weight
        self.least = least
        self.leastSize = leastSize
        self.length = length
        self.limit = limit
        self.shrink = shrink
    }
}
