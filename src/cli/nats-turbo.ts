#!/usr/bin/env node
/**
 * The command `nats-turbo`: parses its arguments and calls the code of one action. Code that only some actions need is
 * loaded by those.
 */

import {
  ConfigError,
  configure,
  formatProblem,
  OptionsError,
  parseFlags,
  redactArgs,
  tlsUsage,
  usage,
} from '../config/index.js';
import { COMPAT_VERSION, OWN_VERSION } from '../version.js';
import { type Outcome, print, STDERR, STDOUT } from './print.js';

/** The prefix of error messages, which tools look for. */
const PREFIX = 'nats-server: ';

/** By their first word; they take the rest of the arguments. */
const SUB_COMMANDS: ReadonlyMap<string, (args: readonly string[]) => Promise<Outcome>> = new Map([
  ['config', async (args) => (await import('../explain/command.js')).configCommand(args)],
  ['doctor', async (args) => (await import('../doctor/command.js')).doctorCommand(args)],
  ['nkey', async (args) => (await import('./nkey.js')).nkeyCommand(args)],
  ['passwd', async (args) => (await import('./passwd.js')).passwdCommand(args)],
]);

async function main(args: readonly string[]): Promise<void> {
  const [word = '', ...rest] = args;
  const subCommand = SUB_COMMANDS.get(word);
  if (subCommand) return finish(await subCommand(rest));
  const command = parseFlags(args);
  switch (command.action) {
    case 'run': {
      // Other users of the machine see neither the secrets nor `node` as the name of the process.
      process.title = ['nats-turbo', ...redactArgs(args)].join(' ');
      const configured = configure(command.options);
      warn([...command.warnings, ...configured.warnings.map(formatProblem)]);
      const { run } = await import('./run.js');
      await run(configured, command.options);
      break;
    }
    case 'check': {
      const { options, warnings } = command;
      warn(warnings);
      const checked = configure(options, { checkOnly: true });
      // Options ignored by --allow-unsupported pass the check; the warnings show which would have no effect.
      warn([...checked.warnings.map(formatProblem), ...checked.cautions]);
      print(STDERR, `${PREFIX}configuration file ${options.configFile} is valid (${checked.digest})\n`);
      break;
    }
    case 'version':
      print(STDOUT, `${PREFIX}v${COMPAT_VERSION} (nats-turbo ${OWN_VERSION})\n`);
      break;
    case 'help':
      print(STDOUT, usage(OWN_VERSION, COMPAT_VERSION));
      break;
    case 'help_tls':
      print(STDOUT, tlsUsage());
      break;
    case 'signal': {
      const { sendSignal } = await import('./send-signal.js');
      sendSignal(command.command, command.target);
      break;
    }
    case 'usage':
      print(STDERR, `${command.message}\n`);
      print(STDOUT, usage(OWN_VERSION, COMPAT_VERSION));
      break;
    case 'error':
      fail(command.message);
      break;
  }
}

/** Prints the output of a sub-command and sets the exit code. */
function finish({ code, stdout, stderr }: Outcome): void {
  print(STDOUT, stdout);
  print(STDERR, stderr);
  process.exitCode = code;
}

function warn(warnings: readonly string[]): void {
  for (const warning of warnings) print(STDERR, `${warning}\n`);
}

function fail(message: string): void {
  print(STDERR, `${PREFIX}${message}\n`);
  process.exitCode = 1;
}

main(process.argv.slice(2)).catch((error: Error) => {
  // Flags have the names of a file.
  if (error instanceof OptionsError) return fail(error.inFile().message);
  const expected = error instanceof ConfigError || 'code' in error;
  fail(expected || error.name === 'SignalError' ? error.message : (error.stack ?? error.message));
});
