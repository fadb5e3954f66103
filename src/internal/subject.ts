/** Which texts are subjects, for those who publish and subscribe. */
import { invalidSubject } from './errors.js';

/** Blanks and control characters end an argument of the protocol. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
const FORBIDDEN = /[\u0000-\u0020\u007f]/;

/** Throws unless messages can be published on it. */
export function checkLiteral(subject: string): void {
  if (!isSubject(subject) || /(^|\.)[*>](\.|$)/.test(subject)) throw invalidSubject('subject to publish on', subject);
}

/** Throws unless it can be subscribed to. */
export function checkPattern(subject: string): void {
  if (!isSubject(subject) || /(^|\.)>\./.test(subject)) throw invalidSubject('subject to subscribe to', subject);
}

export function checkQueue(queue: string): void {
  if (typeof queue !== 'string' || queue === '' || FORBIDDEN.test(queue)) throw invalidSubject('queue group', queue);
}

function isSubject(subject: string): boolean {
  return typeof subject === 'string' && !FORBIDDEN.test(subject) && !/^$|^\.|\.$|\.\./.test(subject);
}
