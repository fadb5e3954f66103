/** Subjects, renaming and permissions, written out token by token for the model alone. Uses no code of the broker. */
import type { Permissions } from './setup.js';

/** Whether a subject matches a pattern. Wildcards in the subject are ordinary tokens. */
export function matches(subject: string, pattern: string): boolean {
  const [tokens, wanted] = [subject.split('.'), pattern.split('.')];
  const fits = (part: string[]) => part.every((token, at) => token === '*' || token === tokens[at]);
  if (wanted.at(-1) === '>') return tokens.length >= wanted.length && fits(wanted.slice(0, -1));
  return tokens.length === wanted.length && fits(wanted);
}

/** Whether everything that matches one pattern matches the other one, too. */
export function covers(wide: string, narrow: string): boolean {
  const [wanted, tokens] = [wide.split('.'), narrow.split('.')];
  const fits = (part: string[]) =>
    part.every((token, at) => token === tokens[at] || (token === '*' && tokens[at] !== '>'));
  if (wanted.at(-1) === '>') return tokens.length >= wanted.length && fits(wanted.slice(0, -1));
  return tokens.length === wanted.length && fits(wanted);
}

/** What `to` makes of a subject that matches `from`. Wildcards of `to` are those of `from` in their order. */
export function rename(subject: string, from: string, to: string): string {
  const tokens = subject.split('.');
  const pattern = from.split('.');
  const parts = tokens.filter((_, at) => pattern[at] === '*');
  const rest = pattern.at(-1) === '>' ? tokens.slice(pattern.length - 1) : [];
  let next = 0;
  return to
    .split('.')
    .map((token) => {
      if (token === '*') return parts[next++];
      if (token === '>') return rest.join('.');
      return token.startsWith('$') ? parts[Number(token.slice(1)) - 1] : token;
    })
    .join('.');
}

/** The pattern of all subjects that `to` makes. */
export function patternOf(to: string): string {
  return to.replace(/\$\d+/g, '*');
}

/** The subject from which `to` makes `local`. Where `from` is literal, all that matches `to` is that one subject. */
export function original(local: string, from: string, to: string): string {
  const pattern = from.split('.');
  const tokens = local.split('.');
  const parts: string[] = [];
  let rest: string[] = [];
  let next = 0;
  for (const [at, token] of to.split('.').entries()) {
    if (token === '*') parts[next++] = tokens[at] as string;
    else if (token === '>') rest = tokens.slice(at);
    else if (token.startsWith('$')) parts[Number(token.slice(1)) - 1] = tokens[at] as string;
  }
  next = 0;
  return pattern.map((token) => (token === '*' ? parts[next++] : token === '>' ? rest.join('.') : token)).join('.');
}

/** Whether an entry is about a subject, and in a queue group. */
function isMeant(entry: string, subject: string, queue: string | undefined): boolean {
  const [pattern = '', group] = entry.split(' ');
  return matches(subject, pattern) && (group === undefined || (queue !== undefined && matches(queue, group)));
}

export function mayPublish({ publish, responses }: Permissions, subject: string): boolean {
  const { allow, deny = [] } = publish ?? {};
  const isAllowed = allow ? allow.some((entry) => isMeant(entry, subject, undefined)) : responses === undefined;
  return isAllowed && !deny.some((entry) => isMeant(entry, subject, undefined));
}

/** Whether a subscription may be made. Where entries with queue groups match, they decide about queue groups. */
export function maySubscribe({ subscribe }: Permissions, subject: string, queue: string | undefined): boolean {
  const { allow, deny = [] } = subscribe ?? {};
  if (deny.some((entry) => isMeant(entry, subject, queue))) return false;
  if (!allow) return true;
  const about = allow.filter((entry) => matches(subject, entry.split(' ')[0] as string));
  const scoped = about.filter((entry) => entry.includes(' '));
  if (queue !== undefined && scoped.length > 0) return scoped.some((entry) => isMeant(entry, subject, queue));
  return about.some((entry) => !entry.includes(' '));
}

/** Whether a message may be delivered to a subscription. */
export function mayReceive({ subscribe }: Permissions, subject: string, queue: string | undefined): boolean {
  const { allow, deny = [] } = subscribe ?? {};
  if (deny.some((entry) => isMeant(entry, subject, queue))) return false;
  return !allow || allow.some((entry) => isMeant(entry, subject, queue));
}
