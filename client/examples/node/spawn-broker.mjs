// A client of Spawn Broker in nothing but the protocol (docs/protocol.md) and Node.js's standard library.
//
//   const broker = await Broker.connect();
//   const child = await broker.spawn({ application: 'C:\\Tools\\tool.exe', directory: 'C:\\Tools' });
//   const { exit_code } = await broker.ended(child.launch_id);
//   broker.close();
//
// What Node.js cannot do here, as it has no way to Windows' own functions, is in README.md beside this file: above all,
// it cannot look at who serves the pipe.

import net from 'node:net';

/** The service's pipes. Only administrators can create the first one, so it is tried first. */
const SERVICE_PIPES = ['ProtectedPrefix\\Administrators\\SpawnBroker', 'SpawnBroker'];

/** What the broker answered instead of a result. `name` is what programs decide by: 'denied', 'bad_handle' ... */
export class BrokerError extends Error {
  constructor(error) {
    super(error.message);
    this.name = error.data?.name ?? 'internal';
    this.win32 = error.data?.win32;
    this.stage = error.data?.stage;
    this.field = error.data?.field;
    this.handleIndex = error.data?.handle_index;
    this.launchId = error.data?.launch_id;
  }
}

/** One connection. Any number of calls may wait at once: answers come as the work is done. */
export class Broker {
  #socket;
  #received = Buffer.alloc(0);
  #waiting = new Map(); // id -> { resolve, reject }
  #queue = []; // those beyond what may be in flight
  #nextId = 1;
  #failure = null;

  /** Connects and says hello. `hello` of the result is the broker's answer: who it takes us for, and its limits. */
  static async connect({ pipe = process.env.SPAWN_BROKER_PIPE, client = 'spawn-broker.mjs 1.0' } = {}) {
    const broker = await Broker.#find(pipe ? [pipe] : SERVICE_PIPES);
    broker.hello = { limits: { in_flight: 1, frame_bytes: 1048576 } };
    try {
      const { nonce } = await broker.call('hello', { protocol: 1, client });
      broker.hello = await broker.call('hello', { protocol: 1, client, nonce });
    } catch (error) {
      broker.close();
      throw error;
    }
    return broker;
  }

  /** Opens the first of these pipes that is there. */
  static async #find(pipes) {
    for (const [i, pipe] of pipes.entries()) {
      const broker = new Broker();
      try {
        await broker.#open(pipe.startsWith('\\\\') ? pipe : `\\\\.\\pipe\\${pipe}`);
        return broker;
      } catch (error) {
        if (error.code !== 'ENOENT' || i + 1 === pipes.length) throw error;
      }
    }
  }

  #open(path) {
    return new Promise((resolve, reject) => {
      // If the pipe's access list denies writing, libuv opens it for reading only.
      this.#socket = net.connect(path, () => (this.#socket.writable ? resolve() : reject(new Error(
        `${path} can only be opened for reading: its access list does not let this user write`))));
      this.#socket.on('error', (error) => { this.#end(error); reject(error); });
      this.#socket.on('close', () => this.#end(new Error('the broker closed the connection')));
      this.#socket.on('data', (bytes) => this.#receive(bytes));
    });
  }

  /** Sends a request. A promise of its result, rejected with a BrokerError, or an Error when the connection is lost. */
  call(method, params = {}) {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure);
      const id = this.#nextId++;
      const payload = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, method, params }), 'utf8');
      if (payload.length > this.hello.limits.frame_bytes)
        return reject(new RangeError(`${method}: ${payload.length} bytes, and a frame has ${this.hello.limits.frame_bytes}`));
      const frame = Buffer.alloc(4 + payload.length);
      frame.writeUInt32LE(payload.length);
      payload.copy(frame, 4);
      this.#queue.push({ id, frame, resolve, reject });
      this.#send();
    });
  }

  /** As many as the broker takes at once; the rest when answers have come. */
  #send() {
    while (this.#queue.length && this.#waiting.size < this.hello.limits.in_flight) {
      const { id, frame, resolve, reject } = this.#queue.shift();
      this.#waiting.set(id, { resolve, reject });
      this.#socket.write(frame); // length and payload in one write
    }
  }

  /** Where frames begin and end says nothing about where reads do. */
  #receive(bytes) {
    this.#received = Buffer.concat([this.#received, bytes]);
    while (this.#received.length >= 4) {
      const length = this.#received.readUInt32LE();
      if (this.#received.length < 4 + length) break;
      const text = this.#received.toString('utf8', 4, 4 + length);
      this.#received = this.#received.subarray(4 + length);
      this.#answer(JSON.parse(text));
    }
  }

  #answer({ id, result, error }) {
    const waiter = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (waiter && error) waiter.reject(new BrokerError(error));
    else if (waiter) waiter.resolve(result);
    else if (error) this.#socket.destroy(new BrokerError(error)); // of no request: a frame was wrong
    this.#send();
  }

  #end(error) {
    this.#failure ??= error;
    for (const { reject } of [...this.#waiting.values(), ...this.#queue]) reject(this.#failure);
    this.#waiting.clear();
    this.#queue = [];
  }

  /** Children go on as their lifetime says. */
  close() {
    this.#socket.destroy();
  }

  /**
   * Launches. `request` has the parameters of docs/protocol.md#spawn; left out, the directory and the environment are
   * this process's own. `handles` and `std` take values of handles of this process: see inheritedHandles().
   */
  spawn(request) {
    const environment = Object.entries(process.env).map(([name, value]) => `${name}=${value}`);
    return this.call('spawn', { directory: process.cwd(), environment, ...request });
  }

  /** The launch as the audit has it, once its child has ended. (Node.js cannot wait for a process by its handle.) */
  async ended(launchId, { timeoutMs = 60000, everyMs = 50 } = {}) {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const { launches } = await this.call('audit.query', { launch_id: launchId, limit: 1 });
      if (launches[0]?.exited_at != null) return launches[0];
      if (Date.now() > deadline) throw new Error(`launch ${launchId} has not ended in ${timeoutMs} ms`);
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  }

  list() { return this.call('list').then(({ children }) => children); }
  status() { return this.call('status'); }
  query(filter = {}) { return this.call('audit.query', filter).then(({ launches }) => launches); }
  kill(launchId, exitCode = 1) { return this.call('kill', { launch_id: launchId, exit_code: exitCode }); }
}

/**
 * The named handles that this process was itself launched with: { name: value }. They are what it can give on to its
 * children. Empty for a process that no broker launched, and for a grandchild, which sees the variable but has no such
 * handles (docs/protocol.md#in-the-child).
 */
export function inheritedHandles() {
  const [version, parent, ...fields] = (process.env.SPAWN_BROKER_HANDLES ?? '').split(';');
  if (version !== '1' || parent !== `parent=${process.ppid}`) return {};
  return Object.fromEntries(fields.filter(Boolean).map((field) => {
    const [name, value] = field.split('=');
    return [name, Number(value)];
  }));
}
