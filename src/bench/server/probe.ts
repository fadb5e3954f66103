/**
 * Identifies a server before the measurement: reads its INFO and disconnects. So an unreachable server is reported as such
 * before anything else can fail.
 */
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { BenchError } from '../errors.js';
import { splitServer, type Target } from './target.js';

export interface ServerInfo {
  version: string;
  runtime: string;
  label: string;
  jetstream: boolean;
  tlsRequired: boolean;
  /** Negative: any size. */
  maxPayload: number;
}

/** Throws a `BenchError` of code `UNREACHABLE`. */
export async function probe(target: Target, timeoutMs: number): Promise<ServerInfo> {
  const { host, port } = splitServer(target.servers[0] as string);
  const open = (): Socket =>
    target.tls?.first
      ? connectTls({ host, port, rejectUnauthorized: false, servername: target.tls.serverName ?? '' })
      : connect({ host, port });
  return new Promise((resolve, reject) => {
    const socket = open();
    const fail = (why: string) => {
      socket.destroy();
      reject(
        new BenchError(
          'UNREACHABLE',
          `no NATS server answers at ${target.url}: ${why}; start one, or name it with -s URL`,
        ),
      );
    };
    let text = '';
    socket.setTimeout(timeoutMs, () => fail(`nothing came within ${timeoutMs} ms`));
    socket.on('error', (error: NodeJS.ErrnoException) => fail(reasonOf(error)));
    socket.on('close', () => fail('it closed the connection without a greeting'));
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
      const end = text.indexOf('\r\n');
      if (end === -1) return;
      const info = readInfo(text.slice(0, end));
      if (!info) return fail('what answers is no NATS server');
      socket.destroy();
      resolve(info);
    });
  });
}

function reasonOf(error: NodeJS.ErrnoException): string {
  if (error.code === 'ECONNREFUSED') return 'connection refused';
  if (error.code === 'ENOTFOUND') return 'its name is unknown';
  return error.message || error.code || 'it failed';
}

function readInfo(line: string): ServerInfo | undefined {
  if (!line.startsWith('INFO ')) return undefined;
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(line.slice(5)) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const version = String(fields.version ?? '');
  const runtime = String(fields.go ?? '');
  return {
    version,
    runtime,
    // This broker's version is that of the nats-server it is compatible with; the `go` field distinguishes the two.
    label: runtime.startsWith('node') ? `nats-turbo (${version})` : `nats-server ${version}`,
    jetstream: fields.jetstream === true,
    tlsRequired: fields.tls_required === true,
    maxPayload: Number(fields.max_payload ?? 1024 * 1024),
  };
}
