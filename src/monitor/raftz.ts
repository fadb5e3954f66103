/** `/raftz`: this broker has no Raft groups; the answer is that of nats-server without any. */
import { type Answer, text } from '../http/answer.js';

export function raftz(): Answer {
  return text(404, 'No Raft nodes registered');
}
