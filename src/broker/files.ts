/** The files a running broker leaves for tools: its process id, and the ports it listens on. */
import { unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemText } from '../system-text.js';
import { BrokerError, PermissionError } from './errors.js';

export interface Ports {
  nats?: string[];
  monitoring?: string[];
  profile?: string[];
}

/** Writes the decimal process id, nothing else. The file stays after the end: tools expect that. */
export function writePidFile(path: string): void {
  try {
    writeFileSync(path, String(process.pid));
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

/** The same for a broker that runs, and goes on without. Returns the sentence for the log when it fails. */
export function renewPidFile(path: string): string | undefined {
  try {
    writeFileSync(path, String(process.pid));
    return undefined;
  } catch (error) {
    return `Failed to write pidfile: open ${path}: ${systemText(error)}`;
  }
}

/** Tools look for this very name, whatever the executable is called. */
export function portsFilePath(dir: string): string {
  return join(dir, `nats-server_${process.pid}.ports`);
}

/** Returns the sentence for the log when it fails: the ports file is a convenience. */
export function writePortsFile(dir: string, ports: Ports): string | undefined {
  const path = portsFilePath(dir);
  try {
    writeFileSync(path, JSON.stringify(ports));
    return undefined;
  } catch (error) {
    return `Error writing ports file (${path}): open ${path}: ${systemText(error)}`;
  }
}

/** Returns the sentence for the log when it fails. */
export function removePortsFile(dir: string): string | undefined {
  const path = portsFilePath(dir);
  try {
    unlinkSync(path);
    return undefined;
  } catch (error) {
    return `Error cleaning up ports file ${path}: remove ${path}: ${systemText(error)}`;
  }
}
