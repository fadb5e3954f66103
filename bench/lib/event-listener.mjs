/**
 * The process behind bench/events.mjs that listens in the system account: `event-listener.mjs PORT`. Tells its parent (IPC)
 * how many clients have come and gone when asked. Ends when its parent does.
 */
import { connect } from 'node:net';

let connects = 0;
let disconnects = 0;
let tail = '';

process.on('message', () => process.send({ connects, disconnects }));
process.once('disconnect', () => process.exit());
const socket = connect({ port: Number(process.argv[2]), host: '127.0.0.1' });
socket.setEncoding('latin1').on('data', (data) => {
  const text = tail + data;
  const end = text.lastIndexOf('\n') + 1;
  tail = text.slice(end);
  count(text.slice(0, end));
});
socket.once('close', () => process.exit(1));
socket.write('CONNECT {"verbose":false,"user":"sys","pass":"p"}\r\nSUB $SYS.ACCOUNT.> 1\r\nPING\r\n');

/** Whole lines. */
function count(text) {
  if (text.startsWith('PONG\r\n') || text.includes('\nPONG\r\n')) process.send({ running: true });
  if (text.startsWith('PING\r\n') || text.includes('\nPING\r\n')) socket.write('PONG\r\n');
  connects += occurrences(text, 'MSG $SYS.ACCOUNT.APP.CONNECT ');
  disconnects += occurrences(text, 'MSG $SYS.ACCOUNT.APP.DISCONNECT ');
}

function occurrences(text, part) {
  let found = 0;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) found += 1;
  return found;
}
