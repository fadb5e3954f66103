/**
 * Which streams capture subjects that a subject matches: a tree of tokens, so that thousands of streams are not compared
 * one by one. Its simple twin is in the test beside it.
 */

/** What one place of the tree has; most places have little, so each part is there only when it is needed. */
class Node {
  children: Map<string, Node> | undefined;
  /** Owners of subjects that end here. */
  ending: Set<string> | undefined;
  /** Owners of subjects that take whatever follows. */
  open: Set<string> | undefined;

  get isEmpty(): boolean {
    return !this.children?.size && !this.ending?.size && !this.open?.size;
  }

  child(token: string): Node {
    this.children ??= new Map();
    let child = this.children.get(token);
    if (child === undefined) {
      child = new Node();
      this.children.set(token, child);
    }
    return child;
  }

  owners(isOpen: boolean): Set<string> {
    if (isOpen) {
      this.open ??= new Set();
      return this.open;
    }
    this.ending ??= new Set();
    return this.ending;
  }
}

export class SubjectIndex {
  readonly #root = new Node();

  add(subject: string, stream: string): void {
    const { tokens, isOpen } = split(subject);
    let node = this.#root;
    for (const token of tokens) node = node.child(token);
    node.owners(isOpen).add(stream);
  }

  remove(subject: string, stream: string): void {
    const { tokens, isOpen } = split(subject);
    const path = [this.#root];
    for (const token of tokens) {
      const child = path.at(-1)?.children?.get(token);
      if (child === undefined) return;
      path.push(child);
    }
    const last = path.at(-1) as Node;
    last.owners(isOpen).delete(stream);
    for (let at = path.length - 1; at > 0 && (path[at] as Node).isEmpty; at -= 1) {
      (path[at - 1] as Node).children?.delete(tokens[at - 1] as string);
    }
  }

  /** Streams with subjects that overlap with this one; one may come several times. */
  *overlapping(subject: string): Generator<string> {
    const { tokens, isOpen } = split(subject);
    const waiting: [node: Node, at: number][] = [[this.#root, 0]];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const [node, at] = next;
      const hasMore = at < tokens.length || isOpen;
      if (hasMore && node.open !== undefined) yield* node.open;
      if (at === tokens.length) {
        if (isOpen) yield* below(node);
        else if (node.ending !== undefined) yield* node.ending;
      } else {
        for (const child of fitting(node, tokens[at] as string)) waiting.push([child, at + 1]);
      }
    }
  }
}

/** Everything with at least one more token. */
function* below(node: Node): Generator<string> {
  const waiting = [...(node.children?.values() ?? [])];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next.ending !== undefined) yield* next.ending;
    if (next.open !== undefined) yield* next.open;
    for (const child of next.children?.values() ?? []) waiting.push(child);
  }
}

function fitting({ children }: Node, token: string): Iterable<Node> {
  if (children === undefined) return [];
  if (token === '*') return children.values();
  return [children.get(token), children.get('*')].filter((child) => child !== undefined);
}

function split(subject: string): { tokens: string[]; isOpen: boolean } {
  const tokens = subject.split('.');
  // A filter that goes on behind `>` is none, but is not refused either.
  const end = tokens.indexOf('>');
  return end < 0 ? { tokens, isOpen: false } : { tokens: tokens.slice(0, end), isOpen: true };
}
