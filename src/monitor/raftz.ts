/** `/raftz`: groups of servers that agree on something. There are none, which is told as the reference tells it. */
import { type Answer, text } from '../http/answer.js';

export function raftz(): Answer {
  return text(404, 'No Raft nodes registered');
}
