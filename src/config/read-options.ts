/** The options of a file: its tree, read as the outermost block. */

import type { ConfigMap } from './language/nodes.js';
import { readBlock } from './read-value.js';
import type { Report } from './report.js';
import { TOP_LEVEL } from './schema.js';
import type { BrokerOptions } from './types.js';

/** Reads every option of a file; problems go to the report. */
export function readOptions(root: ConfigMap, report: Report): BrokerOptions {
  const node = { value: root, file: '', line: 0, column: 0, valueLine: 0, valueColumn: 0, usedAsVariable: false };
  return (readBlock(TOP_LEVEL, node, root, report) ?? {}) as BrokerOptions;
}
