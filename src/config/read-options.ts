/**
 * From the tree of a file to options: which row a name belongs to, and what its value says.
 *
 * Checks what can be seen in one option alone; what concerns several is checked by `resolveOptions`. Fills in no
 * default.
 */

import { DurationError, formatDuration, parseDuration } from './duration.js';
import { readFeatureFlags, readMetadata, readTags } from './labels.js';
import type { ConfigMap, ConfigNode } from './language/nodes.js';
import { parseListen } from './listen.js';
import { ROW_NAMED } from './names.js';
import { readAuthorization } from './read-authorization.js';
import type { Report } from './report.js';
import type { OptionSpec } from './spec.js';
import type { BrokerOptions } from './types.js';

const LAME_DUCK_DURATION_MIN_MS = 30_000;
const INT32_MAX = 2 ** 31 - 1;
const SUB_TOKENS_MAX = 255;

type Values = Record<string, unknown>;

/** Reads every option of a file; problems go to the report. */
export function readOptions(root: ConfigMap, report: Report): BrokerOptions {
  const values: Values = {};
  for (const [name, node] of root) {
    const row = ROW_NAMED.get(name.toLowerCase());
    if (row === undefined) report.unknownField(node, name, [...ROW_NAMED.keys()]);
    else if (report.supports(node, name, row.support, isGuard(row, node))) readOption(row, name, node, values, report);
  }
  if (values.traceVerbose || values.traceHeaders) values.trace = true;
  return values as BrokerOptions;
}

/** Whether this value of the option decides who may connect. */
function isGuard({ guards }: OptionSpec, { value }: ConfigNode): boolean {
  if (guards !== 'verify') return guards === true;
  if (!(value instanceof Map)) return false;
  return [...value].some(([name, field]) => name.toLowerCase().startsWith('verify') && field.value === true);
}

function readOption(row: OptionSpec, name: string, node: ConfigNode, values: Values, report: Report): void {
  if (row.type === 'listen') {
    readListen(row, name, node, values, report);
    return;
  }
  const value = readValue(row, name, node, report);
  if (row.key === undefined || value === undefined) return;
  if (row.name === 'store_dir' && values.storeDir) {
    report.error(node, "Duplicate 'store_dir' configuration");
  } else if ((row.name === 'port' || row.name === 'http_port') && value === 0) {
    // In a file, port 0 is the same as none: the default, and no monitoring.
    delete values[row.key];
  } else values[row.key] = value;
}

function readListen(row: OptionSpec, name: string, node: ConfigNode, values: Values, report: Report): void {
  const { value } = node;
  if (typeof value !== 'bigint' && typeof value !== 'string') {
    report.wrongType(node, name, 'a port or host:port');
    return;
  }
  const address = parseListen(typeof value === 'bigint' ? Number(value) : value);
  if (typeof address === 'string') {
    report.error(node, address);
    return;
  }
  const [hostKey, portKey] = row.name === 'http' ? ['httpHost', 'httpPort'] : ['host', 'port'];
  delete values[hostKey];
  delete values[portKey];
  if (address.host !== '') values[hostKey] = address.host;
  if (address.port !== 0) values[portKey] = address.port;
}

function readValue(row: OptionSpec, name: string, node: ConfigNode, report: Report): unknown {
  switch (row.type) {
    case 'bool':
      if (typeof node.value === 'boolean') return node.value;
      return report.wrongType(node, name, 'true or false');
    case 'string':
      if (typeof node.value !== 'string') return report.wrongType(node, name, 'a string');
      if (row.name === 'server_name' && node.value.includes(' ')) {
        return report.error(node, 'server name cannot contain spaces');
      }
      return node.value;
    case 'int':
    case 'size':
      return readInteger(row, name, node, report);
    case 'duration':
      return readDuration(row.name, node, report);
    case 'duration_string':
      return readDurationString(row.name, node, report);
    case 'write_timeout':
      if (typeof node.value !== 'string') return report.wrongType(node, name, 'a string');
      if (!['default', 'close', 'retry'].includes(node.value)) {
        return report.error(node, "write_timeout must be 'default', 'close' or 'retry'");
      }
      return node.value;
    case 'log_format':
      if (typeof node.value !== 'string') return report.wrongType(node, name, 'a string');
      if (!['text', 'json'].includes(node.value)) return report.error(node, "log_format must be 'text' or 'json'");
      return node.value;
    case 'tags':
      return readTags(node, report);
    case 'metadata':
      return readMetadata(node, name, report);
    case 'feature_flags':
      return readFeatureFlags(node, report);
    case 'authorization':
      return readAuthorization(node, report);
    default:
      return undefined;
  }
}

function readInteger(row: OptionSpec, name: string, node: ConfigNode, report: Report): number | undefined {
  if (typeof node.value !== 'bigint') {
    return report.wrongType(node, name, 'an integer');
  }
  const value = Number(node.value);
  const isInt32 = row.name === 'max_payload' || row.name === 'max_control_line';
  if ((isInt32 && value > INT32_MAX) || (row.name === 'max_sub_tokens' && value > SUB_TOKENS_MAX)) {
    return report.error(node, `${name} value is too big`);
  }
  if (row.name === 'max_sub_tokens' && value <= 0) {
    return report.error(node, `${name} value can not be negative`);
  }
  return value;
}

/** Milliseconds. A plain integer counts seconds, and earns a warning. */
function readDuration(name: string, node: ConfigNode, report: Report): number | undefined {
  if (typeof node.value === 'bigint') {
    report.warn(node, name, `${name} should be converted to a duration`);
    return Number(node.value) * 1000;
  }
  if (typeof node.value === 'string') return parsed(name, node, report);
  report.wrongType(node, name, "a duration such as '2m'");
  return undefined;
}

function readDurationString(name: string, node: ConfigNode, report: Report): number | undefined {
  if (typeof node.value !== 'string') {
    return report.wrongType(node, name, "a duration in quotes, such as '2m'");
  }
  const milliseconds = parsed(name, node, report);
  if (milliseconds === undefined) return undefined;
  if (name === 'lame_duck_duration' && milliseconds < LAME_DUCK_DURATION_MIN_MS) {
    const shown = formatDuration(milliseconds);
    return report.error(node, `invalid lame_duck_duration of ${shown}, minimum is 30 seconds`);
  }
  if (milliseconds < 0) {
    return report.error(node, `invalid ${name}, needs to be positive`);
  }
  return milliseconds;
}

function parsed(name: string, node: ConfigNode, report: Report): number | undefined {
  try {
    return parseDuration(String(node.value));
  } catch (error) {
    if (!(error instanceof DurationError)) throw error;
    return report.error(node, `error parsing ${name}: ${error.message}`);
  }
}
