//! The customer file of the matcher's benchmark (placeholder until next edit).
use crate::error::SynthError;
use crate::generate::{Progress, SynthConfig};
use crate::manifest::Manifest;

pub(crate) fn oem(_config: &SynthConfig, _progress: &(dyn Fn(Progress) + Sync)) -> Result<Manifest, SynthError> {
    Err(SynthError::Stopped)
}
