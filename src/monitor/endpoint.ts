/** The type of a monitoring endpoint: a function from the broker's state and the query to an answer. */
import type { Answer } from '../http/answer.js';
import type { MonitorContext } from './source.js';

export type Endpoint = (context: MonitorContext, query: URLSearchParams) => Answer;
