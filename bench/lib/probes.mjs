/**
 * How long a login and a request to the system account take on a server that something else loads: one after the other for
 * some seconds, over plain sockets. Times are in microseconds.
 */
import { connect } from 'node:net';

/** From the connection's beginning to the PONG behind CONNECT. */
export async function measureLogins(port, user, seconds) {
  return repeat(seconds, async () => (await login(port, user)).destroy());
}

/** `$SYS.REQ.SERVER.PING.IDZ`, from the request to its answer. */
export async function measureSystemRequests(port, user, seconds) {
  const socket = await login(port, user);
  socket.write('SUB answers 1\r\n');
  const result = await repeat(seconds, () => {
    socket.write('PUB $SYS.REQ.SERVER.PING.IDZ answers 0\r\n\r\n');
    return read(socket, /\}\r\n$/);
  });
  socket.destroy();
  return result;
}

async function login(port, user) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.setEncoding('latin1');
  socket.write(`CONNECT ${JSON.stringify({ verbose: false, ...user })}\r\nPING\r\n`);
  await read(socket, /PONG\r\n$/);
  return socket;
}

/** Rejects when the connection ends before. */
function read(socket, end) {
  return new Promise((resolve, reject) => {
    let text = '';
    const onData = (data) => {
      text += data;
      if (!end.test(text)) return;
      socket.off('data', onData).off('close', onClose).off('error', onClose);
      resolve(text);
    };
    const onClose = (error) => reject(error || new Error(`the server closed the connection after ${text}`));
    socket.on('data', onData).on('close', onClose).on('error', onClose);
  });
}

async function repeat(seconds, step) {
  const times = [];
  const end = performance.now() + 1000 * seconds;
  for (let begin = performance.now(); begin < end; ) {
    await step();
    const now = performance.now();
    times.push(1000 * (now - begin));
    begin = now;
  }
  times.sort((a, b) => a - b);
  const at = (part) => times[Math.floor(part * (times.length - 1))];
  return { p50: at(0.5), p99: at(0.99) };
}
