// Launches a child and hears from it; has several requests on their way at once; is refused, by name; and asks the audit.
//
//   node example.mjs                                            on its own
//   spawnctl run --handle log=log.txt:w -- node example.mjs     with a handle to give on

import crypto from 'node:crypto';
import net from 'node:net';
import { Broker, BrokerError, inheritedHandles } from './spawn-broker.mjs';

const broker = await Broker.connect();
console.log(`connected to ${broker.hello.broker} as ${broker.hello.caller.user}`);

// A child's output. Node.js has no handle of a pipe to give, so the child comes to a pipe that we serve; that nobody else
// knows its name is all that keeps others out.
const name = `\\\\.\\pipe\\example-${crypto.randomUUID()}`;
const server = net.createServer();
const heard = new Promise((resolve) => server.on('connection', (socket) => {
  let text = '';
  socket.setEncoding('utf8').on('data', (part) => (text += part)).on('end', () => resolve(text));
}));
await new Promise((resolve) => server.listen(name, resolve));

const script = "const s = require('net').connect(process.argv[1], () => s.end('hello from process ' + process.pid))";
const child = await broker.spawn({
  application: process.execPath,
  command_line: `node -e "${script}" ${name}`,
  lifetime: 'caller', // it ends when we do
  limits: { process_memory_bytes: 4 * 2 ** 30 },
});
console.log(`process ${child.process_id}, whose handles were ${child.attested ? 'attested' : 'not looked at'}`);
console.log(`it said: ${await heard}`);
server.close();
const ended = await broker.ended(child.launch_id);
console.log(`it ended with ${ended.exit_code}`);

// Ten requests on their way at once.
const answers = await Promise.all(Array.from({ length: 9 }, () => broker.list()).concat(broker.status()));
console.log(`${answers.length} answers`);

// A refusal has a name for programs, and a sentence for people.
try {
  await broker.spawn({ application: 'tool.exe' });
} catch (error) {
  if (!(error instanceof BrokerError)) throw error;
  console.log(`refused: ${error.name}, ${error.field}: ${error.message}`);
}

// A handle that we were given by name goes on to a child, as its descriptor 3.
const { log } = inheritedHandles();
if (log) {
  const next = await broker.spawn({
    application: process.execPath,
    command_line: `node -e "require('fs').writeSync(3, 'written by a grandchild')"`,
    handles: [{ name: 'log', value: log, fd: 3 }],
  });
  console.log(`given on: the child ended with ${(await broker.ended(next.launch_id)).exit_code}`);
}

const mine = await broker.query({ caller_pid: process.pid, limit: 10 });
for (const { outcome, application, handles } of mine.reverse())
  console.log(`${outcome}: ${application.split('\\').pop()}, handles: ${handles.map((h) => h.name).join(' ') || 'none'}`);

broker.close();
