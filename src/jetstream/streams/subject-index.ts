/**
 * Which streams capture subjects that a subject matches: a tree of tokens, so that thousands of streams are not compared
 * one by one. Its simple twin is in the test beside it.
 */

/** What one place of the tree has: subjects that end there, that go on, that take whatever follows. */
class Node {
  readonly children = new Map<string, Node>();
  readonly ending = new Set<string>();
  readonly open = new Set<string>();

  get isEmpty(): boolean {
    return this.children.size === 0 && this.ending.size === 0 && this.open.size === 0;
  }
}

export class SubjectIndex {
  readonly #root = new Node();

  add(subject: string, stream: string): void {
    const { tokens, isOpen } = split(subject);
    let node = this.#root;
    for (const token of tokens) {
      const child = node.children.get(token) ?? new Node();
      node.children.set(token, child);
      node = child;
    }
    (isOpen ? node.open : node.ending).add(stream);
  }

  remove(subject: string, stream: string): void {
    const { tokens, isOpen } = split(subject);
    const path = [this.#root];
    for (const token of tokens) {
      const child = path.at(-1)?.children.get(token);
      if (child === undefined) return;
      path.push(child);
    }
    const last = path.at(-1) as Node;
    (isOpen ? last.open : last.ending).delete(stream);
    for (let at = path.length - 1; at > 0 && (path[at] as Node).isEmpty; at -= 1) {
      (path[at - 1] as Node).children.delete(tokens[at - 1] as string);
    }
  }

  /** Streams with subjects that overlap with this one; one may come several times. */
  *overlapping(subject: string): Generator<string> {
    const { tokens, isOpen } = split(subject);
    const waiting: [node: Node, at: number][] = [[this.#root, 0]];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const [node, at] = next;
      const hasMore = at < tokens.length || isOpen;
      if (hasMore) yield* node.open;
      if (at === tokens.length) {
        if (isOpen) yield* below(node);
        else yield* node.ending;
      } else {
        for (const child of fitting(node, tokens[at] as string)) waiting.push([child, at + 1]);
      }
    }
  }
}

/** Everything with at least one more token. */
function* below(node: Node): Generator<string> {
  const waiting = [...node.children.values()];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    yield* next.ending;
    yield* next.open;
    waiting.push(...next.children.values());
  }
}

function fitting({ children }: Node, token: string): Node[] {
  if (token === '*') return [...children.values()];
  return [children.get(token), children.get('*')].filter((child) => child !== undefined);
}

function split(subject: string): { tokens: string[]; isOpen: boolean } {
  const tokens = subject.split('.');
  // A filter that goes on behind `>` is none, but is not refused either.
  const end = tokens.indexOf('>');
  return end < 0 ? { tokens, isOpen: false } : { tokens: tokens.slice(0, end), isOpen: true };
}
