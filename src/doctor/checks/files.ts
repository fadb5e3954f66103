/** Files the broker writes beside its work, and the file it is told by. */

import { dirname, resolve } from 'node:path';
import { bytesText, type Finding, ok, problem, warning } from '../finding.js';
import type { Patient } from '../patient.js';
import type { Surroundings } from '../surroundings.js';

const LOG_FREE_BYTES_MIN = 256 * 1024 ** 2;

export function checkFiles({ options }: Patient, machine: Surroundings): Finding[] {
  const findings: Finding[] = [];
  if (options.logFile) {
    findings.push(checkFile('log_file', options.logFile, machine), ...checkLogRoom(options, machine));
  }
  if (options.pidFile) findings.push(checkFile('pid_file', options.pidFile, machine));
  if (options.portsFileDir) findings.push(checkFolder('ports_file_dir', options.portsFileDir, machine));
  return findings;
}

function checkFile(option: string, path: string, machine: Surroundings): Finding {
  const check = `${option} ${path}`;
  const facts = machine.look(resolve(path));
  if (typeof facts !== 'string') {
    if (facts.kind === 'directory') return problem(check, 'is a directory', 'Name a file in it.');
    if (!facts.writable) return problem(check, 'is not writable', 'Give it to the user the broker runs as.');
    return ok(check, 'exists and is writable');
  }
  return checkFolder(option, dirname(resolve(path)), machine, check);
}

function checkFolder(option: string, path: string, machine: Surroundings, check = `${option} ${path}`): Finding {
  const facts = machine.look(resolve(path));
  const where = `the directory ${path}`;
  if (facts === 'ENOENT') return problem(check, `${where} does not exist`, 'Create it: the broker does not.');
  if (typeof facts === 'string') {
    return problem(check, `${where} can not be looked at (${facts})`, 'Correct the path or its permissions.');
  }
  if (facts.kind !== 'directory') return problem(check, `${path} is no directory`, 'Correct the path.');
  if (!facts.writable) return problem(check, `${where} is not writable`, 'Give it to the user the broker runs as.');
  return ok(check, `${where} is writable`);
}

/** A log without a limit ends with a full disk. */
function checkLogRoom({ logFile, logSizeLimit }: Patient['options'], machine: Surroundings): Finding[] {
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

/** A file with secrets in it that everyone may read. */
export function checkConfigFile({ file, options }: Patient, machine: Surroundings): Finding[] {
  if (file === undefined) return [];
  const facts = machine.look(resolve(file));
  const { token, users } = options.authorization;
  const secrets = token !== undefined || users.some(({ password }) => password !== '');
  if (typeof facts === 'string' || !secrets || machine.platform === 'win32' || (facts.mode & 0o004) === 0) return [];
  const todo = `Keep it to the user the broker runs as: chmod o-r ${file}.`;
  return [warning(`file ${file}`, 'holds credentials, and every user of this machine may read it', todo)];
}
