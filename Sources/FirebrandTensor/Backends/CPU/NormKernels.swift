import CKernels

/// A type that normalisation computes with, and its kernels: see CKernelsNorm.h.
protocol NormElement: BinaryFloatingPoint & Sendable {
    typealias Source = UnsafePointer<Self>
    typealias Target = UnsafeMutablePointer<Self>
    typealias Sums = UnsafeMutablePointer<Double>

    static var normRows: (Target?, Source?, Source?, Source?, Target?, Target?, Int, Int, Double, Bool) -> Void { get }
    static var normRowsGrad:
        (
            Target?, Target?, Target?, Source?, Source?, Source?, Source?, Source?, Int, Int, Bool
        ) -> Void
    { get }
    static var planeMoments: (Source?, Int, Int, Int, Sums?, Sums?) -> Void { get }
    static var planeAffine: (Target?, Source?, Int, Int, Int, Self, Self, Self) -> Void { get }
    static var planeDots: (Source?, Source?, Int, Int, Int, Self, Sums?, Sums?) -> Void { get }
    static var planeGrad: (Target?, Source?, Source?, Int, Int, Int, Self, Self, Self, Self) -> Void { get }
    static var groupAffine: (Target?, Source?, Int, Int, Self, Self, Source?, Source?) -> Void { get }
    static var groupDots: (Source?, Source?, Int, Int, Self, Sums?, Sums?) -> Void { get }
    static var groupGrad: (Target?, Source?, Source?, Int, Int, Self, Self, Source?, Self, Self) -> Void { get }
    static var columnMoments: (Source?, Int, Int, Sums?, Sums?) -> Void { get }
    static var columnAffine: (Target?, Source?, Int, Int, Source?, Source?, Source?) -> Void { get }
    static var columnDots: (Source?, Source?, Int, Int, Source?, Sums?, Sums?) -> Void { get }
    static var columnGrad: (Target?, Source?, Source?, Int, Int, Source?, Source?, Source?, Source?) -> Void { get }
}

extension Float: NormElement {
    static var normRows: (Target?, Source?, Source?, Source?, Target?, Target?, Int, Int, Double, Bool) -> Void {
        fb_norm_rows_f32
    }
    static var normRowsGrad:
        (Target?, Target?, Target?, Source?, Source?, Source?, Source?, Source?, Int, Int, Bool) -> Void
    { fb_norm_rows_grad_f32 }
    static var planeMoments: (Source?, Int, Int, Int, Sums?, Sums?) -> Void { fb_plane_moments_f32 }
    static var planeAffine: (Target?, Source?, Int, Int, Int, Float, Float, Float) -> Void { fb_plane_affine_f32 }
    static var planeDots: (Source?, Source?, Int, Int, Int, Float, Sums?, Sums?) -> Void { fb_plane_dots_f32 }
    static var planeGrad: (Target?, Source?, Source?, Int, Int, Int, Float, Float, Float, Float) -> Void {
        fb_plane_grad_f32
    }
    static var groupAffine: (Target?, Source?, Int, Int, Float, Float, Source?, Source?) -> Void { fb_group_affine_f32 }
    static var groupDots: (Source?, Source?, Int, Int, Float, Sums?, Sums?) -> Void { fb_group_dots_f32 }
    static var groupGrad: (Target?, Source?, Source?, Int, Int, Float, Float, Source?, Float, Float) -> Void {
        fb_group_grad_f32
    }
    static var columnMoments: (Source?, Int, Int, Sums?, Sums?) -> Void { fb_column_moments_f32 }
    static var columnAffine: (Target?, Source?, Int, Int, Source?, Source?, Source?) -> Void { fb_column_affine_f32 }
    static var columnDots: (Source?, Source?, Int, Int, Source?, Sums?, Sums?) -> Void { fb_column_dots_f32 }
    static var columnGrad: (Target?, Source?, Source?, Int, Int, Source?, Source?, Source?, Source?) -> Void {
        fb_column_grad_f32
    }
}

extension Double: NormElement {
    static var normRows: (Target?, Source?, Source?, Source?, Target?, Target?, Int, Int, Double, Bool) -> Void {
        fb_norm_rows_f64
    }
    static var normRowsGrad:
        (Target?, Target?, Target?, Source?, Source?, Source?, Source?, Source?, Int, Int, Bool) -> Void
    { fb_norm_rows_grad_f64 }
    static var planeMoments: (Source?, Int, Int, Int, Sums?, Sums?) -> Void { fb_plane_moments_f64 }
    static var planeAffine: (Target?, Source?, Int, Int, Int, Double, Double, Double) -> Void { fb_plane_affine_f64 }
    static var planeDots: (Source?, Source?, Int, Int, Int, Double, Sums?, Sums?) -> Void { fb_plane_dots_f64 }
    static var planeGrad: (Target?, Source?, Source?, Int, Int, Int, Double, Double, Double, Double) -> Void {
        fb_plane_grad_f64
    }
    static var groupAffine: (Target?, Source?, Int, Int, Double, Double, Source?, Source?) -> Void {
        fb_group_affine_f64
    }
    static var groupDots: (Source?, Source?, Int, Int, Double, Sums?, Sums?) -> Void { fb_group_dots_f64 }
    static var groupGrad: (Target?, Source?, Source?, Int, Int, Double, Double, Source?, Double, Double) -> Void {
        fb_group_grad_f64
    }
    static var columnMoments: (Source?, Int, Int, Sums?, Sums?) -> Void { fb_column_moments_f64 }
    static var columnAffine: (Target?, Source?, Int, Int, Source?, Source?, Source?) -> Void { fb_column_affine_f64 }
    static var columnDots: (Source?, Source?, Int, Int, Source?, Sums?, Sums?) -> Void { fb_column_dots_f64 }
    static var columnGrad: (Target?, Source?, Source?, Int, Int, Source?, Source?, Source?, Source?) -> Void {
        fb_column_grad_f64
    }
}
