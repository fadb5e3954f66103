/** The file that other tools read: the model as it is, one number list to a line. */
import type { BenchFile } from '../types.js';

export function toJson(file: BenchFile): string {
  const { runs, comparison, ...rest } = file;
  const text = JSON.stringify({ runs, comparison, ...rest }, null, 2);
  // Histograms hold thousands of pairs. Inside a string a line break is escaped, so this meets lists only.
  return `${text.replace(/\[\n[\s\d.,eE+-]+\n\s*\]/g, (list) => list.replace(/\s+/g, ''))}\n`;
}
