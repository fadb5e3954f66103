/**
 * The input of the checks: the options as the broker would use them, and the parsed configuration file, for blocks
 * that this broker does not support yet.
 */

import type { ConfigMap, ConfigNode } from '../config/language/nodes.js';
import type { ResolvedOptions } from '../config/types.js';

export interface CheckInput {
  /** The configuration file, if there is one. */
  file?: string;
  options: ResolvedOptions;
  root: ConfigMap;
  /** Names of the options that the file or a flag sets. */
  setNames: ReadonlySet<string>;
}

export interface Block {
  /** `cluster.tls` */
  path: string;
  node: ConfigNode;
  map: ConfigMap;
}

/** Every block with this name, at any depth. */
export function blocksNamed(root: ConfigMap, name: string): Block[] {
  const found: Block[] = [];
  const visit = (node: ConfigNode, path: string): void => {
    if (Array.isArray(node.value)) {
      for (const [index, item] of node.value.entries()) visit(item, `${path}[${index}]`);
    } else if (node.value instanceof Map) {
      if (path.split('.').at(-1) === name) found.push({ path, node, map: node.value });
      for (const [key, inner] of node.value) visit(inner, `${path}.${key.toLowerCase()}`);
    }
  };
  for (const [key, node] of root) visit(node, key.toLowerCase());
  return found;
}

/** A value of a block by any of its names, in upper or lower case. */
export function fieldOf(map: ConfigMap, ...names: string[]): ConfigNode | undefined {
  return [...map].findLast(([key]) => names.includes(key.toLowerCase()))?.[1];
}
