/** Other transports of clients: `websocket` and `mqtt`. Described, not supported yet. */

import { block, bool, duration, int, map, oneOrMore, secret, text } from '../value-type.js';
import { LISTENER } from './cluster.js';

const LOGIN = block('ListenerAuthorizationOptions', [
  { name: 'user', aliases: ['username'], type: text(), doc: 'The name of a single user.' },
  { name: 'password', aliases: ['pass'], type: secret(), doc: 'Its password.' },
  { name: 'token', type: secret(), doc: 'A token that lets anyone in who has it.' },
  { name: 'timeout', type: duration({ number: 'seconds' }), doc: 'How long a login may take.' },
]);

export const WEBSOCKET = block('WebsocketOptions', [
  ...LISTENER,
  { name: 'advertise', type: text(), doc: 'The address that clients are told.' },
  { name: 'no_tls', type: bool(), doc: 'Listens without TLS.' },
  { name: 'same_origin', type: bool(), doc: 'Refuses pages of other origins.' },
  {
    name: 'allowed_origins',
    aliases: ['allowed_origin', 'allow_origins', 'allow_origin', 'origins', 'origin'],
    type: oneOrMore(text()),
    doc: 'Origins of pages that may connect.',
  },
  { name: 'handshake_timeout', type: duration({ number: 'seconds' }), doc: 'How long a handshake may take.' },
  { name: 'compression', aliases: ['compress'], type: bool(), doc: 'Compresses frames.' },
  { name: 'authorization', aliases: ['authentication'], type: LOGIN, doc: 'Who may connect.' },
  { name: 'jwt_cookie', type: text(), doc: 'The cookie that holds the JWT.' },
  { name: 'user_cookie', type: text(), doc: 'The cookie that holds the user.' },
  { name: 'pass_cookie', type: text(), doc: 'The cookie that holds the password.' },
  { name: 'token_cookie', type: text(), doc: 'The cookie that holds the token.' },
  { name: 'no_auth_user', type: text(), doc: 'The user that connections without credentials become.' },
  { name: 'headers', type: map(text()), doc: 'Headers of the answer to a handshake.' },
  { name: 'ping_interval', type: duration(), doc: 'How often an idle connection is sent a PING.' },
]);

export const MQTT = block('MqttOptions', [
  ...LISTENER,
  { name: 'authorization', aliases: ['authentication'], type: LOGIN, doc: 'Who may connect.' },
  { name: 'no_auth_user', type: text(), doc: 'The user that connections without credentials become.' },
  { name: 'ack_wait', aliases: ['ackwait'], type: duration(), doc: 'After how long a message is sent again.' },
  {
    name: 'js_api_timeout',
    aliases: ['api_timeout'],
    type: duration(),
    doc: 'How long a request to JetStream may take.',
  },
  {
    name: 'max_ack_pending',
    aliases: ['max_pending', 'max_inflight'],
    type: int({ max: 65_535 }),
    doc: 'Messages of one subscription that wait for an acknowledgement.',
  },
  { name: 'js_domain', type: text(), doc: 'The JetStream domain that sessions are in.' },
  { name: 'stream_replicas', type: int(), doc: 'How many replicas streams of sessions have.' },
  { name: 'consumer_replicas', type: int(), doc: 'Accepted and ignored.' },
  { name: 'consumer_memory_storage', type: bool(), doc: 'Keeps the state of consumers in memory.' },
  {
    name: 'consumer_inactive_threshold',
    aliases: ['consumer_auto_cleanup'],
    type: duration(),
    doc: 'After how long unused consumers are removed.',
  },
  { name: 'reject_qos2_publish', type: bool(), doc: 'Refuses messages with QoS 2.' },
  { name: 'downgrade_qos2_subscribe', type: bool(), doc: 'Makes subscriptions with QoS 2 ones with QoS 1.' },
]);
