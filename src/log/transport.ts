/**
 * Writes log text to a file, standard error or a syslog: through threads of the addon, or synchronously without it.
 *
 * With the threads, neither a hanging disk nor a full pipe nor a slow network blocks this thread. On Windows, and when the
 * addon can't be loaded, text is written synchronously.
 */
import { closeSync, writeSync } from 'node:fs';
import { type LogAddon, loadAddon } from '../native/index.js';

export interface TransportState {
  /** Bytes queued. */
  waiting: number;
  problem?: string | undefined;
}

export interface LogTransport {
  /** Returns how many bytes are queued now. Never throws. */
  write(text: string): number;
  /** Continues in another open file; closes the old one once the text queued before is written. */
  replace(fd: number): void;
  state(): TransportState;
  /** Waits until everything is written, at most `timeoutMs`. */
  flush(timeoutMs: number): void;
  close(): void;
}

const STDERR_FD = 2;

/** Writes to a file that is open for appending, and owns it from here on, or to standard error. */
export function fileTransport(fd: number | 'stderr'): LogTransport {
  const addon = threadedAddon();
  if (!addon) return new SyncTransport(fd);
  return addonTransport(addon, fd === 'stderr' ? addon.openLogStderr() : addon.openLogFile(fd));
}

function threadedAddon(): LogAddon | undefined {
  if (process.platform === 'win32') return undefined;
  try {
    return loadAddon();
  } catch {
    // The start reports the error, and that line has to be written, too.
    return undefined;
  }
}

/** Throws an Error with the system's message. */
export function syslogTransport(network: 'udp' | 'tcp' | 'unix', addresses: string[]): LogTransport {
  const addon = loadAddon();
  return addonTransport(addon, addon.openSyslog(network, addresses));
}

function addonTransport(addon: LogAddon, handle: number): LogTransport {
  let open = true;
  return {
    write: (text) => (open ? addon.writeLog(handle, text) : 0),
    replace: (fd) => addon.replaceLogFile(handle, fd),
    state: () => (open ? addon.logState(handle) : { waiting: 0 }),
    flush: (timeoutMs) => {
      if (open) addon.flushLog(handle, timeoutMs);
    },
    close: () => {
      if (open) addon.closeLog(handle);
      open = false;
    },
  };
}

/** Writes synchronously. Text that can't be written is lost; `state` returns the reason. */
class SyncTransport implements LogTransport {
  #fd: number | 'stderr';
  #problem: string | undefined;

  constructor(fd: number | 'stderr') {
    this.#fd = fd;
  }

  write(text: string): number {
    try {
      let rest = Buffer.from(text);
      while (rest.length > 0) {
        rest = rest.subarray(writeSync(this.#fd === 'stderr' ? STDERR_FD : this.#fd, rest));
      }
      this.#problem = undefined;
    } catch (error) {
      // A closed pipe or a full disk must not end the broker.
      this.#problem = (error as Error).message;
    }
    return 0;
  }

  replace(fd: number): void {
    this.close();
    this.#fd = fd;
  }

  state(): TransportState {
    return { waiting: 0, problem: this.#problem };
  }

  flush(): void {}

  close(): void {
    if (this.#fd !== 'stderr') closeSync(this.#fd);
  }
}
