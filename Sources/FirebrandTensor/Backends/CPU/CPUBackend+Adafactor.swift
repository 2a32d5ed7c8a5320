import CKernels

extension CPUBackend {
    package func update(_ update: AdafactorUpdate) throws(Misuse) {
        guard update.parameter.count > 0 else { return }
        switch update.parameter.dtype {
        case .float32: run(update, AdafactorKernels<Float>.float32)
        case .float64: run(update, AdafactorKernels<Double>.float64)
        default: throw CPUBackend.unsupported(update.parameter.dtype)
        }
    }

    /// Three passes over the memory: the squares of rows and columns, the size of the step, the step.
    private func run<T: BinaryFloatingPoint>(_ update: AdafactorUpdate, _ kernels: AdafactorKernels<T>) {
        let tiles = AdafactorTiles(update.parameter)
        let (rows, columns) = (tiles.rows, tiles.columns)
        let parameter = update.parameter.elements(T.self)
        let slope = update.gradient.elements(T.self)
        let rowAverages = update.rows?.elements(T.self)
        let columnAverages = update.columns.elements(T.self)
        let parts = tiles.parts

        // Each tile has sums of its own, so that results do not depend on the number of threads.
        let sums = Storage(byteCount: 8 * tiles.matrices * (tiles.across * rows + tiles.down * columns))
        let rowSums = sums.pointer.assumingMemoryBound(to: Double.self)
        let columnSums = rowSums + tiles.matrices * tiles.across * rows
        rowSums.update(repeating: 0, count: tiles.matrices * (tiles.across * rows + tiles.down * columns))
        let size = tiles.total { tile in
            kernels.squares(
                parameter + tile.offset, slope + tile.offset, tile.rows, tile.columns, columns,
                rowSums + (tile.matrix * tiles.across + tile.across) * rows + tile.row,
                columnSums + (tile.matrix * tiles.down + tile.down) * columns + tile.column)
        }
        for matrix in 0..<tiles.matrices {
            if let rowAverages {
                kernels.average(
                    rowAverages + matrix * rows, rowSums + matrix * tiles.across * rows, rows, tiles.across,
                    Double(columns), update.weight)
            }
            kernels.average(
                columnAverages + matrix * columns, columnSums + matrix * tiles.down * columns, columns, tiles.down,
                Double(rows), update.weight)
        }

        // The averages of the rows over their mean: times those of the columns they are the divisors' squares.
        let factors = Storage(byteCount: MemoryLayout<T>.stride * tiles.matrices * rows)
        let rowFactors = rowAverages.map { averages in
            let result = factors.pointer.assumingMemoryBound(to: T.self)
            for matrix in 0..<tiles.matrices {
                let own = averages + matrix * rows
                var mean = 0.0
                for row in 0..<rows { mean += Double(own[row]) }
                mean = max(mean / Double(rows), update.least)
                for row in 0..<rows { result[matrix * rows + row] = own[row] / T(mean) }
            }
            return result
        }
        let least = update.least * update.least
        let square = tiles.total { tile in
            kernels.stepSquare(
                slope + tile.offset, tile.rows, tile.columns, columns,
                rowFactors.map { $0 + tile.matrix * rows + tile.row },
                columnAverages + tile.matrix * columns + tile.column, least)
        }
        let count = Double(update.parameter.count)
        let excess = max(1, (square / count).squareRoot() / update.limit)
        let length = -update.length * max(update.leastSize, (size / count).squareRoot()) / excess
        parallelFor(parts, grain: tiles.grain) { begin, end in
            for index in begin..<end {
                let tile = tiles[index]
                kernels.step(
                    parameter + tile.offset, slope + tile.offset, tile.rows, tile.columns, columns,
                    rowFactors.map { $0 + tile.matrix * rows + tile.row },
                    columnAverages + tile.matrix * columns + tile.column, least, update.shrink, length)
            }
        }
        withExtendedLifetime((sums, factors)) {}
    }
}

/// How a parameter is cut into tiles, which threads share; by its sizes only.
private struct AdafactorTiles {
    struct Tile {
        var matrix, down, across, row, column, rows, columns, offset: Int
    }

    let matrices, rows, columns, down, across: Int
    private let tileRows, tileColumns: Int

    init(_ parameter: Tensor) {
        let rank = parameter.dim
        columns = rank == 0 ? 1 : parameter.shape[rank - 1]
        rows = rank < 2 ? 1 : parameter.shape[rank - 2]
        matrices = parameter.count / (rows * columns)
        // At most 16 rows of tiles, as each has sums for all columns.
        tileRows = max(32, (rows + 15) / 16)
        tileColumns = 8192
        down = (rows + tileRows - 1) / tileRows
        across = (columns + tileColumns - 1) / tileColumns
    }

    var parts: Int { matrices * down * across }
    var grain: Int { max(1, pointwiseGrain / (min(rows, tileRows) * min(columns, tileColumns))) }

    subscript(index: Int) -> Tile {
        let (matrix, rest) = index.quotientAndRemainder(dividingBy: down * across)
        let (y, x) = rest.quotientAndRemainder(dividingBy: across)
        let (row, column) = (y * tileRows, x * tileColumns)
        return Tile(
            matrix: matrix, down: y, across: x, row: row, column: column, rows: min(tileRows, rows - row),
            columns: min(tileColumns, columns - column), offset: (matrix * rows + row) * columns + column)
    }

    /// The sum over all tiles.
    func total(_ body: (Tile) -> Double) -> Double {
        let partial = Storage(byteCount: 8 * parts)
        let results = partial.pointer.assumingMemoryBound(to: Double.self)
        parallelFor(parts, grain: grain) { begin, end in
            for index in begin..<end { results[index] = body(self[index]) }
        }
        return withExtendedLifetime(partial) { (0..<parts).reduce(0) { $0 + results[$1] } }
    }
}

private struct AdafactorKernels<T> {
    typealias Elements = UnsafeMutablePointer<T>
    typealias Sums = UnsafeMutablePointer<Double>

    let squares: (Elements, Elements, Int, Int, Int, Sums, Sums) -> Double
    let average: (Elements, Sums, Int, Int, Double, Double) -> Void
    let stepSquare: (Elements, Int, Int, Int, Elements?, Elements, Double) -> Double
    let step: (Elements, Elements, Int, Int, Int, Elements?, Elements, Double, Double, Double) -> Void
}

extension AdafactorKernels<Float> {
    static var float32: Self {
        Self(
            squares: { fb_adafactor_squares_f32($0, $1, $2, $3, $4, $5, $6) },
            average: { fb_adafactor_average_f32($0, $1, $2, $3, $4, $5) },
            stepSquare: { fb_adafactor_step_square_f32($0, $1, $2, $3, $4, $5, $6) },
            step: { fb_adafactor_step_f32($0, $1, $2, $3, $4, $5, $6, $7, $8, $9) })
    }
}

extension AdafactorKernels<Double> {
    static var float64: Self {
        Self(
            squares: { fb_adafactor_squares_f64($0, $1, $2, $3, $4, $5, $6) },
            average: { fb_adafactor_average_f64($0, $1, $2, $3, $4, $5) },
            stepSquare: { fb_adafactor_step_square_f64($0, $1, $2, $3, $4, $5, $6) },
            step: { fb_adafactor_step_f64($0, $1, $2, $3, $4, $5, $6, $7, $8, $9) })
    }
}
