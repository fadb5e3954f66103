/** The files a running broker writes for tools: its process id, and the ports it listens on. */
import { unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemText } from '../system-text.js';
import { BrokerError, PermissionError } from './errors.js';

export interface Ports {
  nats?: string[];
  monitoring?: string[];
  profile?: string[];
}

/** As in nats-server: only the user of the broker may read it. */
const PID_FILE_MODE = 0o600;

/** Writes the decimal process id, nothing else. The file is never removed: tools expect that. */
export function writePidFile(path: string): void {
  try {
    writeFileSync(path, String(process.pid), { mode: PID_FILE_MODE });
  } catch (error) {
    const reason = systemText(error);
    const { code = 'PID_FILE' } = error as NodeJS.ErrnoException;
    const remedy = code === 'ENOENT' ? 'create its folder' : 'let this user write there';
    const message = `can't write the pid file ${path} (${reason}): ${remedy}, or choose another path`;
    const logText = `Could not write pidfile: open ${path}: ${reason}`;
    const Kind = code === 'EACCES' || code === 'EPERM' ? PermissionError : BrokerError;
    throw new Kind(code, message, logText, error);
  }
}

/** The same during a reload, which goes on when it fails. Returns the text of the log line then. */
export function rewritePidFile(path: string): string | undefined {
  try {
    writeFileSync(path, String(process.pid), { mode: PID_FILE_MODE });
    return undefined;
  } catch (error) {
    return `Failed to write pidfile: open ${path}: ${systemText(error)}`;
  }
}

/** Tools look for this name, whatever the executable is called. */
export function portsFilePath(dir: string): string {
  return join(dir, `nats-server_${process.pid}.ports`);
}

/** Returns the text of the log line when it fails: the broker runs without it. */
export function writePortsFile(dir: string, ports: Ports): string | undefined {
  const path = portsFilePath(dir);
  try {
    writeFileSync(path, JSON.stringify(ports));
    return undefined;
  } catch (error) {
    return `Error writing ports file (${path}): open ${path}: ${systemText(error)}`;
  }
}

/** Returns the text of the log line when it fails. */
export function removePortsFile(dir: string): string | undefined {
  const path = portsFilePath(dir);
  try {
    unlinkSync(path);
    return undefined;
  } catch (error) {
    return `Error cleaning up ports file ${path}: remove ${path}: ${systemText(error)}`;
  }
}
