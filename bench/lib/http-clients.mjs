/**
 * The process behind bench/monitoring.mjs that reads a monitoring port without pause:
 * `http-clients.mjs PORT CLIENTS alive|anew PATH...`. Each client asks for the paths in turn, on a connection that it keeps
 * or on a new one each time. Tells its parent (IPC) the number of answers when asked. Ends when its parent does.
 *
 * Reads just as much of HTTP as is needed to find the end of an answer: a client that does more would be what limits.
 */
import { connect } from 'node:net';

const [port, clients, mode, ...paths] = process.argv.slice(2);
const anew = mode === 'anew';
let answers = 0;
let asked = 0;

process.on('message', () => process.send({ answers }));
process.once('disconnect', () => process.exit());
for (let n = 0; n < Number(clients); n += 1) open();

function open() {
  const socket = connect({ port: Number(port), host: '127.0.0.1', noDelay: true });
  let answer = '';
  socket.on('connect', () => ask(socket));
  socket.setEncoding('latin1').on('data', (text) => {
    answer += text;
    if (!isComplete(answer)) return;
    count(answer);
    if (!/^connection: close/im.test(answer)) ask(socket);
    answer = '';
  });
  // After each answer, or because the server wants to end the connection after some requests.
  socket.on('error', () => {}).on('close', open);
}

function ask(socket) {
  asked += 1;
  const end = anew ? 'Connection: close\r\n\r\n' : '\r\n';
  socket.write(`GET ${paths[asked % paths.length]} HTTP/1.1\r\nHost: 127.0.0.1\r\n${end}`);
}

function isComplete(answer) {
  const headers = answer.indexOf('\r\n\r\n');
  if (headers < 0) return false;
  const length = answer.slice(0, headers).match(/content-length: (\d+)/i)?.[1];
  return length === undefined ? answer.endsWith('\r\n0\r\n\r\n') : answer.length - headers - 4 >= Number(length);
}

/** A busy nats-server may answer that it is not healthy. */
function count(answer) {
  if (!answer.startsWith('HTTP/1.1 200')) return;
  if (answers === 0) process.send({ running: true });
  answers += 1;
}
