//! The binding of the data plane: converts arguments, calls, converts results.
//!
//! Owns the addon's exports, its allocator and the table of handles. A runtime is created on the main thread and run on
//! workers, so JavaScript identifies it by a number. Contains no rule of the broker. `src/native/contract.ts` documents
//! the types and the meaning of all exports.

mod allocator;
#[cfg(feature = "bench")]
mod bench;
mod host_thread;
mod internal;
mod load;
mod log;
pub mod monitor;
mod plan;
mod snapshot;

use napi::bindgen_prelude::{Env, Function};
use napi::threadsafe_function::ThreadsafeFunctionCallMode;
use napi_derive::napi;
use nt_broker::{Account, AdmissionId, CloseReason, LameDuckNotice, User};
use nt_reactor::{Runtime, StartError};
use parking_lot::Mutex;
use plan::{BrokerPlan, PermissionsPlan};
use snapshot::{BrokerStats, ConnectionInfo, NativeEvent, SubscriptionInfo};
use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runtimes by handle: how the worker threads find the runtime that the main thread created.
static RUNTIMES: Mutex<BTreeMap<u32, Arc<Runtime>>> = Mutex::new(BTreeMap::new());

/// A handle is never reused: a worker that starts after its runtime was stopped must not find another runtime.
static NEXT_HANDLE: AtomicU32 = AtomicU32::new(0);

/// An error with a `code` that JavaScript can compare.
type Result<T> = std::result::Result<T, napi::Error<String>>;

fn runtime(handle: u32) -> Result<Arc<Runtime>> {
    RUNTIMES.lock().get(&handle).cloned().ok_or_else(|| {
        napi::Error::new(
            "NO_RUNTIME".to_owned(),
            format!("there is no runtime {handle}; it was stopped"),
        )
    })
}

/// Called once on each thread that loads the addon.
#[napi_derive::napi(module_exports)]
pub fn loaded(_exports: napi::bindgen_prelude::Object<'_>) -> napi::Result<()> {
    allocator::outlive_first_thread();
    Ok(())
}

/// The version of this addon; the control plane refuses an addon of another version.
#[napi]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// See `Addon.hashPassword`.
#[napi]
pub fn hash_password(password: String, cost: u32) -> napi::Result<String> {
    nt_reactor::hash_password(&password, cost).map_err(napi::Error::from_reason)
}

/// See `NativeAddon.createRuntime`.
#[napi]
pub fn create_runtime(env: Env, reactors: u32, on_wake: Function<'_, (), ()>) -> napi::Result<u32> {
    let wake = on_wake
        .build_threadsafe_function::<()>()
        .weak::<true>()
        .callee_handled::<false>()
        .build()?;
    let wake = move || {
        // A main thread that is ending takes no more calls; this is not an error.
        let _ = wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
    };
    let random = RandomState::new().build_hasher().finish();
    let runtime = Runtime::new(reactors.max(1) as usize, random, Box::new(wake))
        .map_err(|error| napi::Error::from_reason(format!("no event loop can be made: {error}")))?;
    runtime
        .start_interim()
        .map_err(|error| napi::Error::from_reason(format!("no thread can be started: {error}")))?;
    let handle = NEXT_HANDLE.fetch_add(1, Ordering::Relaxed);
    RUNTIMES.lock().insert(handle, runtime);
    // When a Node thread ends, Node also ends its workers, but not the interim threads.
    env.add_env_cleanup_hook(handle, stop_runtime)?;
    Ok(handle)
}

/// See `NativeAddon.runReactor`.
#[napi]
pub fn run_reactor(env: Env, handle: u32, index: u32) -> Result<()> {
    let failed = |error: io::Error| napi::Error::new("REACTOR_FAILED".to_owned(), error.to_string());
    runtime(handle)?
        .run_on(index as usize, host_thread::of(env))
        .map_err(failed)
}

/// See `NativeAddon.stopRuntime`.
#[napi]
pub fn stop_runtime(handle: u32) {
    let runtime = RUNTIMES.lock().remove(&handle);
    if let Some(runtime) = runtime {
        runtime.stop();
        runtime.join_interim();
    }
}

/// See `NativeAddon.takeEvents`.
#[napi]
pub fn take_events(handle: u32) -> Vec<NativeEvent> {
    match runtime(handle) {
        Ok(runtime) => runtime.take_events().into_iter().map(NativeEvent::from).collect(),
        Err(_) => Vec::new(),
    }
}

/// A broker that runs; see `StartedBroker`.
#[napi(object)]
#[allow(missing_docs)]
pub struct StartedBroker {
    pub broker: u32,
    pub listeners: Vec<BoundListener>,
}

/// See `BoundListener`.
#[napi(object)]
#[allow(missing_docs)]
pub struct BoundListener {
    pub kind: String,
    pub host: String,
    pub port: u32,
}

impl From<nt_reactor::BoundListener> for BoundListener {
    fn from(bound: nt_reactor::BoundListener) -> Self {
        Self {
            kind: bound.kind.as_str().to_owned(),
            host: bound.address.ip().to_string(),
            port: u32::from(bound.address.port()),
        }
    }
}

/// See `NativeAddon.startBroker`.
#[napi]
pub fn start_broker(handle: u32, plan: BrokerPlan) -> Result<StartedBroker> {
    let runtime = runtime(handle)?;
    let plan = plan
        .compile()
        .map_err(|text| napi::Error::new("INVALID_PLAN".to_owned(), text))?;
    let started = runtime.start_broker(plan).map_err(|error| {
        let code = code_of(&error);
        napi::Error::new(code.to_owned(), error.to_string())
    })?;
    Ok(StartedBroker {
        broker: started.broker,
        listeners: started.listeners.into_iter().map(BoundListener::from).collect(),
    })
}

fn code_of(error: &StartError) -> &'static str {
    match (error, error.source_error().kind()) {
        (StartError::Host { .. }, _) => "ENOTFOUND",
        (_, io::ErrorKind::AddrInUse) => "EADDRINUSE",
        (_, io::ErrorKind::PermissionDenied) => "EACCES",
        (_, io::ErrorKind::AddrNotAvailable) => "EADDRNOTAVAIL",
        _ => "ELISTEN",
    }
}

/// A reload that has begun; see `StartedReload`.
#[napi(object)]
#[allow(missing_docs)]
pub struct StartedReload {
    pub number: f64,
    pub closing: u32,
}

/// See `NativeAddon.reloadBroker`.
#[napi]
pub fn reload_broker(handle: u32, broker: u32, plan: BrokerPlan) -> Result<StartedReload> {
    let runtime = runtime(handle)?;
    let plan = plan
        .compile()
        .map_err(|text| napi::Error::new("INVALID_PLAN".to_owned(), text))?;
    let started = runtime.reload_broker(broker, plan).ok_or_else(|| no_broker(broker))?;
    Ok(StartedReload {
        number: started.number as f64,
        closing: started.closing as u32,
    })
}

/// See `NativeAddon.stopBroker`.
#[napi]
pub fn stop_broker(handle: u32, broker: u32) {
    if let Ok(runtime) = runtime(handle) {
        runtime.stop_broker(broker);
    }
}

/// See `NativeAddon.enterLameDuck`.
#[napi]
pub fn enter_lame_duck(handle: u32, broker: u32) {
    if let Ok(runtime) = runtime(handle) {
        runtime.enter_lame_duck(broker);
    }
}

/// See `NativeAddon.watchConnects`.
#[napi]
pub fn watch_connects(handle: u32, broker: u32, on: bool) {
    if let Some(state) = runtime(handle).ok().and_then(|runtime| runtime.state(broker)) {
        state.watch_connects(on);
    }
}

/// See `NativeAddon.closeConnection`.
#[napi]
pub fn close_connection(handle: u32, broker: u32, cid: f64, reason: String) -> bool {
    let reason = CloseReason::from_text(&reason).unwrap_or(CloseReason::Kicked);
    runtime(handle).is_ok_and(|runtime| runtime.close_connection(broker, cid as u64, reason))
}

/// See `NativeAddon.notifyLameDuck`.
#[napi]
pub fn notify_lame_duck(handle: u32, broker: u32, cid: f64) -> String {
    let notice = runtime(handle).map_or(LameDuckNotice::NoClient, |runtime| {
        runtime.notify_lame_duck(broker, cid as u64)
    });
    let text = match notice {
        LameDuckNotice::Sent => "sent",
        LameDuckNotice::NoClient => "no client",
        LameDuckNotice::NotReady => "not ready",
    };
    text.to_owned()
}

/// Whom the program lets in; see `AuthenticatedUser`.
#[napi(object)]
#[allow(missing_docs)]
pub struct AuthenticatedUser {
    pub user: String,
    pub account: Option<String>,
    pub permissions: Option<PermissionsPlan>,
}

impl AuthenticatedUser {
    fn compile(self) -> std::result::Result<Arc<User>, String> {
        let Self {
            user,
            account,
            permissions,
        } = self;
        let whose = format!("user {user:?}");
        let permissions = permissions.map(|permissions| permissions.compile(&whose)).transpose()?;
        let account = account.unwrap_or_else(|| Account::GLOBAL.to_owned());
        Ok(Arc::new(User::without_password(
            user,
            account,
            permissions.map(Arc::new),
        )))
    }
}

/// See `NativeAddon.answerAuthentication`.
#[napi]
pub fn answer_authentication(handle: u32, request: f64, user: Option<AuthenticatedUser>) -> Result<()> {
    let Ok(runtime) = runtime(handle) else { return Ok(()) };
    let id = AdmissionId::from_number(request as u64);
    let admitted = user.map(AuthenticatedUser::compile);
    match admitted.transpose() {
        Ok(user) => {
            runtime.answer_admission(id, user);
            Ok(())
        }
        Err(text) => {
            runtime.answer_admission(id, None);
            Err(napi::Error::new("INVALID_PLAN".to_owned(), text))
        }
    }
}

/// See `NativeAddon.stats`.
#[napi]
pub fn stats(handle: u32, broker: u32) -> Result<BrokerStats> {
    let state = runtime(handle)?.state(broker).ok_or_else(|| no_broker(broker))?;
    Ok(BrokerStats::of(&state))
}

/// See `NativeAddon.connections`.
#[napi]
pub fn connections(handle: u32, broker: u32) -> Result<Vec<ConnectionInfo>> {
    let state = runtime(handle)?.state(broker).ok_or_else(|| no_broker(broker))?;
    Ok(state.connections().into_iter().map(ConnectionInfo::from).collect())
}

/// See `NativeAddon.subscriptions`.
#[napi]
pub fn subscriptions(handle: u32, broker: u32, cid: Option<f64>) -> Result<Vec<SubscriptionInfo>> {
    let state = runtime(handle)?.state(broker).ok_or_else(|| no_broker(broker))?;
    Ok(state
        .subscriptions(cid.map(|cid| cid as u64))
        .into_iter()
        .map(SubscriptionInfo::from)
        .collect())
}

/// See `NativeAddon.closedSubscriptions`.
#[napi]
pub fn closed_subscriptions(handle: u32, broker: u32, cid: Option<f64>) -> Result<Vec<SubscriptionInfo>> {
    let state = runtime(handle)?.state(broker).ok_or_else(|| no_broker(broker))?;
    Ok(state
        .closed_subscriptions(cid.map(|cid| cid as u64))
        .into_iter()
        .map(SubscriptionInfo::from)
        .collect())
}

fn no_broker(broker: u32) -> napi::Error<String> {
    napi::Error::new(
        "NO_BROKER".to_owned(),
        format!("there is no broker {broker}; it was stopped"),
    )
}
