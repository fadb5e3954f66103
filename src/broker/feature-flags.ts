/**
 * nats-server's switches for features under development: their defaults, their configured values, and the log lines
 * about them at the start. They have no effect in this broker yet; it only shows them.
 */

type Flags = Readonly<Record<string, boolean>>;

const DEFAULTS: Flags = {
  js_ack_fc_v2: false,
  js_api_reply_v2: false,
  js_raft_delete_range: true,
  js_snapshot_sources: false,
};

/** All flags with the values in force. */
export function mergedFeatureFlags(configured: Flags = {}): Record<string, boolean> {
  return Object.fromEntries(Object.entries(DEFAULTS).map(([name, value]) => [name, own(configured, name) ?? value]));
}

/** The log lines of the start; none when nothing is configured. */
export function featureFlagLines(configured: Flags = {}): string[] {
  const names = Object.keys(configured).sort();
  if (names.length === 0) return [];
  const known = names.filter((name) => own(DEFAULTS, name) !== undefined);
  const unknown = names.filter((name) => !known.includes(name));
  const described = known.map((name) => `${name} (${stateOf(DEFAULTS[name] === true, configured[name] === true)})`);
  const lines = ['  Feature flags:', `    Configured:    ${described.join(', ') || 'none'}`];
  if (unknown.length > 0) lines.push(`    Unsupported:   ${unknown.join(', ')}`);
  return lines;
}

function stateOf(byDefault: boolean, on: boolean): string {
  if (byDefault) return on ? 'enabled' : 'opt-out';
  return on ? 'opt-in' : 'disabled';
}

/** Ignores inherited properties such as `toString`. */
function own(flags: Flags, name: string): boolean | undefined {
  return Object.hasOwn(flags, name) ? flags[name] : undefined;
}
