/** How the reference, and so its users' tools, word the system's refusals. Shared by all that opens or listens. */

const TEXTS: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'permission denied'],
  ['EADDRINUSE', 'address already in use'],
  ['EADDRNOTAVAIL', 'cannot assign requested address'],
  ['EISDIR', 'is a directory'],
  ['ELOOP', 'too many levels of symbolic links'],
  ['EMFILE', 'too many open files'],
  ['ENAMETOOLONG', 'file name too long'],
  ['ENOENT', 'no such file or directory'],
  ['ENOSPC', 'no space left on device'],
  ['ENOTDIR', 'not a directory'],
  ['EPERM', 'operation not permitted'],
  ['EROFS', 'read-only file system'],
  ['ESRCH', 'no such process'],
]);

/** The reason alone, without the call and its arguments. */
export function systemText(error: unknown): string {
  const { message } = error as Error;
  return knownText(error) ?? message ?? String(error);
}

/** Undefined for what has no wording here, such as the errors of name servers. */
export function knownText(error: unknown): string | undefined {
  return TEXTS.get((error as NodeJS.ErrnoException).code ?? '');
}
