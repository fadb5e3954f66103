/** Runs other programs for the scripts, and says in one line what to do when one is missing or fails. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from './root.mjs';

/** A failure whose message is all that the user needs; the scripts print it without a stack. */
export class StepFailed extends Error {}

/** What runs for us at the moment, and must not outlive us. */
const children = new Set();
const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

function passOn(signal) {
  for (const child of children) child.kill(signal);
  process.exit(signals[signal]);
}

/** Without children a signal does what it does to any program. */
function watch(child) {
  if (children.size === 0) for (const signal of Object.keys(signals)) process.on(signal, passOn);
  children.add(child);
}

function unwatch(child) {
  children.delete(child);
  if (children.size === 0) for (const signal of Object.keys(signals)) process.off(signal, passOn);
}

/**
 * Runs to the end. Rejects with StepFailed unless the exit code is 0 (or `anyCode`); resolves to code and, with
 * `capture`, what was written on stdout, which is passed on as well.
 *
 * Our own stdout belongs to the broker, so what helpers say goes to stderr.
 */
export function run(command, args, { env, cwd = root, capture = false, anyCode = false, quiet = false, hint } = {}) {
  return new Promise((resolve, reject) => {
    const stdout = capture ? 'pipe' : quiet ? 'ignore' : process.stderr;
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', stdout, 'inherit'] });
    watch(child);
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
      if (!quiet) process.stdout.write(chunk);
    });
    child.on('error', (error) => {
      unwatch(child);
      const missing = error.code === 'ENOENT';
      reject(
        new StepFailed(missing ? `${command} is missing: ${hint ?? 'install it'}` : `${command}: ${error.message}`),
      );
    });
    child.on('close', (code, signal) => {
      unwatch(child);
      if (code === 0 || anyCode) resolve({ code: code ?? 1, text });
      else reject(new StepFailed(`${[command, ...args].join(' ')} ended with ${signal ?? `exit code ${code}`}`));
    });
  });
}

/** npm of this Node, also where only `npm run` knows where it is. */
export function npm(args, options) {
  const script = process.env.npm_execpath;
  if (script?.endsWith('.js')) return run(process.execPath, [script, ...args], options);
  const command = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  return run(command, args, { hint: 'it comes with Node', ...options });
}

/** The command of an installed development dependency. */
export function tool(file, args, options) {
  return run(process.execPath, [join(root, 'node_modules', file), ...args], options);
}

export function say(text) {
  process.stderr.write(`nats-turbo: ${text}\n`);
}

/** Runs a script's main function; ends the process with 1 and a sentence when a step failed. */
export async function main(work) {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}
