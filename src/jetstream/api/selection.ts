/** Which requests about messages contradict themselves, and which a stream does not allow. Pure functions. */
import { apiError } from '../errors/api-error.js';
import type { ValueOf } from '../messages/kind.js';
import type { MSG_GET_REQUEST, STREAM_PURGE_REQUEST } from '../messages/requests.js';
import type { StreamConfig } from '../messages/stream-config.js';

/** One message is chosen by one thing; the next one on a subject may be counted from a sequence or a time. */
export function checkMsgGet(request: ValueOf<typeof MSG_GET_REQUEST>): void {
  const { last_by_subj: last, next_by_subj: next } = request;
  const [bySeq, byTime] = [request.seq > 0n, request.start_time !== undefined];
  const isMany = request.batch > 0n || request.max_bytes > 0n;
  const isNone = !bySeq && !byTime && last === '' && next === '';
  const isTwo = (bySeq && byTime) || (last !== '' && (bySeq || byTime || next !== ''));
  if (isMany || isNone || isTwo) throw apiError('badRequest');
}

/** Either up to a sequence, or all but some. */
export function checkPurge({ seq, keep }: ValueOf<typeof STREAM_PURGE_REQUEST>): void {
  if (seq > 0n && keep > 0n) throw apiError('badRequest');
}

/** Whether messages may be removed one by one. */
export function checkMayDelete({ sealed, deny_delete: denied }: StreamConfig): void {
  if (sealed) throw apiError('streamSealed');
  if (denied) throw apiError('streamMsgDeleteFailed', { err: 'message delete not permitted' });
}

/** Whether many may be removed at once. */
export function checkMayPurge({ sealed, deny_purge: denied }: StreamConfig): void {
  if (sealed) throw apiError('streamSealed');
  if (denied) throw apiError('streamPurgeFailed', { err: 'stream purge not permitted' });
}
