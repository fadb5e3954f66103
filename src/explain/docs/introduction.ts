/** The part of the reference page that no table can say. */

export const INTRODUCTION = `<!-- Made by \`npm run docs\` from src/config; changes here are lost. -->
# Configuration

nats-turbo reads the configuration files of nats-server. Every option is below, with what a reload (SIGHUP) does with
a change of it. Flags win over the file, and keep doing so across reloads.

\`\`\`
# Comments begin with # or //.
port: 4222                       # ":", "=" or a blank between name and value
max_payload: 2MB                 # 1k is 1000, 1kb 1024; also m, g, t
ping_interval: "2m"              # durations: 250ms, 10s, 1m30s; minutes in quotes, as 1m is a million
LIMIT = 128MB                    # a name that is no option is a variable, for use further down
max_pending: $LIMIT              # looked up in the blocks around it, then in the environment
include "limits.conf"            # relative to the folder of this file
authorization { users: [ { user: alice, password: $ALICE_PASSWORD } ] }
\`\`\`

A file may be JSON as well, with one exception: as in nats-server, the escapes \`\\u00e9\` and \`\\/\` in a text are errors.
Write the character itself. For that form [nats-turbo.schema.json](nats-turbo.schema.json) tells an editor the names,
the types and what they mean; name it in the editor's settings (an installed package has it under
node_modules/nats-turbo/docs), as the file itself has no place for it. It is stricter than the broker: names in lower
case, sizes as numbers, durations as text.

## Asking the configuration

| Command | What it says |
|---|---|
| \`nats-turbo -t -c FILE\` | whether the file can be used, and its digest; every mistake with its place |
| \`nats-turbo config explain FILE\` | every option in force, and where its value came from: default, file and line, include, variable, flag |
| \`nats-turbo config diff A B\` | what a reload from A to B applies, and what needs a restart; exit code 0 same, 1 different, 2 not readable |
| \`nats-turbo doctor -c FILE\` | what would go wrong on this machine: limits, ports, certificates, disks, memory, clock; exit code 1 when there is a problem |

All take the flags the server is started with, all but \`-t\` also \`--json\`. Passwords and tokens are shown as \`[REDACTED]\`.

## Passwords and keys

| Command | What it prints |
|---|---|
| \`nats-turbo passwd\` | the bcrypt hash of a password, for \`password\` and \`token\`; asks for it, or reads standard input; \`--cost N\` is 4 to 31, 11 unless given |
| \`nats-turbo nkey user\`, also \`account\`, \`curve\` | a new key: its seed, which has to stay secret, and its public key |
| \`nats-turbo nkey public < FILE\` | the public key of the seed in FILE |

An nkey is a pair of keys. The client keeps the seed; the server needs only the public key, which is no secret. When a
client connects, it signs a text that the server has made up for that connection.

\`\`\`sh
nats-turbo nkey user > ann.key            # the seed, then the public key
chmod 600 ann.key
head -n 1 ann.key > ann.seed              # for the client
tail -n 1 ann.key                         # for the server: UDXU4RCSJNZO…
\`\`\`

\`\`\`
authorization { users: [ { nkey: UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4, permissions: { publish: "orders.>" } } ] }
\`\`\`

\`\`\`ts
import { readFileSync } from 'node:fs';
import { connect, nkeyAuthenticator } from '@nats-io/transport-node';

const seed = new TextEncoder().encode(readFileSync('ann.seed', 'utf8').trim());
const nc = await connect({ servers: '127.0.0.1', authenticator: nkeyAuthenticator(seed) });
\`\`\`

The \`nats\` command takes the seed as \`--nkey ann.seed\`. In logs and monitoring the public key is the name of the user.

A proxy between clients and server can have a key of its own (\`proxies\`). It adds \`proxy_sig\` to the CONNECT of a
client: its signature of the nonce in INFO, in base64url without padding. Users with \`proxy_required\` get in only that
way. A \`proxy_sig\` that none of the trusted keys made is refused, whoever the client is.

\`\`\`
proxies { trusted: [ { key: NAZPFZVR7MNSCKUCO3NXV6KD7RD3IDYRQTXY2CMIF4J6LN2VVZXH6LKL } ] }
authorization { users: [ { user: web, password: "$2a$11$…", proxy_required: true } ] }
\`\`\`

## A module that decides who may connect
\`auth_module\` names a JavaScript module. Its default export, or its export \`authenticate\`, is called for each CONNECT and
answers with a user or a refusal, as [the library's function](library.md#deciding-who-may-connect) does. nats-server has no
such option.

\`\`\`
auth_module: "./auth.mjs"              # from the folder of the configuration file
authorization { timeout: 5s }          # how long an answer may take
\`\`\`

\`\`\`js
// auth.mjs
const tenants = new Map([['s3cret', 'web']]);

export default async ({ user, pass, token, ip }) => {
  const name = tenants.get(token);
  if (name === undefined) return { refuse: \`unknown token, from \${ip}\` };
  return { user: name, permissions: { publish: \`\${name}.>\`, subscribe: [\`\${name}.>\`, '_INBOX.>'] } };
};
\`\`\`

The module runs in the process of the server. A reload loads it again if the file has changed; files that it imports are
not read again. \`-t\` does not load it.
`;
