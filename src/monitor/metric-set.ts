/** Collects metrics and writes them in Prometheus' text format: families with their help, type and samples. */

export type Labels = Readonly<Record<string, string>>;

interface Family {
  type: 'gauge' | 'counter';
  help: string;
  samples: string[];
}

export class MetricSet {
  readonly #families = new Map<string, Family>();

  gauge(name: string, labels: Labels, value: number, help: string): void {
    this.#add('gauge', name, labels, value, help);
  }

  counter(name: string, labels: Labels, value: number, help: string): void {
    this.#add('counter', name, labels, value, help);
  }

  /** Families in alphabetical order. */
  text(): string {
    const names = [...this.#families.keys()].sort();
    return names.map((name) => this.#describe(name)).join('');
  }

  #add(type: Family['type'], name: string, labels: Labels, value: number, help: string): void {
    let family = this.#families.get(name);
    if (!family) {
      family = { type, help, samples: [] };
      this.#families.set(name, family);
    }
    const list = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`);
    family.samples.push(`${name}{${list.join(',')}} ${value}`);
  }

  #describe(name: string): string {
    const { type, help, samples } = this.#families.get(name) as Family;
    return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${samples.join('\n')}\n`;
  }
}

function escaped(text: string): string {
  return text.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`));
}
