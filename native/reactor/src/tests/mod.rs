//! Loops on real threads with real sockets: what the sans-IO tests of the broker can't see.
//!
//! `world` starts loops and brokers and speaks as a client; `sockets` is about one connection and its socket, `threads`
//! about many that move between loops while everything flows, `reload` about plans that change meanwhile,
//! `interim` about loops that change threads, `credentials` about threads that check them, `connect` about connections that
//! the broker opens, `transport` about layers over a socket, of which `frame_layer` is one.

mod connect;
mod credentials;
mod frame_layer;
mod interim;
mod reload;
mod sockets;
mod threads;
mod transport;
mod world;
