// Used by blocked-main.mjs: what a client needs while the broker's main thread stands still.
import { once } from 'node:events';
import { connect } from 'node:net';

async function talk(lines, until) {
  const socket = connect(Number(process.argv[2]), '127.0.0.1');
  socket.setEncoding('utf8');
  socket.write(lines);
  let text = '';
  while (!until(text)) text += (await once(socket, 'data'))[0];
  socket.destroy();
  return text.slice(text.indexOf('\r\n') + 2);
}

const login = 'CONNECT {"verbose":false,"user":"ada","pass":"lovelace"}\r\n';
const traffic = 'SUB open.* 1\r\nPUB open.a 2\r\nhi\r\nPUB shut 2\r\nhi\r\nPING\r\n';
process.stdout.write(await talk(`${login}${traffic}`, (text) => text.includes('PONG\r\n')));
const wrong = 'CONNECT {"verbose":false,"user":"ada","pass":"byron"}\r\nPING\r\n';
process.stdout.write(await talk(wrong, (text) => /-ERR .*\r\n/.test(text)));
