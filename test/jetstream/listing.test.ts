/** Lists, infos and optional bodies: answered as nats-server answers them, byte for byte but for times and counters. */
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { describe, expect, test } from 'vitest';
import { accountInfo } from '../../src/jetstream/api/account-info.js';
import { expectEmptyBody, readOptionalBody, readRequiredBody } from '../../src/jetstream/api/body.js';
import { listPage, namesPage, subjectsPage } from '../../src/jetstream/api/paging.js';
import { checkMayDelete, checkMayPurge, checkMsgGet, checkPurge } from '../../src/jetstream/api/selection.js';
import { snapshotPlan } from '../../src/jetstream/api/snapshot.js';
import { ApiError, apiError } from '../../src/jetstream/errors/api-error.js';
import { type AccountLimits, NO_LIMITS } from '../../src/jetstream/messages/account-info.js';
import * as answers from '../../src/jetstream/messages/answers.js';
import { decode } from '../../src/jetstream/messages/decode.js';
import { parseInstant } from '../../src/jetstream/messages/instant.js';
import * as requests from '../../src/jetstream/messages/requests.js';
import { STREAM_CONFIG_REQUEST, type StreamConfig } from '../../src/jetstream/messages/stream-config.js';
import { STREAM_INFO, STREAM_STATE, type StreamInfo } from '../../src/jetstream/messages/stream-info.js';
import { createStream } from '../../src/jetstream/streams/create.js';
import { StreamDirectory } from '../../src/jetstream/streams/directory.js';
import { withServerMetadata } from '../../src/jetstream/streams/metadata.js';
import { restoreStream } from '../../src/jetstream/streams/restore.js';
import type { Surroundings } from '../../src/jetstream/streams/surroundings.js';
import { updateStream } from '../../src/jetstream/streams/update.js';
import { withReference } from './reference.js';

const STREAMS = [
  '{"name":"Z","subjects":["z.*","y"],"storage":"memory","max_bytes":1000}',
  '{"name":"A","subjects":["a.>"],"max_bytes":5000,"max_msgs_per_subject":3}',
  '{"name":"é","subjects":["e"],"storage":"memory"}',
  '{"name":"D","subjects":["d"],"storage":"memory","deny_delete":true,"deny_purge":true}',
  '{"name":"M","mirror":{"name":"A","external":{"api":"none.there","deliver":"none.there"}}}',
];
const BODIES = [
  ...['', '{}', ' \t\n{}', '5', 'zz', '"x"', 'null', '[]', ' [{}]', '{"offset":-5}', '{"offset":1}', '{"offset":99}'],
  ...['{"zork":1}', '{"offset":"1"}', '{"offset":1.5}', '{', '{"offset":9223372036854775807}', '{"OFFSET":2}'],
];
const FILTERS = ['a.b', 'a', '>', '*', 'z.*', '*.x', 'y', 'q', 'a..b', '', 'z.>', 'a b'].map((subject) => {
  return JSON.stringify({ subject, offset: 0 });
});
const MSG_GETS = [
  ...[
    '',
    '{}',
    ' { } ',
    '5',
    '{"zork":1}',
    '{"seq":1}',
    '{"seq":1,"last_by_subj":"a"}',
    '{"seq":1,"next_by_subj":"a"}',
  ],
  ...['{"last_by_subj":"a","next_by_subj":"a"}', '{"batch":1,"seq":1}', '{"max_bytes":1,"seq":1}', '{"seq":0}'],
  ...['{"start_time":"2026-01-01T00:00:00Z"}', '{"start_time":"2026-01-01T00:00:00Z","seq":1}', '{"no_hdr":true}'],
  ...['{"start_time":"2026-01-01T00:00:00Z","last_by_subj":"a"}', '{"multi_last":["a"]}', '{"next_by_subj":"a"}'],
];
const LIMITS: AccountLimits = { ...NO_LIMITS, max_memory: 1000n, max_streams: 7n, max_bytes_required: true };
const NOW = parseInstant('2026-01-01T00:00:00Z') ?? STREAM_STATE.zero().first_ts;

describe('as nats-server', () => {
  let user: NatsConnection;
  let limited: NatsConnection;
  const streams = new StreamDirectory();
  const config = `jetstream { domain: hub, max_mem: 1GiB, max_file: 1GiB }
    accounts { USER { jetstream: enabled, users: [{ user: user, password: user }] }
      LIMITED { jetstream { max_mem: 1000, max_streams: 7, max_bytes_required: true }
        users: [{ user: limited, password: limited }] } }`;

  withReference(
    config,
    async (port) => {
      user = await connect({ port, user: 'user', pass: 'user', reconnect: false });
      limited = await connect({ port, user: 'limited', pass: 'limited', reconnect: false });
      for (const body of STREAMS) await make(body);
    },
    async () => {
      await user?.close();
      await limited?.close();
    },
  );

  async function make(body: string): Promise<void> {
    const request = decode(STREAM_CONFIG_REQUEST, Buffer.from(body), true);
    await theirs(`STREAM.CREATE.${request.name}`, body);
    streams.put(createStream(request.name, request, surroundings()).config);
  }

  function surroundings(): Surroundings {
    const room = { max: 2n ** 40n, reserved: 0n };
    const limits = new Map([['', NO_LIMITS]]);
    return { streams, consumersOf: () => [], limits, duplicateWindowMax: 0n, memory: room, file: room };
  }

  async function theirs(subject: string, body: string, connection = user): Promise<string> {
    const answer = await connection.request(`$JS.API.${subject}`, body, { timeout: 5000 });
    return answer
      .string()
      .replace(/"(created|ts)":"[^"]*"/g, '"$1":"2026-01-01T00:00:00Z"')
      .replace(
        /("consumer_count":\d+\}),"domain":"hub"((?:,"cluster":\{.*?\})?),"mirror":.*?,"ts":/g,
        '$1,"domain":"hub"$2,"ts":',
      )
      .replace(/"total":\d+,"errors":\d+(?:,"inflight":\d+)?\}/, '"total":0,"errors":0}');
  }

  /** What a handler answers, or the error it ends with. */
  function answered<T>(kind: { success(body: T): string; failure(error: ApiError): string }, handle: () => T): string {
    try {
      return kind.success(handle());
    } catch (error) {
      if (error instanceof ApiError) return kind.failure(error);
      throw error;
    }
  }

  const infoOf = (config: StreamConfig): StreamInfo => ({
    ...STREAM_INFO.zero(),
    config,
    created: NOW,
    domain: 'hub',
    ts: NOW,
  });

  test.each([...BODIES, ...FILTERS])('API-12, API-15, API-20, API-25, API-26, API-27 names %j', async (body) => {
    const ours = answered(answers.STREAM_NAMES_ANSWER, () => {
      const request = readOptionalBody(requests.STREAM_NAMES_REQUEST, Buffer.from(body), true);
      return namesPage(streams.capturing(request.subject), request.offset);
    });
    expect(ours).toBe(await theirs('STREAM.NAMES', body));
  });

  test.each([...BODIES, ...FILTERS])('API-15, API-20, API-25, API-26, API-27, API-38 list %j', async (body) => {
    const ours = answered(answers.STREAM_LIST_ANSWER, () => {
      const request = readOptionalBody(requests.STREAM_LIST_REQUEST, Buffer.from(body), true);
      return listPage(streams.capturing(request.subject), request.offset, infoOf);
    });
    expect(ours).toBe(await theirs('STREAM.LIST', body));
  });

  test.each([...BODIES, '{"subjects_filter":"q"}', '{"subjects_filter":"q","offset":5}'])(
    'API-15, API-29, STR-7, STR-8 info %j',
    async (body) => {
      for (const name of ['Z', 'M', 'nope']) {
        const ours = answered(answers.STREAM_INFO_ANSWER, () => {
          readOptionalBody(requests.STREAM_INFO_REQUEST, Buffer.from(body), true);
          const found = streams.find(name);
          if (found === undefined) throw apiError('streamNotFound');
          const { subjects, ...paged } = subjectsPage(new Map(), 0n);
          const info = infoOf(withServerMetadata(found, '2.15.2'));
          const cluster = { name: '', leader: 'the server' };
          return { ...paged, ...info, cluster, state: { ...info.state, subjects } };
        });
        const answer = await theirs(`STREAM.INFO.${name}`, body);
        const leader = answer.match(/"leader":"([^"]*)"/)?.[1];
        expect(ours.replace(/"leader":"[^"]*"/, `"leader":"${leader}"`)).toBe(answer);
      }
    },
  );

  test.each(MSG_GETS)('API-16, GET-11 message get %j', async (body) => {
    const ours = answered(answers.MSG_GET_ANSWER, () => {
      checkMsgGet(readRequiredBody(requests.MSG_GET_REQUEST, Buffer.from(body), true));
      throw apiError('noMessageFound');
    });
    expect(ours).toBe(await theirs('STREAM.MSG.GET.Z', body));
  });

  test.each(['', '{}', '{"zork":1}', 'x', '{"deliver_subject":"a.*"}', '{"deliver_subject":5}'])(
    'API-16 snapshot %j of a stream that is there',
    async (body) => {
      const ours = answered(answers.STREAM_SNAPSHOT_ANSWER, () => {
        snapshotPlan(readRequiredBody(requests.STREAM_SNAPSHOT_REQUEST, Buffer.from(body), true));
        throw new Error('a snapshot was not expected');
      });
      expect(ours).toBe(await theirs('STREAM.SNAPSHOT.Z', body));
    },
  );

  test.each(['', '{}', ' {} ', ' ', '5', '{"a":1}', '[]', '{} {}', 'null'])(
    'API-16, API-23 delete %j',
    async (body) => {
      const ours = answered(answers.STREAM_DELETE_ANSWER, (): { success: boolean } => {
        expectEmptyBody(Buffer.from(body));
        throw apiError('streamNotFound');
      });
      expect(ours).toBe(await theirs('STREAM.DELETE.nope', body));
    },
  );

  test.each(['', '{}', 'zz', '[]', '{"seq":1}', '{"seq":1,"keep":1}', '{"seq":-1}', '{"filter":"q"}', '{"keep":"x"}'])(
    'API-15, GET-15 purge %j',
    async (body) => {
      const ours = answered(answers.STREAM_PURGE_ANSWER, () => {
        checkPurge(readOptionalBody(requests.STREAM_PURGE_REQUEST, Buffer.from(body), true));
        return { success: true, purged: 0n };
      });
      expect(ours).toBe(await theirs('STREAM.PURGE.Z', body));
    },
  );

  test('STR-21 limits that a consumer violates', async () => {
    await make('{"name":"C","subjects":["c"],"storage":"memory"}');
    const consumer = '"durable_name":"c","ack_policy":"explicit","max_ack_pending":10,"inactive_threshold":5000000000';
    await theirs('CONSUMER.CREATE.C.c', `{"stream_name":"C","config":{${consumer}}}`);
    const consumers = [{ name: 'c', maxAckPending: 10n, inactiveThreshold: 5_000_000_000n }];
    for (const limits of ['"max_ack_pending":9', '"inactive_threshold":4000000000', '"max_ack_pending":10']) {
      const body = `{"name":"C","subjects":["c"],"storage":"memory","consumer_limits":{${limits}}}`;
      const ours = answered(answers.STREAM_UPDATE_ANSWER, () => {
        const request = decode(STREAM_CONFIG_REQUEST, Buffer.from(body), true);
        const config = updateStream('C', request, { ...surroundings(), consumersOf: () => consumers });
        const told = infoOf(withServerMetadata(config, '2.15.2'));
        return { ...told, state: { ...told.state, consumer_count: 1n } };
      });
      expect(ours).toBe(await theirs('STREAM.UPDATE.C', body));
    }
    await theirs('STREAM.DELETE.C', '');
    streams.remove('C');
  });

  test('STR-45 removing what may not be removed', async () => {
    const denied = streams.find('D');
    if (denied === undefined) throw new Error('no stream');
    const purge = answered(answers.STREAM_PURGE_ANSWER, () => {
      checkMayPurge(denied);
      return { success: true, purged: 0n };
    });
    expect(purge).toBe(await theirs('STREAM.PURGE.D', ''));
    const removal = answered(answers.MSG_DELETE_ANSWER, () => {
      checkMayDelete(denied);
      return { success: true };
    });
    expect(removal).toBe(await theirs('STREAM.MSG.DELETE.D', '{"seq":1}'));
  });

  test.each([
    ...['', '{}', '{"zork":1}', '{"config":{"zork":1}}', '{"state":{"zork":1}}', '{"state":{"first_ts":5}}'],
    ...['{"config":{"name":"B"}}', '{"config":{"max_age":-1}}', '{"config":{"sealed":true,"subjects":["a b"]}}'],
    ...['{"config":{"name":"Z"},"state":{"messages":3,"deleted":[1],"subjects":{"a":1}}}'],
  ])('API-16, GET-25 restore %j', async (body) => {
    const ours = answered(answers.STREAM_RESTORE_ANSWER, () => {
      const request = readRequiredBody(requests.STREAM_RESTORE_REQUEST, Buffer.from(body), true);
      return { deliver_subject: restoreStream('Z', request.config, surroundings()).name };
    });
    expect(ours).toBe(await theirs('STREAM.RESTORE.Z', body));
  });

  test('API-50, API-51, API-53 account info', async () => {
    const api = { level: 5n, total: 0n, errors: 0n, inflight: 0n };
    const counted = streams.all().map((config) => ({ config, consumers: 0n, bytes: 0n }));
    const facts = { domain: 'hub', api };
    const ours = accountInfo({ ...facts, streams: counted, limits: new Map([['', NO_LIMITS]]) });
    expect(answers.ACCOUNT_INFO_ANSWER.success(ours)).toBe(await theirs('INFO', ''));
    const empty = accountInfo({ ...facts, streams: [], limits: new Map([['', LIMITS]]) });
    expect(answers.ACCOUNT_INFO_ANSWER.success(empty)).toBe(await theirs('INFO', '', limited));
  });

  test('API-20 names where there are none', async () => {
    const ours = answers.STREAM_NAMES_ANSWER.success(namesPage([], 0n));
    expect(ours).toBe(await theirs('STREAM.NAMES', '', limited));
  });
});
