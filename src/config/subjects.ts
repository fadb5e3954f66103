/**
 * Which subjects may be named, and how patterns relate. Checks only; matching messages belongs to the data plane.
 */

import { quote } from './text.js';

const BLANK = /[ \t\n\r\f]/;

/** Whether every token is non-empty and without blanks, and `>` stands only at the end. */
export function isValidSubject(subject: string): boolean {
  const tokens = subject.split('.');
  return tokens.every((token, index) => {
    if (token === '' || BLANK.test(token)) return false;
    return token !== '>' || index === tokens.length - 1;
  });
}

/** Whether a valid subject stands for several. */
export function hasWildcard(subject: string): boolean {
  return subject.split('.').some((token) => token === '*' || token === '>');
}

/** Whether every subject that `subject` matches is one that `pattern` matches. */
export function isSubset(subject: string, pattern: string): boolean {
  const [tokens, wanted] = [subject.split('.'), pattern.split('.')];
  for (const [at, token] of wanted.entries()) {
    if (token === '>') return tokens.length > at;
    const own = tokens[at];
    if (own === undefined || own === '>') return false;
    if (own !== token && token !== '*') return false;
  }
  return tokens.length === wanted.length;
}

/** Whether there are subjects that both match. */
export function overlap(one: string, other: string): boolean {
  const [tokens, others] = [one.split('.'), other.split('.')];
  const shorter = Math.min(tokens.length, others.length);
  for (let at = 0; at < shorter; at += 1) {
    const pair = [tokens[at], others[at]];
    if (pair.includes('>')) return true;
    if (pair[0] !== pair[1] && !pair.includes('*')) return false;
  }
  return tokens.length === others.length;
}

/** What is wrong with a list of permission subjects; undefined when nothing is. */
export function subjectListProblem(subjects: readonly string[], allowQueue: boolean): string | undefined {
  for (const subject of subjects) {
    if (isValidSubject(subject)) continue;
    const [name, queue, ...more] = subject.split(/\s+/).filter((field) => field !== '');
    if (!allowQueue || name === undefined || queue === undefined || more.length > 0) {
      return `subject ${quote(subject)} is not a valid subject`;
    }
    if (!isValidSubject(name)) return `subject ${quote(name)} is not a valid subject`;
    if (!isValidSubject(queue)) return `queue ${quote(queue)} is not a valid queue`;
  }
  return undefined;
}
