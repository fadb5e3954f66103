/**
 * The switches the reference has for features under development: their defaults, what a configuration makes of them,
 * and what the log says of that at a start. This broker obeys none of them yet; it shows how they stand.
 */

type Flags = Readonly<Record<string, boolean>>;

const DEFAULTS: Flags = {
  js_ack_fc_v2: false,
  js_api_reply_v2: false,
  js_raft_delete_range: true,
  js_snapshot_sources: false,
};

/** Every switch there is, the configured ones as configured. */
export function mergedFeatureFlags(configured: Flags = {}): Record<string, boolean> {
  return Object.fromEntries(Object.entries(DEFAULTS).map(([name, value]) => [name, own(configured, name) ?? value]));
}

/** None when nothing is configured. */
export function featureFlagLines(configured: Flags = {}): string[] {
  const names = Object.keys(configured).sort();
  if (names.length === 0) return [];
  const known = names.filter((name) => own(DEFAULTS, name) !== undefined);
  const unknown = names.filter((name) => !known.includes(name));
  const told = known.map((name) => `${name} (${standing(DEFAULTS[name] === true, configured[name] === true)})`);
  const lines = ['  Feature flags:', `    Configured:    ${told.join(', ') || 'none'}`];
  if (unknown.length > 0) lines.push(`    Unsupported:   ${unknown.join(', ')}`);
  return lines;
}

function standing(byDefault: boolean, on: boolean): string {
  if (byDefault) return on ? 'enabled' : 'opt-out';
  return on ? 'opt-in' : 'disabled';
}

/** What every object inherits is no flag. */
function own(flags: Flags, name: string): boolean | undefined {
  return Object.hasOwn(flags, name) ? flags[name] : undefined;
}
