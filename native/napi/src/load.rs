//! The exports of the load generator: `LoadAddon` in `src/native/load-contract.ts`.

use crate::Result;
use napi_derive::napi;
use nt_loadgen::{Load, LoadError};
use parking_lot::Mutex;
use slab::Slab;
use std::sync::Arc;

/// Runs by handle: created on the main thread, run on workers.
static LOADS: Mutex<Slab<Arc<Load>>> = Mutex::new(Slab::new());

fn failed(error: LoadError) -> napi::Error<String> {
    napi::Error::new(error.code().to_owned(), error.to_string())
}

fn load(handle: u32) -> Result<Arc<Load>> {
    let load = LOADS.lock().get(handle as usize).cloned();
    load.ok_or_else(|| {
        napi::Error::new(
            "LOAD_FAILED".to_owned(),
            format!("there is no load {handle}; it was finished"),
        )
    })
}

fn json(shape: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(shape).map_err(|error| napi::Error::new("LOAD_FAILED".to_owned(), error.to_string()))
}

/// See `LoadAddon.createLoad`.
#[napi]
pub fn create_load(plan: String) -> Result<u32> {
    let load = Load::new(&plan).map_err(failed)?;
    Ok(LOADS.lock().insert(Arc::new(load)) as u32)
}

/// See `LoadAddon.runLoad`.
#[napi]
pub fn run_load(handle: u32, thread: u32) -> Result<()> {
    load(handle)?.run(thread as usize).map_err(failed)
}

/// See `LoadAddon.loadProgress`.
#[napi]
pub fn load_progress(handle: u32) -> Result<String> {
    json(&load(handle)?.progress())
}

/// See `LoadAddon.stopLoad`.
#[napi]
pub fn stop_load(handle: u32) {
    if let Ok(load) = load(handle) {
        load.stop();
    }
}

/// See `LoadAddon.finishLoad`.
#[napi]
pub fn finish_load(handle: u32) -> Result<String> {
    let load = load(handle)?;
    let over = load.is_over();
    let report = load.report().map_err(failed);
    // A run that failed has no report either.
    if over {
        LOADS.lock().try_remove(handle as usize);
    }
    json(&report?)
}
