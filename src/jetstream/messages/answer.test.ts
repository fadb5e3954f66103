import { expect, test } from 'vitest';
import { apiError } from '../errors/api-error.js';
import {
  STREAM_CREATE_ANSWER,
  STREAM_DELETE_ANSWER,
  STREAM_LIST_ANSWER,
  STREAM_NAMES_ANSWER,
  STREAM_PURGE_ANSWER,
  STREAM_RESTORE_ANSWER,
} from './answers.js';
import { STREAM_INFO, STREAM_STATE } from './stream-info.js';

const ERROR = '"error":{"code":404,"err_code":10059,"description":"stream not found"}';
const failure = apiError('streamNotFound');
const typed = (name: string) => `"type":"io.nats.jetstream.api.v1.${name}_response"`;

test('API-10 the type, and what was asked for or what went wrong', () => {
  expect(STREAM_DELETE_ANSWER.success({ success: true })).toBe(`{${typed('stream_delete')},"success":true}`);
  expect(STREAM_DELETE_ANSWER.failure(failure)).toBe(`{${typed('stream_delete')},${ERROR}}`);
  expect(STREAM_CREATE_ANSWER.failure(failure)).toBe(`{${typed('stream_create')},${ERROR}}`);
});

test('API-10 what a success always has, an error has as well', () => {
  expect(STREAM_PURGE_ANSWER.failure(failure)).toBe(`{${typed('stream_purge')},${ERROR},"purged":0}`);
  expect(STREAM_RESTORE_ANSWER.failure(failure)).toBe(`{${typed('stream_restore')},${ERROR},"deliver_subject":""}`);
});

test('API-20, TRP-3 no names are `null`, no streams are `[]`', () => {
  const none = { total: 0n, offset: 0n, limit: 1024n, streams: [] };
  expect(STREAM_NAMES_ANSWER.success(none)).toBe(
    `{${typed('stream_names')},"total":0,"offset":0,"limit":1024,"streams":null}`,
  );
  expect(STREAM_LIST_ANSWER.success({ ...none, missing: [], offline: new Map() })).toBe(
    `{${typed('stream_list')},"total":0,"offset":0,"limit":1024,"streams":[]}`,
  );
});

test('STR-7, STR-8, STR-12 an info in its order', () => {
  const state = { ...STREAM_STATE.zero(), messages: 2n, deleted: [2n], subjects: new Map([['a', 2n]]) };
  const info = {
    ...STREAM_INFO.zero(),
    state: { ...state, num_subjects: 1n, num_deleted: 1n, lost: { msgs: [3n], bytes: 7n } },
    domain: 'hub',
    cluster: { name: '', leader: 'S' },
    mirror: {
      name: 'B',
      external: undefined,
      lag: 0n,
      seq: 4n,
      active: -1n,
      error: undefined,
      filter_subject: 'f',
      subject_transforms: [],
    },
  };
  const text = STREAM_INFO.write(info);
  expect(text.slice(text.indexOf('"state"'))).toBe(
    '"state":{"messages":2,"bytes":0,"first_seq":0,"first_ts":"0001-01-01T00:00:00Z","last_seq":0,' +
      '"last_ts":"0001-01-01T00:00:00Z","num_subjects":1,"subjects":{"a":2},"num_deleted":1,"deleted":[2],' +
      '"lost":{"msgs":[3],"bytes":7},"consumer_count":0},"domain":"hub","cluster":{"leader":"S"},' +
      '"mirror":{"name":"B","lag":0,"seq":4,"active":-1,"filter_subject":"f"},"ts":"0001-01-01T00:00:00Z"}',
  );
});
