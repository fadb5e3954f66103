/**
 * The machine as the checks see it: everything they ask goes through here, so that a test can be any machine.
 *
 * Answers never throw: what can't be known is undefined, what goes wrong is a code such as `ENOENT`.
 */

export interface FileFacts {
  kind: 'file' | 'directory' | 'other';
  /** Whether this process may write to it. */
  writable: boolean;
  readable: boolean;
  /** Permission bits. */
  mode: number;
  modifiedMs: number;
}

export interface FileSystemFacts {
  /** The magic number of the file system; 0 where the platform has none. */
  type: number;
  freeBytes: number;
  totalBytes: number;
  freeInodes: number;
  /** 0 where the file system counts none. */
  totalInodes: number;
}

export interface Surroundings {
  readonly platform: string;
  /** `20.19.0` */
  readonly nodeVersion: string;
  readonly totalMemoryBytes: number;
  nowMs(): number;
  /** The text of a file; undefined when it can't be read. */
  read(path: string): string | undefined;
  /** What stands at a path, or an error code. */
  look(path: string): FileFacts | string;
  fileSystem(path: string): FileSystemFacts | undefined;
  /** The addresses of a host name, or an error code. */
  resolve(host: string): Promise<string[] | string>;
  /** Binds and lets go again; undefined when it worked, else the error code. */
  tryBind(host: string, port: number): Promise<string | undefined>;
  isAlive(pid: number): boolean;
}
