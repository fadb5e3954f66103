/** `jetstream`: streams and consumers of this server. Described, not supported yet. */

import { block, bool, choice, duration, either, int, secret, size, text } from '../value-type.js';

/** A number of bytes, or quoted text such as "64M". */
const storage = either(size({ negative: 'kept' }), text());
const count = int({ negative: 'kept' });

const BATCH = block('JetStreamBatchOptions', [
  { name: 'max_inflight_per_stream', type: count, doc: 'Batches of one stream that may be open.' },
  { name: 'max_inflight_total', type: count, doc: 'Batches of all streams that may be open.' },
  { name: 'max_msgs', type: count, doc: 'Messages of one batch.' },
  { name: 'timeout', type: duration(), doc: 'How long a batch may stay open.' },
]);

const LIMITS = block('JetStreamLimitsOptions', [
  { name: 'max_ack_pending', type: count, doc: 'Messages of one consumer that wait for an acknowledgement.' },
  { name: 'max_ha_assets', type: count, doc: 'How many replicated streams and consumers.' },
  { name: 'max_request_batch', type: count, doc: 'How many messages one pull may ask for.' },
  { name: 'default_max_consumers', type: count, doc: 'Consumers of a stream that says nothing about it.' },
  { name: 'duplicate_window', type: duration(), doc: 'The longest window for finding duplicates.' },
  { name: 'batch', type: BATCH, doc: 'Batches of messages that are stored together.' },
]);

const TPM = block('JetStreamTpmOptions', [
  { name: 'keys_file', type: text(), doc: 'The file with the sealed keys.' },
  { name: 'encryption_password', type: secret(), doc: 'The password of the key.' },
  { name: 'srk_password', type: secret(), doc: 'The password of the storage root key.' },
  { name: 'pcr', type: int(), doc: 'The register the key is bound to.' },
  { name: 'cipher', type: text(), doc: 'The cipher: chacha or aes.' },
]);

export const JETSTREAM = either(
  bool(),
  choice(['ENABLED', 'ENABLE', 'DISABLED', 'DISABLE'], { anyCase: true }),
  block('JetStreamOptions', [
    { name: 'enabled', aliases: ['enable'], type: bool(), doc: 'Whether it is on.' },
    { name: 'strict', type: bool(), doc: 'Refuses unknown fields in requests.' },
    { name: 'store_dir', aliases: ['store', 'storedir'], type: text(), doc: 'The directory for streams.' },
    {
      name: 'sync_interval',
      aliases: ['sync'],
      type: either(text(), duration()),
      doc: 'How often files are synced to disk; "always" after every write.',
    },
    {
      name: 'max_memory_store',
      aliases: ['max_mem_store', 'max_mem'],
      type: storage,
      doc: 'Bytes of streams in memory.',
    },
    { name: 'max_file_store', aliases: ['max_file'], type: storage, doc: 'Bytes of streams on disk.' },
    { name: 'domain', type: text(), doc: 'The JetStream domain.' },
    { name: 'key', aliases: ['ek', 'encryption_key'], type: secret(), doc: 'The key that files are encrypted with.' },
    {
      name: 'prev_key',
      aliases: ['prev_ek', 'prev_encryption_key'],
      type: secret(),
      doc: 'The key they were encrypted with before.',
    },
    { name: 'cipher', type: text(), doc: 'The cipher: chacha or aes.' },
    { name: 'extension_hint', type: text(), doc: 'Whether it extends the domain of another server.' },
    { name: 'limits', type: LIMITS, doc: 'Limits of streams and consumers.' },
    { name: 'tpm', type: TPM, doc: 'Takes the key from a trusted platform module.' },
    { name: 'unique_tag', type: text(), doc: 'The tag that tells places of replicas apart.' },
    { name: 'max_outstanding_catchup', type: storage, doc: 'Bytes on the way to a replica that catches up.' },
    { name: 'max_buffered_size', type: storage, doc: 'Bytes that may wait for a stream.' },
    { name: 'max_buffered_msgs', type: count, doc: 'Messages that may wait for a stream.' },
    { name: 'request_queue_limit', type: count, doc: 'Requests that may wait.' },
    { name: 'info_queue_limit', type: count, doc: 'Requests for information that may wait.' },
    { name: 'meta_compact', type: count, doc: 'After how many entries the log of the cluster is compacted.' },
    { name: 'meta_compact_size', type: storage, doc: 'At which size it is compacted.' },
    { name: 'meta_compact_sync', type: bool(), doc: 'Waits until it is compacted.' },
    { name: 'max_concurrent_io', type: count, doc: 'How many files are worked on at once.' },
  ]),
);
