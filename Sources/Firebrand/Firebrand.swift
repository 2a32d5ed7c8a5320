@_exported import FirebrandTensor
