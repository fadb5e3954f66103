/** Requests whose answer depends on limits: of an account, and of the server for windows. */
import { type Case, create, each, update } from './cases.js';

const MIB = 2 ** 20;

/** At most two streams, 10 consumers, 20 MiB on disk (12 for one stream) and 10 in memory (6 for one); `max_bytes` required. */
export const LIMITED_CASES: readonly Case[] = [
  ...each('LIM-8 what a stream has to say, and may', [
    '',
    '"max_bytes":-1',
    `"max_bytes":${12 * MIB}`,
    `"max_bytes":${12 * MIB + 1}`,
    `"storage":"memory","max_bytes":${6 * MIB}`,
    `"storage":"memory","max_bytes":${6 * MIB + 1}`,
    '"max_bytes":1,"max_consumers":10',
    '"max_bytes":1,"max_consumers":11',
    '"max_consumers":11,"max_age":-1',
    '"max_age":-1',
    '"max_bytes":1,"num_replicas":3',
    '"storage":"file","num_replicas":3,"max_bytes":9000000',
  ]),
  ...each('API-22, LIM-6 reservations come before the configuration where the storage is said', [
    `"storage":"file","max_bytes":${21 * MIB},"max_age":-1`,
    `"max_bytes":${21 * MIB},"max_age":-1`,
    `"max_bytes":${21 * MIB}`,
    `"storage":"memory","max_bytes":${11 * MIB},"max_age":-1`,
    '"storage":"file","max_bytes":9223372036854775807',
  ]),
  {
    about: 'LIM-6 reservations of an account',
    steps: [
      create(`"max_bytes":${12 * MIB}`),
      create(`"max_bytes":${9 * MIB}`, 'B'),
      create(`"max_bytes":${8 * MIB}`, 'B'),
      update(`"max_bytes":${12 * MIB}`),
      update(`"max_bytes":${12 * MIB + 1}`),
      update(`"max_bytes":${9 * MIB}`, 'B'),
      update(`"max_bytes":${11 * MIB}`),
      update(`"max_bytes":${9 * MIB}`, 'B'),
      update('"max_bytes":-1', 'B'),
      create(`"max_bytes":${12 * MIB}`),
    ],
  },
  {
    about: 'LIM-8 the number of streams',
    steps: [
      create('"max_bytes":1'),
      create('"max_bytes":1', 'B'),
      create('"max_bytes":1', 'C'),
      create('"max_bytes":1', 'B'),
      create('"max_bytes":2', 'B'),
      create('"max_age":-1', 'C'),
    ],
  },
];

/** The longest window is one minute. */
export const WINDOW_CASES: readonly Case[] = [
  ...each('STR-4, STR-15 windows', [
    '',
    '"max_age":59000000000',
    '"max_age":61000000000',
    '"duplicate_window":60000000000',
    '"duplicate_window":60000000001',
    '"duplicate_window":60000000001,"max_age":60000000000',
    '"pedantic":true',
    '"pedantic":true,"duplicate_window":60000000000',
    '"pedantic":true,"mirror":{"name":"B"}',
    '"mirror":{"name":"B"},"duplicate_window":120000000000',
  ]),
];
