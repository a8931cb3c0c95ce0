// A second implementation of the audit's verification, written from docs/audit.md ("Hash bytes") and from
// nothing else, so that the page stays enough to write one.
import { createHash, createPublicKey, verify as verifySignature } from 'node:crypto';

const LETTERS = { launch: 'L', outcome: 'O', exit: 'X', event: 'E', checkpoint: 'C' };
const TIMES = { launch: 'requested_at', outcome: 'at', exit: 'exited_at', event: 'at', checkpoint: 'at' };
const UNSIGNED_RECORDS = 1000n;
const UNSIGNED_US = 120_000_000n;

const sha256 = (...parts) => {
    const hash = createHash('sha256');
    for (const part of parts) hash.update(part);
    return hash.digest();
};

// A column as it is hashed. Text comes as its bytes, and with the type "text".
function encode(type, value) {
    if (type === 'null') return Buffer.from('n');
    if (type === 'integer') {
        const bytes = Buffer.alloc(9, 'i');
        bytes.writeBigInt64LE(BigInt(value), 1);
        return bytes;
    }
    if (type !== 'text' && type !== 'blob') throw new Error(`a column of type ${type}`);
    const start = Buffer.alloc(5, type[0] === 't' ? 't' : 'b');
    start.writeUInt32LE(value.length, 1);
    return Buffer.concat([start, value]);
}

// Reads rows with the type of each column. SQLite's own bytes of a text, which need not be UTF-8.
function reader(db, table, names, rest) {
    const columns = names.map((name) => `typeof("${name}") AS "type ${name}", ` +
        `CASE typeof("${name}") WHEN 'text' THEN CAST("${name}" AS BLOB) ELSE "${name}" END AS "${name}"`);
    const statement = db.prepare(`SELECT ${columns.join(', ')} FROM "${table}" ${rest}`);
    statement.setReadBigInts(true);
    return statement;
}

const encodeRow = (names, row) => Buffer.concat(names.map((name) => encode(row[`type ${name}`], row[name])));

function columnsOf(db, table) {
    return db.prepare('SELECT name FROM pragma_table_info(?) ORDER BY cid').all(table).map((row) => row.name);
}

export class Audit {
    constructor(db) {
        this.db = db;
        this.tables = {};
        for (const table of Object.keys(LETTERS)) {
            const all = columnsOf(db, table);
            const names = all.slice(0, all.indexOf('hash'));
            const added = all.slice(all.indexOf('hash') + 1);
            this.tables[table] = { names, added, row: reader(db, table, all, 'WHERE seq = ?') };
        }
        const handle = columnsOf(db, 'handle');
        this.handleNames = handle.slice(handle.indexOf('position'), handle.indexOf('fd') + 1);
        this.handles = reader(db, 'handle', this.handleNames, 'WHERE launch = ? ORDER BY position');
    }

    // Every record's number and table in the order of the chain, and the handles that no launch has.
    records() {
        const parts = Object.keys(LETTERS).map((table) => `SELECT seq, '${table}' AS tbl FROM "${table}"`);
        const statement = this.db.prepare(`${parts.join(' UNION ALL ')} UNION ALL SELECT launch, 'handle' ` +
            'FROM handle WHERE launch NOT IN (SELECT seq FROM launch) ORDER BY 1');
        statement.setReadBigInts(true);
        return statement.all();
    }

    origin() {
        const statement = this.db.prepare('SELECT id, created_at, public_key FROM chain');
        statement.setReadBigInts(true);
        const [row] = statement.all();
        if (!row) return undefined;
        const hash = sha256('Spawn Broker audit chain 2', encode('blob', row.id),
            encode('integer', row.created_at), encode('blob', row.public_key));
        return { id: row.id, publicKey: row.public_key, hash };
    }

    // The record's hash if it follows `previous`, and what its signature is of.
    read(table, seq, previous, originHash) {
        const { names, added, row } = this.tables[table];
        const values = row.get(seq);
        const start = [previous, Buffer.from(LETTERS[table])];
        let bytes = encodeRow(names, values);
        for (const name of added.filter((name) => values[`type ${name}`] !== 'null'))
            bytes = Buffer.concat([bytes, Buffer.from('c'), encode('text', Buffer.from(name)),
                encode(values[`type ${name}`], values[name])]);
        const record = { table, seq, at: values[TIMES[table]], stored: values.hash, values };
        if (table === 'checkpoint') {
            const before = encodeRow(names.slice(0, names.indexOf('signature')), values);
            record.signed = Buffer.concat([...start, before, encode('blob', originHash)]);
        }
        if (table === 'launch') {
            const handles = this.handles.all(seq);
            bytes = Buffer.concat([bytes, ...handles.map((row) => encodeRow(this.handleNames, row)),
                encode('integer', handles.length)]);
        }
        record.hash = sha256(...start, bytes);
        return record;
    }
}

// The two coordinates of a public key in PEM.
export function coordinates(pem) {
    const { x, y } = createPublicKey(pem).export({ format: 'jwk' });
    return Buffer.concat([Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
}

const numbers = (db, sql, ...args) => {
    const statement = db.prepare(sql);
    statement.setReadBigInts(true);
    return statement.all(...args).map((row) => Object.values(row)[0]);
};

// Verifies a database (node:sqlite). pem: the key to trust. head: CHAIN:NUMBER:HASH, or nothing. Findings are
// a word, and the number or numbers that it is about.
export function verify(db, pem, head) {
    const findings = [];
    const find = (what, ...about) => findings.push([what, ...about].join(' '));
    const range = (what, first, last) => find(what, first, last);
    const audit = new Audit(db);
    const origin = audit.origin();
    const key = pem && createPublicKey(pem);
    if (!origin) find('no-origin');
    const trusted = key && origin && coordinates(pem).equals(origin.publicKey);
    if (origin && key && !trusted) find('other-key');
    if (origin && !key) find('no-key');

    const [last] = db.prepare('SELECT CAST(pruned_through AS TEXT) AS through, pruned_hash FROM checkpoint ' +
        'WHERE pruned_through > 0 ORDER BY pruned_through DESC LIMIT 1').all();
    const pruned = last ? BigInt(last.through) : 0n;
    const [chain, headSeq, headHash] = head ? head.split(':') : [];
    let hash = pruned ? Buffer.from(last.pruned_hash) : origin?.hash;
    let seq = pruned;
    let good = hash !== undefined;
    if (!hash) {
        find('no-beginning');
        hash = Buffer.alloc(32);
    }
    const result = { records: 0n, launches: 0n, first_seq: 0n, last_seq: 0n, pruned_through: pruned,
        checkpoints: 0n, signed_through: 0n, head_checked: false };
    const checkHead = () => {
        if (!head || BigInt(headSeq) !== seq) return;
        result.head_checked = true;
        if (!hash.equals(Buffer.from(headHash, 'hex'))) find('head', seq);
    };
    if (pruned) checkHead();

    let lastAt = 0n, checkpointSeq = 0n, checkpointAt = 0n, pruningSigned = false;
    for (const { seq: number, tbl } of audit.records()) {
        const before = findings.length;
        if (tbl === 'handle') find('handle', number);
        else if (number <= seq) find(number <= pruned ? 'before' : 'twice', number);
        if (findings.length > before) {
            good = false;
            continue;
        }

        if (number > seq + 1n) range('missing', seq + 1n, number - 1n);
        const record = audit.read(tbl, number, hash, origin?.hash ?? Buffer.alloc(32));
        if (number === seq + 1n && !record.hash.equals(record.stored)) find('changed', number);
        good = good && findings.length === before;
        if (!result.first_seq) result.first_seq = number;
        result.last_seq = number;
        result.records++;
        if (tbl === 'launch') result.launches++;
        if (record.at > lastAt || tbl === 'checkpoint') lastAt = record.at;

        if (tbl === 'checkpoint') {
            result.checkpoints++;
            checkpointSeq = number;
            checkpointAt = record.at;
            const through = record.values.pruned_through;
            if (through && (through < 1n || through >= number)) find('prunes', number);
            const signed = trusted && verifySignature('sha256', record.signed, { key, dsaEncoding: 'ieee-p1363' },
                record.values.signature);
            if (trusted && !signed) find('signature', number);
            if (signed && good) {
                result.signed_through = number;
                pruningSigned ||= (through ?? 0n) === pruned;
            }
        }
        seq = number;
        hash = Buffer.from(record.stored);
        checkHead();
    }
    result.head = `${Buffer.from(origin?.id ?? Buffer.alloc(16)).toString('hex')}:${seq}:${hash.toString('hex')}`;

    if (trusted && result.records) {
        if (!result.signed_through) find('unsigned');
        else if (result.last_seq - checkpointSeq >= UNSIGNED_RECORDS ||
            (result.last_seq > checkpointSeq && lastAt - checkpointAt > UNSIGNED_US))
            range('unsigned', checkpointSeq + 1n, result.last_seq);
        if (pruned && !pruningSigned) find('pruned', pruned);
    }
    if (head && origin && chain !== Buffer.from(origin.id).toString('hex')) find('other-chain');
    else if (head && BigInt(headSeq) > result.last_seq) range('cut', result.last_seq + 1n, headSeq);

    if (numbers(db, 'SELECT count(*) FROM chain')[0] > 1n) find('chains');
    for (const table of ['outcome', 'exit'])
        for (const number of numbers(db, `SELECT seq FROM "${table}" WHERE launch > ? AND launch NOT IN ` +
            '(SELECT seq FROM launch)', pruned)) find(table, number);
    for (const number of numbers(db, 'SELECT seq FROM launch WHERE seq NOT IN (SELECT launch FROM outcome) ' +
        'AND seq NOT IN (SELECT launch FROM pending)')) find('not-pending', number);
    for (const number of numbers(db, 'SELECT launch FROM pending WHERE launch IN (SELECT launch FROM outcome) ' +
        'OR launch NOT IN (SELECT seq FROM launch)')) find('pending', number);
    if (numbers(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'running'")[0]) {
        for (const number of numbers(db, "SELECT launch FROM outcome WHERE launch > ? AND outcome = 'started' " +
            'AND launch NOT IN (SELECT launch FROM exit) AND launch NOT IN (SELECT launch FROM running)', pruned))
            find('not-running', number);
        for (const number of numbers(db, 'SELECT launch FROM running WHERE launch IN (SELECT launch FROM exit) ' +
            "OR launch NOT IN (SELECT launch FROM outcome WHERE outcome = 'started')")) find('running', number);
    }
    return { whole: findings.length === 0, ...result, findings };
}

// Gives every record the hash that fits the one before it, as an attacker can.
export function rehash(db) {
    const audit = new Audit(db);
    const origin = audit.origin();
    let hash = origin.hash;
    for (const { seq, tbl } of audit.records()) {
        hash = audit.read(tbl, seq, hash, origin.hash).hash;
        db.prepare(`UPDATE "${tbl}" SET hash = ? WHERE seq = ?`).run(hash, seq);
    }
}
