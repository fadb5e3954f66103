/**
 * The official client library, used to set up JetStream: one connection with the credentials of the run, and errors that
 * say what to do. Loaded only by verbs that use JetStream.
 */
import { JetStreamApiError, type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect, credsAuthenticator, type NatsConnection, nkeyAuthenticator } from '@nats-io/transport-node';
import { authRefused, BenchError, noJetStream, textOf } from '../errors.js';
import { readText, type Target } from '../server/target.js';

export interface JetStreamClient {
  connection: NatsConnection;
  manager: JetStreamManager;
}

/** Error codes of the JetStream API. */
const CODES = { notEnabled: 10076, notEnabledForAccount: 10039, streamNotFound: 10059, overlap: 10065 };

export async function openJetStream(target: Target, timeoutMs: number): Promise<JetStreamClient> {
  const { credentials = {}, tls, creds } = target;
  const seed = (text: string) => new TextEncoder().encode(text);
  let connection: NatsConnection;
  try {
    connection = await connect({
      servers: target.servers,
      name: 'nats-bench set-up',
      timeout: timeoutMs,
      reconnect: false,
      ...(credentials.user !== undefined && { user: credentials.user, pass: credentials.password ?? '' }),
      ...(credentials.token !== undefined && { token: credentials.token }),
      ...(creds !== undefined && { authenticator: credsAuthenticator(seed(readText(creds, '--creds'))) }),
      ...(creds === undefined &&
        credentials.nkeySeed !== undefined && {
          authenticator: nkeyAuthenticator(seed(credentials.nkeySeed)),
        }),
      ...(tls && {
        tls: {
          ...(tls.ca !== undefined && { ca: tls.ca }),
          ...(tls.cert !== undefined && { cert: tls.cert }),
          ...(tls.key !== undefined && { key: tls.key }),
          ...(tls.first && { handshakeFirst: true }),
          // The client hands these on to Node as they are.
          ...(tls.insecure && { rejectUnauthorized: false }),
          ...(tls.serverName !== undefined && { servername: tls.serverName }),
        },
      }),
    });
  } catch (error) {
    if (/authorization|authentication/i.test(textOf(error))) {
      throw authRefused(target.url, textOf(error), error);
    }
    throw new BenchError('UNREACHABLE', `no connection to ${target.url}: ${textOf(error)}`, error);
  }
  try {
    return { connection, manager: await jetstreamManager(connection, { timeout: timeoutMs }) };
  } catch (error) {
    await connection.close();
    throw jetStreamError(error, 'asking for the account');
  }
}

/** The code of an answer of the JetStream API; undefined for other errors. */
function codeOf(error: unknown): number | undefined {
  return error instanceof JetStreamApiError ? error.code : undefined;
}

export function isNotFound(error: unknown): boolean {
  return codeOf(error) === CODES.streamNotFound || /not found/i.test(textOf(error));
}

export function jetStreamError(error: unknown, doing: string): BenchError {
  if (error instanceof BenchError) return error;
  const code = codeOf(error);
  const text = textOf(error);
  if (code === CODES.notEnabled || code === CODES.notEnabledForAccount || /not enabled|no responders/i.test(text)) {
    return noJetStream('this server', error);
  }
  if (code === CODES.overlap) {
    return new BenchError('JETSTREAM', `${doing}: another stream has these subjects; choose another subject`, error);
  }
  return new BenchError('JETSTREAM', `${doing}: ${text}`, error);
}
