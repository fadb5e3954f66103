/** The files the broker writes (log, pid, ports), and the permissions of its configuration file. */

import { dirname, resolve } from 'node:path';
import type { CheckInput } from '../check-input.js';
import { bytesText, type Finding, ok, problem, warning } from '../finding.js';
import type { Machine } from '../machine.js';

const LOG_FREE_BYTES_MIN = 256 * 1024 ** 2;

export function checkFiles({ options }: CheckInput, machine: Machine): Finding[] {
  const findings: Finding[] = [];
  if (options.logFile) {
    findings.push(checkFile('log_file', options.logFile, machine), ...checkLogRoom(options, machine));
  }
  if (options.pidFile) findings.push(checkFile('pid_file', options.pidFile, machine));
  if (options.portsFileDir) findings.push(checkFolder('ports_file_dir', options.portsFileDir, machine));
  return findings;
}

function checkFile(option: string, path: string, machine: Machine): Finding {
  const check = `${option} ${path}`;
  const facts = machine.stat(resolve(path));
  if (typeof facts !== 'string') {
    if (facts.kind === 'directory') return problem(check, 'is a directory', 'Name a file in it.');
    if (!facts.writable) return problem(check, 'is not writable', 'Give it to the user the broker runs as.');
    return ok(check, 'exists and is writable');
  }
  return checkFolder(option, dirname(resolve(path)), machine, check);
}

function checkFolder(option: string, path: string, machine: Machine, check = `${option} ${path}`): Finding {
  const facts = machine.stat(resolve(path));
  const where = `the directory ${path}`;
  if (facts === 'ENOENT') return problem(check, `${where} does not exist`, 'Create it: the broker does not.');
  if (typeof facts === 'string') {
    return problem(check, `${where} can not be looked at (${facts})`, 'Correct the path or its permissions.');
  }
  if (facts.kind !== 'directory') return problem(check, `${path} is no directory`, 'Correct the path.');
  if (!facts.writable) return problem(check, `${where} is not writable`, 'Give it to the user the broker runs as.');
  return ok(check, `${where} is writable`);
}

/** Free space for the log, and whether its size is limited. */
function checkLogRoom({ logFile, logSizeLimit }: CheckInput['options'], machine: Machine): Finding[] {
  const check = `log_file ${logFile}`;
  const findings: Finding[] = [];
  const free = machine.fileSystem(dirname(resolve(logFile ?? '')))?.freeBytes;
  if (free !== undefined && free < LOG_FREE_BYTES_MIN) {
    findings.push(problem(check, `${bytesText(free)} free`, 'Free some space, or log to another disk.'));
  }
  if (logSizeLimit === 0) {
    const todo = 'Set log_size_limit and log_max_num, unless logrotate sends SIGUSR1.';
    findings.push(warning(check, 'grows without limit', todo));
  }
  return findings;
}

/** A configuration file with secrets that every user may read. */
export function checkConfigFile({ file, options }: CheckInput, machine: Machine): Finding[] {
  if (file === undefined) return [];
  const facts = machine.stat(resolve(file));
  const { token, users } = options.authorization;
  const secrets = token !== undefined || users.some(({ password }) => password !== '');
  if (typeof facts === 'string' || !secrets || machine.platform === 'win32' || (facts.mode & 0o004) === 0) return [];
  const todo = `Keep it to the user the broker runs as: chmod o-r ${file}.`;
  return [warning(`file ${file}`, 'holds credentials, and every user of this machine may read it', todo)];
}
