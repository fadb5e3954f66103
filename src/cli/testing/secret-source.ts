/** Standard inputs for tests of commands that read a secret: a pipe with a content, a terminal with keys pressed. */
import { PassThrough, type Readable } from 'node:stream';
import type { SecretSource } from '../secret-input.js';

export interface TestSource extends SecretSource {
  /** All that was shown to the user. */
  prompted: string;
  /** In order: what was shown, and when the terminal stopped and began to echo. */
  events: ('prompt' | 'raw' | 'cooked')[];
}

export function piped(content: string | Uint8Array): TestSource {
  const input = new PassThrough();
  input.end(content);
  return testSource(input);
}

/** The user types when the first prompt is there, never before. */
export function typed(keys: string): TestSource {
  const input = new PassThrough();
  const setRawMode = (on: boolean) => source.events.push(on ? 'raw' : 'cooked');
  const source = testSource(Object.assign(input, { isTTY: true, setRawMode }), () => {
    if (source.prompted === '') setImmediate(() => input.write(keys));
  });
  return source;
}

function testSource(input: Readable, onPrompt = () => {}): TestSource {
  const source: TestSource = {
    input,
    prompted: '',
    events: [],
    prompt(text) {
      onPrompt();
      source.prompted += text;
      source.events.push('prompt');
    },
  };
  return source;
}
