/**
 * What the checks may ask about a machine. Tests implement it with plain data (testing/fake-machine.ts).
 *
 * No method throws: an unknown value is undefined, a failure is an error code such as `ENOENT`.
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

export interface Machine {
  readonly platform: string;
  /** `20.19.0` */
  readonly nodeVersion: string;
  readonly totalMemoryBytes: number;
  nowMs(): number;
  /** The text of a file; undefined when it can't be read. */
  read(path: string): string | undefined;
  /** What kind of file a path names and who may use it, or an error code. */
  stat(path: string): FileFacts | string;
  fileSystem(path: string): FileSystemFacts | undefined;
  /** The addresses of a host name, or an error code. */
  resolve(host: string): Promise<string[] | string>;
  /** Binds the port and frees it again; undefined when that worked, else the error code. */
  tryBind(host: string, port: number): Promise<string | undefined>;
  isAlive(pid: number): boolean;
}
