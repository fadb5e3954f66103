/**
 * The interest index in plain TypeScript, built like the native one: literal subjects in one map, subjects with
 * wildcards in a trie of maps. The comparison for the native index, not part of the broker.
 */
import type { Interest } from '../addon.js';
import { latin1 } from './text.js';

/** The subscriptions of one subject. Most have no queue, so there is no map for them until one comes. */
class Members<T> {
  readonly plain: T[] = [];
  queues: Map<string, T[]> | undefined;

  add(queue: string, subscription: T): void {
    if (queue === '') this.plain.push(subscription);
    else {
      this.queues ??= new Map();
      entry(this.queues, queue, () => []).push(subscription);
    }
  }
}

class Node<T> {
  children: Map<string, Node<T>> | undefined;
  star: Node<T> | undefined;
  tail: Node<T> | undefined;
  readonly members = new Members<T>();
}

/** Who is interested in one subject. Used again for the next one. */
export class Found<T> {
  readonly plain: T[] = [];
  /** A queue that was met at several subjects is one group. */
  readonly groups = new Map<string, T[]>();

  clear(): void {
    this.plain.length = 0;
    // An empty map would get new memory, too.
    if (this.groups.size > 0) this.groups.clear();
  }

  add({ plain, queues }: Members<T>): void {
    for (const one of plain) this.plain.push(one);
    if (!queues) return;
    for (const [queue, members] of queues) {
      const group = this.groups.get(queue);
      // A group met once is lent as it is; only a second meeting makes a list of its own.
      this.groups.set(queue, group ? [...group, ...members] : members);
    }
  }
}

export class PlainIndex<T> {
  readonly #literals = new Map<string, Members<T>>();
  readonly #root = new Node<T>();
  #hasWildcards = false;

  insert(subject: string, queue: string, subscription: T): void {
    const tokens = subject.split('.');
    if (!tokens.some((token) => token === '*' || token === '>')) {
      entry(this.#literals, subject, () => new Members<T>()).add(queue, subscription);
      return;
    }
    this.#hasWildcards = true;
    let node = this.#root;
    for (const token of tokens) {
      if (token === '*') node = node.star ??= new Node();
      else if (token === '>') node = node.tail ??= new Node();
      else {
        node.children ??= new Map();
        node = entry(node.children, token, () => new Node<T>());
      }
    }
    node.members.add(queue, subscription);
  }

  match(subject: string, found: Found<T>): void {
    found.clear();
    const literal = this.#literals.get(subject);
    if (literal) found.add(literal);
    if (this.#hasWildcards && !hasEmptyToken(subject)) walk(this.#root, subject, 0, found);
  }
}

function hasEmptyToken(subject: string): boolean {
  return subject === '' || subject.startsWith('.') || subject.endsWith('.') || subject.includes('..');
}

/** Tokens are cut off one by one: most walks end before the last. */
function walk<T>(node: Node<T>, subject: string, start: number, found: Found<T>): void {
  if (node.tail) found.add(node.tail.members);
  const dot = subject.indexOf('.', start);
  const child = node.children?.get(dot < 0 ? subject.slice(start) : subject.slice(start, dot));
  if (dot < 0) {
    if (child) found.add(child.members);
    if (node.star) found.add(node.star.members);
    return;
  }
  if (child) walk(child, subject, dot + 1, found);
  if (node.star) walk(node.star, subject, dot + 1, found);
}

function entry<V>(map: Map<string, V>, key: string, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}

/** The index behind the same calls as the native one: subjects come as bytes, for so they come from a socket. */
export class PlainInterest implements Interest {
  readonly #index = new PlainIndex<number>();
  readonly #found = new Found<number>();

  fill(subjects: string[], queues: string[]): void {
    subjects.forEach((subject, id) => {
      this.#index.insert(subject, queues[id] ?? '', id);
    });
  }

  count(text: Buffer, ends: Uint32Array): number[] {
    let [plain, groups, members] = [0, 0, 0];
    this.#each(text, ends, (found) => {
      plain += found.plain.length;
      groups += found.groups.size;
      for (const group of found.groups.values()) members += group.length;
    });
    return [plain, groups, members];
  }

  list(text: Buffer, ends: Uint32Array): string[] {
    const lines: string[] = [];
    const sorted = (ids: number[]) => [...ids].sort((a, b) => a - b);
    this.#each(text, ends, ({ plain, groups }) => {
      const names = [...groups.keys()].sort();
      const spelled = names.map((name) => ` ${name}=${sorted(groups.get(name) ?? []).join(',')}`);
      lines.push(sorted(plain).join(' ') + spelled.join(''));
    });
    return lines;
  }

  #each(text: Buffer, ends: Uint32Array, visit: (found: Found<number>) => void): void {
    let start = 0;
    for (const end of ends) {
      this.#index.match(latin1(text, start, end), this.#found);
      visit(this.#found);
      start = end;
    }
  }
}
