/**
 * What carries log text out: the addon's threads, or plain writes where there is no addon.
 *
 * The threads keep a disk that hangs, a pipe nobody reads and a slow network away from this thread. Without them, on
 * Windows and when the addon itself is what is missing, text is written at once.
 */
import { closeSync, writeSync } from 'node:fs';
import { type LogAddon, loadAddon } from '../native/index.js';

export interface PumpState {
  /** Bytes not yet written. */
  waiting: number;
  problem?: string | undefined;
}

export interface Pump {
  /** Returns how many bytes wait now. Never throws. */
  write(text: string): number;
  /** Goes on in another open file and closes the old one once it has what came before. */
  replace(fd: number): void;
  state(): PumpState;
  /** Waits until all is written, or for so long. */
  flush(patienceMs: number): void;
  close(): void;
}

const STDERR_FD = 2;

/** To a file open for appending, which the pump owns from here on, or to standard error. */
export function filePump(fd: number | 'stderr'): Pump {
  const addon = threads();
  if (!addon) return new DirectPump(fd);
  return addonPump(addon, fd === 'stderr' ? addon.openLogStderr() : addon.openLogFile(fd));
}

function threads(): LogAddon | undefined {
  if (process.platform === 'win32') return undefined;
  try {
    return loadAddon();
  } catch {
    // Whoever needs it to run says so, and that line has to go somewhere.
    return undefined;
  }
}

/** Throws an Error in the system's words. */
export function syslogPump(network: 'udp' | 'tcp' | 'unix', addresses: string[]): Pump {
  const addon = loadAddon();
  return addonPump(addon, addon.openSyslog(network, addresses));
}

function addonPump(addon: LogAddon, handle: number): Pump {
  let open = true;
  return {
    write: (text) => (open ? addon.writeLog(handle, text) : 0),
    replace: (fd) => addon.replaceLogFile(handle, fd),
    state: () => (open ? addon.logState(handle) : { waiting: 0 }),
    flush: (patienceMs) => {
      if (open) addon.flushLog(handle, patienceMs);
    },
    close: () => {
      if (open) addon.closeLog(handle);
      open = false;
    },
  };
}

/** Writes at once; what is not taken is lost and told. */
class DirectPump implements Pump {
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
      // Nobody reads, or there is no room: logging must not take the broker down.
      this.#problem = (error as Error).message;
    }
    return 0;
  }

  replace(fd: number): void {
    this.close();
    this.#fd = fd;
  }

  state(): PumpState {
    return { waiting: 0, problem: this.#problem };
  }

  flush(): void {}

  close(): void {
    if (this.#fd !== 'stderr') closeSync(this.#fd);
  }
}
