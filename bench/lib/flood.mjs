/**
 * The process behind bench/floods.mjs that floods a server: `flood.mjs KIND PORT`. Tells its parent (IPC) when the flood is
 * running, and how many steps it has made, and answers it has got, when asked. Ends when its parent does. Measures nothing else.
 */
import { connect } from 'node:net';

const BATCH = 500;
/** Subscriptions of a connection at a time; older ones are removed, so that memory stays bounded. */
const KEPT_BATCHES = 100;

const floods = {
  logins: { connections: 16, start: floodLogins },
  subs: { connections: 4, start: floodSubscriptions },
  varz: { connections: 2, start: floodVarz },
};

const [kind, port] = process.argv.slice(2);
let steps = 0;
let answers = 0;

process.on('message', () => process.send({ steps, answers }));
process.once('disconnect', () => process.exit());
const { connections, start } = floods[kind];
for (let n = 0; n < connections; n += 1) start(n);

function count(more) {
  if (steps === 0) process.send({ running: true });
  steps += more;
}

/** A wrong password, and again as soon as the server has closed the connection. */
function floodLogins() {
  const socket = open('hashed', 'wrong');
  socket.once('close', () => {
    count(1);
    floodLogins();
  });
}

/** New subjects without end, in the account of the clients that are measured. */
function floodSubscriptions(connection) {
  let batch = 0;
  repeat(open('app', 'p'), () => {
    let text = '';
    for (let n = 0; n < BATCH; n += 1) {
      const sid = batch * BATCH + n;
      text += `SUB flood.${connection}.${sid} ${sid}\r\n`;
      if (batch >= KEPT_BATCHES) text += `UNSUB ${sid - KEPT_BATCHES * BATCH}\r\n`;
    }
    batch += 1;
    return text;
  });
}

/** Requests to the system account; their answers are delivered, too. */
function floodVarz(connection) {
  const socket = open('sys', 'p');
  socket.write(`SUB answers.${connection} 1\r\n`);
  const requests = `PUB $SYS.REQ.SERVER.PING.VARZ answers.${connection} 0\r\n\r\n`.repeat(BATCH);
  repeat(socket, () => requests);
}

/** Sends a batch whenever the server has read the one before. */
function repeat(socket, nextBatch) {
  const send = () => socket.write(`${nextBatch()}PING\r\n`);
  let tail = '';
  socket.on('data', (bytes) => {
    const text = tail + bytes.toString('latin1');
    // A line that has not ended yet: what arrives in two pieces is counted once.
    tail = text.slice(text.lastIndexOf('\n') + 1);
    // nats-server writes two spaces where the reply subject would be.
    answers += text.match(/MSG answers\.\d+ \d+ +\d+\r\n/g)?.length ?? 0;
    if (!text.includes('PONG\r\n')) return;
    count(BATCH);
    send();
  });
  socket.once('close', () => process.exit(1));
  send();
}

function open(user, pass) {
  const socket = connect({ port: Number(port), host: '127.0.0.1', noDelay: true });
  socket.on('error', () => {});
  socket.resume();
  socket.write(`CONNECT ${JSON.stringify({ verbose: false, user, pass })}\r\nPING\r\n`);
  return socket;
}
