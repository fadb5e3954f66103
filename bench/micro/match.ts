/** Matching: random subjects against an index of a thousand and of a hundred thousand subscriptions of all kinds. */
import type { BenchAddon } from './addon.js';
import { PlainInterest } from './plain/interest.js';
import { compareLists, scattered, type Work } from './work.js';

const BATCH = 4096;

/** Of ten subscriptions five are literal, three have wildcards, two are in queue groups of several members. */
function subscription(n: number): [subject: string, queue: string] {
  const tenth = Math.floor(n / 10);
  switch (n % 10) {
    case 5:
    case 6:
      return [`site.${n}.*`, ''];
    case 7:
      return [`area.${n}.>`, ''];
    case 8:
      return [`job.${tenth >> 2}.run`, 'workers'];
    case 9:
      return [`task.${tenth >> 2}.*`, `workers-${tenth % 2}`];
    default:
      return [`dev.${n}.temp`, ''];
  }
}

/** From the number of a ten of subscriptions to a subject that meets one of them, or none. */
const kinds: Record<string, (ten: number) => string> = {
  'literal hit': (ten) => `dev.${ten * 10 + (ten % 5)}.temp`,
  'wildcard hit': (ten) => (ten % 3 === 0 ? `area.${ten * 10 + 7}.a.b` : `site.${ten * 10 + 4 + (ten % 3)}.load`),
  'queue groups': (ten) => (ten % 2 === 0 ? `job.${ten >> 2}.run` : `task.${ten >> 2}.run`),
  // Known up to the last token, or not at all.
  miss: (ten) => (ten % 2 === 0 ? `site.${ten * 10 + 5}.load.high` : `none.${ten}.temp`),
};

export function matchWorks(addon: BenchAddon): Work[] {
  return [1_000, 100_000].flatMap((total) => {
    const all = Array.from({ length: total }, (_, n) => subscription(n));
    const [native, plain] = [new addon.BenchInterest(), new PlainInterest()];
    for (const side of [native, plain]) {
      side.fill(
        all.map(([subject]) => subject),
        all.map(([, queue]) => queue),
      );
    }
    return Object.entries(kinds).map(([kind, subject]) => {
      const name = `${kind}, ${total / 1000}k subscriptions`;
      const { text, ends } = pack(scattered(BATCH, total / 10).map(subject));
      const check = () => {
        const found = native.list(text, ends);
        compareLists(name, found, plain.list(text, ends));
        compareLists(name, native.count(text, ends), plain.count(text, ends));
        if (found.some((line) => (line === '') !== (kind === 'miss')))
          throw new Error(`${name}: not what its name says`);
      };
      return {
        group: 'match',
        name,
        messages: BATCH,
        native: () => native.count(text, ends),
        plain: () => plain.count(text, ends),
        check,
      } satisfies Work;
    });
  });
}

function pack(subjects: string[]): { text: Buffer; ends: Uint32Array } {
  let end = 0;
  const ends = Uint32Array.from(subjects, (subject) => {
    end += subject.length;
    return end;
  });
  return { text: Buffer.from(subjects.join(''), 'latin1'), ends };
}
