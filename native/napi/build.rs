//! Linker settings: Node provides the N-API symbols, and the addon is never unloaded.

fn main() {
    napi_build::setup();
    // Node unloads an addon when the last thread that required it ends. Threads that end later still call the
    // allocator's thread destructor, so its code has to stay loaded.
    let unix = std::env::var_os("CARGO_CFG_UNIX").is_some();
    let macos = std::env::var("CARGO_CFG_TARGET_VENDOR").is_ok_and(|vendor| vendor == "apple");
    if unix && !macos {
        println!("cargo:rustc-link-arg-cdylib=-Wl,-z,nodelete");
    }
}
