/** Which subjects a permission may name. Checks only; matching belongs to the data plane. */

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
