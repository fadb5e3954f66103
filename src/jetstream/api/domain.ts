/** The names that the API has under the domain of a server. Pure functions. */
import { API_PREFIX } from './endpoints.js';

const FAMILIES = ['STREAM', 'CONSUMER', 'DIRECT', 'META', 'SERVER', 'ACCOUNT'];

/** Where an account's mappings lead what comes under the domain. */
export function domainMappings(domain: string): ReadonlyMap<string, string> {
  const prefix = `$JS.${domain}.API`;
  return new Map([
    [`${prefix}.INFO`, `${API_PREFIX}.INFO`],
    ...FAMILIES.map((family) => [`${prefix}.${family}.>`, `${API_PREFIX}.${family}.>`] as const),
    // Buckets have a name of their own, which the domain stands before.
    ...['$KV', '$OBJ'].map((space) => [`${prefix}.${space}.>`, `${space}.>`] as const),
  ]);
}

/** The subject that one under the domain stands for; undefined: it is not under the domain. */
export function withoutDomain(subject: string, domain: string): string | undefined {
  for (const [from, to] of domainMappings(domain)) {
    if (from === subject) return to;
    const [under, over] = [from.slice(0, -1), to.slice(0, -1)];
    if (from.endsWith('.>') && subject.startsWith(under) && subject.length > under.length) {
      return over + subject.slice(under.length);
    }
  }
  return undefined;
}
