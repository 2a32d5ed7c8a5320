import Glibc

// The C library's functions, under names that do not collide with tensor operators.
extension Double {
    var logarithmOfOnePlus: Double { log1p(self) }
    package var sine: Double { sin(self) }
    var cosine: Double { cos(self) }
    var logarithm: Double { log(self) }
    var exponential: Double { exp(self) }
    var tangent: Double { tan(self) }
    var logarithmOfGamma: Double { lgamma(self) }
}
