//! The `synth` room; see README.md beside.
