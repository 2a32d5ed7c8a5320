// Chapter 8: Save and load the model
//
// The parameters a model has learned are its state dictionary. The files are PyTorch's own, in both directions.
import Firebrand

manualSeed(0)

// MARK: - Saving and loading model weights

// `save` writes a temporary file and renames it: a failed save leaves the old file whole.
