/** Hides credentials in a command line, for what other users of the machine can see of it. */

const SECRET = /^--?(?:user|pass|auth)$/;
const URLS = /^--?(?:routes|cluster|cluster_listen)$/;
const REDACTED = '[REDACTED]';

/** A copy of the arguments without user, password, token and the credentials in URLs. */
export function redactArgs(argv: readonly string[]): string[] {
  const shown: string[] = [];
  let hide: ((value: string) => string) | undefined;
  for (const argument of argv) {
    if (hide !== undefined) {
      shown.push(hide(argument));
      hide = undefined;
      continue;
    }
    const equals = argument.indexOf('=');
    const name = equals === -1 ? argument : argument.slice(0, equals);
    const redact = SECRET.test(name) ? () => REDACTED : URLS.test(name) ? redactUrls : undefined;
    if (redact === undefined) shown.push(argument);
    else if (equals !== -1) shown.push(`${name}=${redact(argument.slice(equals + 1))}`);
    else {
      shown.push(argument);
      hide = redact;
    }
  }
  return shown;
}

/** `nats://user:pass@host` in a comma-separated list becomes `nats://[REDACTED]@host`. */
function redactUrls(list: string): string {
  return list.replace(/(:\/\/)[^@/,]*@/g, `$1${REDACTED}@`);
}
