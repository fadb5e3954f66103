//! The exports of the in-process client: subscriptions by handle, batches of messages in both directions.
#![allow(missing_docs)]

use crate::{Result, no_broker, runtime};
use napi::bindgen_prelude::{Buffer, Uint8Array, Uint32Array};
use napi_derive::napi;
use nt_broker::{BrokerState, InternalPublish};
use nt_protocol::index_frames;
use std::sync::Arc;

/// See `MessageBatch`.
#[napi(object)]
pub struct MessageBatch {
    pub data: Buffer,
    pub index: Uint32Array,
    pub more: bool,
}

fn state(handle: u32, broker: u32) -> Result<Arc<BrokerState>> {
    runtime(handle)?.state(broker).ok_or_else(|| no_broker(broker))
}

fn no_account(name: &str) -> napi::Error<String> {
    napi::Error::new(
        "NO_ACCOUNT".to_owned(),
        format!("there is no account {name}: name one of the configuration"),
    )
}

/// See `NativeAddon.subscribeInternal`.
#[napi]
pub fn subscribe_internal(
    handle: u32,
    broker: u32,
    account: String,
    subject: String,
    queue: Option<String>,
) -> Result<u32> {
    let state = state(handle, broker)?;
    let account = state.account(&account).ok_or_else(|| no_account(&account))?;
    state
        .internal()
        .subscribe(&account, subject.as_bytes(), queue.as_deref().map(str::as_bytes))
        .map_err(|error| napi::Error::new("INVALID_SUBJECT".to_owned(), error.to_string()))
}

/// See `NativeAddon.unsubscribeInternal`.
#[napi]
pub fn unsubscribe_internal(handle: u32, broker: u32, subscription: u32) -> bool {
    state(handle, broker).is_ok_and(|state| state.internal().unsubscribe(subscription))
}

/// See `NativeAddon.hasListeners`.
#[napi]
pub fn has_listeners(handle: u32, broker: u32, account: String, subjects: Vec<String>) -> bool {
    let account = state(handle, broker).ok().and_then(|state| state.account(&account));
    account.is_some_and(|account| account.has_listeners(&subjects))
}

/// See `NativeAddon.nextEventNumber`.
#[napi]
pub fn next_event_number(handle: u32, broker: u32) -> f64 {
    state(handle, broker).map_or(0.0, |state| state.next_event_number() as f64)
}

/// See `Addon.snappyFrame`.
#[napi]
pub fn snappy_frame(data: Uint8Array) -> Buffer {
    nt_broker::snappy_frame(&data).into()
}

/// See `NativeAddon.publishInternal`.
#[napi]
pub fn publish_internal(
    handle: u32,
    broker: u32,
    account: String,
    frames: Uint8Array,
    confirm: Option<f64>,
) -> Result<f64> {
    let runtime = runtime(handle)?;
    let broker = runtime.state(broker).ok_or_else(|| no_broker(broker))?;
    let account = broker.account(&account).ok_or_else(|| no_account(&account))?;
    let waiting = runtime.publish_internal(InternalPublish {
        broker,
        account,
        frames: frames.to_vec(),
        confirm: confirm.map(|number| number as u64),
    });
    Ok(waiting as f64)
}

/// See `NativeAddon.unpublishedInternal`.
#[napi]
pub fn unpublished_internal(handle: u32, broker: u32) -> f64 {
    state(handle, broker).map_or(0.0, |state| state.internal().unpublished() as f64)
}

/// See `NativeAddon.takeMessages`.
#[napi]
pub fn take_messages(handle: u32, broker: u32, messages_max: u32, bytes_max: u32) -> MessageBatch {
    let batch = state(handle, broker)
        .map(|state| state.internal().queue().take(messages_max as usize, bytes_max as usize))
        .unwrap_or_default();
    MessageBatch {
        index: index_frames(&batch.bytes).into(),
        data: batch.bytes.into(),
        more: batch.more,
    }
}
