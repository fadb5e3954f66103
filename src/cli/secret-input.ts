/**
 * Reads secrets from standard input: without echo from a terminal, all of it from a pipe or file. Prompts go to standard
 * error, so that standard output has only results. Never prints what it read, errors included.
 */
import { createInterface } from 'node:readline';
import { type Readable, Writable } from 'node:stream';
import { print, STDERR } from './print.js';

/** Where secrets come from; replaced in tests. */
export interface SecretSource {
  input: Readable & { isTTY?: boolean };
  prompt(text: string): void;
}

/** What was read can't be used; the message says why. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/** The user ended the input with Ctrl-C or Ctrl-D. */
export class CancelledError extends Error {
  override readonly name = 'CancelledError';
}

/** More than any secret has; what follows is not read. */
const BYTES_MAX = 64 * 1024;

export function standardInput(): SecretSource {
  return { input: process.stdin, prompt: (text) => print(STDERR, text) };
}

/** One answer for each prompt from a terminal, otherwise all the text there is as the only answer. */
export async function readSecrets(prompts: readonly string[], source: SecretSource): Promise<string[]> {
  return source.input.isTTY ? ask(prompts, source) : [await readText(source.input)];
}

/** Edits lines as terminals do; what would be echoed is thrown away. */
function ask(prompts: readonly string[], { input, prompt }: SecretSource): Promise<string[]> {
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input, output, terminal: true, historySize: 0 });
  const answers: string[] = [];
  const promptNext = () => prompt(prompts[answers.length] ?? '');
  return new Promise((resolve, reject) => {
    const isComplete = () => answers.length === prompts.length;
    terminal.on('line', (line) => {
      // Of a pasted text only as many lines count as were asked for.
      if (isComplete()) return;
      answers.push(line);
      prompt('\n');
      if (isComplete()) terminal.close();
      else promptNext();
    });
    terminal.on('SIGINT', () => terminal.close());
    terminal.on('close', () => (isComplete() ? resolve(answers) : reject(new CancelledError('cancelled'))));
    // The terminal echoes nothing from here on.
    promptNext();
  });
}

/** Without the line end that `echo` and editors append. */
async function readText(input: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of input as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > BYTES_MAX) throw new InputError(`standard input has more than ${BYTES_MAX} bytes`);
  }
  return decode(Buffer.concat(chunks)).replace(/\r?\n$/, '');
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new InputError('standard input is not text in UTF-8');
  }
}
