// Compares `spawnctl audit verify` with the second implementation beside this file. Arguments: the directory
// of spawnctl.exe and spawnbroker.exe, the audit that version 1.0.0 wrote, a directory to work in.
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Broker } from '../../../client/examples/node/spawn-broker.mjs';
import { rehash, verify } from './verify.mjs';

const [programs, golden, work] = process.argv.slice(2).map((path) => resolve(path));
const spawnctl = join(programs, 'spawnctl.exe');
let checks = 0, failures = 0;

function check(good, ...said) {
    checks++;
    if (good) return;
    failures++;
    console.log('FAILED:', ...said);
}

// What spawnctl says, in the words of verify.mjs.
const WORDS = [
    [/^the chain's origin is missing/, 'no-origin'],
    [/^the chain is signed by another key/, 'other-key'],
    [/^no public key is trusted/, 'no-key'],
    [/^what the first record follows is missing/, 'no-beginning'],
    [/^a handle belongs to launch (-?\d+), which is missing/, 'handle'],
    [/^record (-?\d+) is before the first one/, 'before'],
    [/^record (-?\d+) occurs twice/, 'twice'],
    [/^record (-?\d+) is missing/, 'missing'],
    [/^records (-?\d+) to (-?\d+) are missing/, 'missing'],
    [/^record (-?\d+) has been changed, or does not follow/, 'changed'],
    [/^record (-?\d+) prunes records that it cannot/, 'prunes'],
    [/^the signature of record (-?\d+) is not the broker's/, 'signature'],
    [/^no signature vouches for any of it/, 'unsigned'],
    [/^records (-?\d+) to (-?\d+) are more than a broker leaves unsigned/, 'unsigned'],
    [/^no good signature says that the records up to (-?\d+) were pruned/, 'pruned'],
    [/^record (-?\d+) differs from the head that was kept/, 'head'],
    [/^the head that was kept is of another chain/, 'other-chain'],
    [/^records (-?\d+) to (-?\d+), up to the head that was kept, have been cut off/, 'cut'],
    [/^table chain has more than one row/, 'chains'],
    [/^an outcome belongs to a launch that is missing: record (-?\d+)/, 'outcome'],
    [/^an exit belongs to a launch that is missing: record (-?\d+)/, 'exit'],
    [/^a launch has no outcome, but is not in table pending: record (-?\d+)/, 'not-pending'],
    [/^table pending has a launch that is not open: record (-?\d+)/, 'pending'],
    [/^a child has no exit on record, but is not in table running: record (-?\d+)/, 'not-running'],
    [/^table running has a launch without a running child: record (-?\d+)/, 'running'],
];

function word(finding) {
    for (const [pattern, name] of WORDS) {
        const match = pattern.exec(finding);
        if (!match) continue;
        const about = match.slice(1);
        return [name, ...(name === 'missing' && about.length === 1 ? [about[0], about[0]] : about)].join(' ');
    }
    return `"${finding}"`;
}

// Now and then Wine does not start a program; then there is no exit code, and it is tried once more.
function ask(...args) {
    const run = () => spawnSync(spawnctl, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    let ended = run();
    if (ended.error) ended = run();
    return { code: ended.status, text: ended.stdout ?? '', said: `${ended.stdout}${ended.stderr}${ended.error ?? ''}` };
}

// Verifies a file in both ways. Each that `wanted` lists must be among the findings; none: it is whole.
function agree(what, file, key, head, wanted) {
    const { code, text, said } = ask('audit', 'verify', '--db', file, '--public-key', key, '--json',
        ...(head ? ['--head', head] : []));
    let first;
    try {
        first = JSON.parse(text);
    } catch {
        check(false, `${what}: spawnctl ended with ${code}: ${said}`);
        return;
    }
    const db = new DatabaseSync(file);
    const second = verify(db, readFileSync(key, 'utf8'), head);
    db.close();

    for (const name of ['records', 'launches', 'first_seq', 'last_seq', 'pruned_through', 'checkpoints',
        'signed_through'])
        check(first[name] === Number(second[name]), `${what}: ${name}: spawnctl ${first[name]}, ` +
            `the second ${second[name]}`);
    for (const name of ['whole', 'head', 'head_checked'])
        check(first[name] === second[name], `${what}: ${name}: spawnctl ${first[name]}, ` +
            `the second ${second[name]}`);
    const set = (list) => [...new Set(list)].sort().join('; ');
    check(set(first.wrong.map(word)) === set(second.findings), `${what}: spawnctl found ` +
        `${set(first.wrong.map(word))}; the second ${set(second.findings)}`);
    check(code === (second.whole ? 0 : 3), `${what}: spawnctl ended with ${code}`);
    check(second.whole === !wanted.length, `${what}: whole: ${second.whole}`);
    for (const finding of wanted)
        check(second.findings.includes(finding), `${what}: wanted ${finding}, got ${set(second.findings)}`);
    console.log(`${what}: ${second.whole ? 'whole' : set(second.findings)}`);
}

// Changes a copy as someone who may write the file can: without the triggers and checks, which are as before
// afterwards. Returns the copy's path.
function tampered(file, change) {
    const path = join(work, 'tampered.db');
    for (const end of ['', '-wal', '-shm']) rmSync(path + end, { force: true });
    copyFileSync(file, path);
    const db = new DatabaseSync(path, { enableForeignKeyConstraints: false });
    const triggers = db.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY rowid").all();
    db.exec('PRAGMA ignore_check_constraints = ON; BEGIN');
    for (const { name } of triggers) db.exec(`DROP TRIGGER "${name}"`);
    if (typeof change === 'string') db.exec(change);
    else change(db);
    for (const { sql } of triggers) db.exec(sql);
    db.exec('COMMIT');
    db.close();
    return path;
}

const one = (file, sql) => {
    const db = new DatabaseSync(file);
    const row = db.prepare(sql).get();
    db.close();
    return row ? Object.values(row)[0] : undefined;
};

// Changes the column number `at` of a row in every table, each in a copy, until there are no more.
function everyColumn(name, file, key) {
    for (let at = 0, left = true; left; at++) {
        const wanted = [];
        const path = tampered(file, (db) => {
            for (const table of ['launch', 'outcome', 'exit', 'event', 'handle']) {
                const all = db.prepare('SELECT name FROM pragma_table_info(?) ORDER BY cid').all(table)
                    .map((row) => row.name).filter((column) => !['seq', 'launch', 'position'].includes(column));
                const column = all[at];
                if (!column) continue;
                const record = table === 'handle' ? 'launch' : 'seq';
                // The second row, or the first: the launch of the changed handle is not the changed launch.
                const rows = db.prepare(`SELECT DISTINCT ${record} AS n FROM "${table}" ORDER BY 1`).all();
                const { n } = rows[table === 'handle' ? rows.length - 1 : Math.min(1, rows.length - 1)];
                db.exec(`UPDATE "${table}" SET "${column}" = CASE typeof("${column}") ` +
                    `WHEN 'integer' THEN "${column}" + 1 WHEN 'text' THEN "${column}" || 'x' ` +
                    `WHEN 'blob' THEN zeroblob(length("${column}")) ELSE ` +
                    `(SELECT CASE type WHEN 'TEXT' THEN '' WHEN 'INTEGER' THEN 0 ELSE zeroblob(32) END ` +
                    `FROM pragma_table_info('${table}') WHERE name = '${column}') END WHERE ${record} = ${n}`);
                wanted.push(`changed ${n}`);
            }
        });
        left = wanted.length > 0;
        if (left) agree(`${name}, column ${at + 1} of each table changed`, path, key, undefined, wanted);
    }
}

function goldenAudit() {
    const file = join(work, 'golden.db'), key = join(work, 'audit.pub');
    copyFileSync(join(golden, 'audit.db'), file);
    copyFileSync(join(golden, 'audit.pub'), key);
    const head = readFileSync(join(golden, 'head.txt'), 'utf8').trim();
    agree('golden', file, key, undefined, []);
    agree('golden, with its head', file, key, head, []);
    agree('golden, with a head of another chain', file, key, head.replace(/^.{4}/, '0000'), ['other-chain']);
    agree('golden, with another hash in its head', file, key, head.replace(/.{4}$/, '0000'), ['head 29']);
    everyColumn('golden', file, key);
    const cases = [
        ['a deleted record', 'DELETE FROM event WHERE seq = 3', ['missing 3 3']],
        ['deleted records', 'DELETE FROM launch WHERE seq = 4; DELETE FROM handle WHERE launch = 4; ' +
            'DELETE FROM outcome WHERE seq IN (5, 6); DELETE FROM exit WHERE seq IN (5, 6)', ['missing 4 6']],
        ['a deleted handle', 'DELETE FROM handle WHERE launch = 14 AND position = 1', ['changed 14']],
        ['a handle of no launch', 'UPDATE handle SET launch = 13 WHERE launch = 14 AND position = 1', ['handle 13']],
        ['two handles that changed places', 'UPDATE handle SET position = 9 WHERE launch = 14 AND position = 0; ' +
            'UPDATE handle SET position = 0 WHERE launch = 14 AND position = 1; ' +
            'UPDATE handle SET position = 1 WHERE launch = 14 AND position = 9', ['changed 14']],
        ['a record twice', 'INSERT INTO event SELECT 4, at, kind, detail, hash FROM event WHERE seq = 3',
            ['twice 4']],
        ['a record before the first', 'INSERT INTO event SELECT -1, at, kind, detail, hash FROM event WHERE seq = 3',
            ['before -1']],
        ['an added record', 'INSERT INTO event SELECT 32, at, kind, detail, hash FROM event WHERE seq = 3',
            ['changed 32']],
        ['text in the place of a blob of the same bytes', (db) => {
            db.exec("UPDATE event SET kind = CAST('st' AS TEXT), detail = 'op' WHERE seq = 30");
        }, ['changed 30']],
        ['a letter that moved to the next text', "UPDATE event SET kind = 'polic', detail = 'y' || detail " +
            'WHERE seq = 29', ['changed 29']],
        ['a second origin', 'INSERT INTO chain SELECT * FROM chain', ['chains']],
        ['another origin', 'UPDATE chain SET created_at = created_at + 1', ['changed 1']],
        ['no origin', 'DELETE FROM chain', ['no-origin', 'no-beginning']],
        ['a signature of nothing', 'UPDATE checkpoint SET signature = zeroblob(64) WHERE seq = 31',
            ['changed 31', 'signature 31']],
        ['an open launch', 'INSERT INTO pending VALUES (4)', ['pending 4']],
        ['an outcome of a launch that is not there', 'UPDATE outcome SET launch = 900 WHERE launch = 4',
            ['not-pending 4']],
        ['a pruning that nobody signed', 'UPDATE checkpoint SET pruned_through = 1, pruned_hash = ' +
            '(SELECT hash FROM event WHERE seq = 1) WHERE seq = 31; DELETE FROM event WHERE seq = 1',
            ['pruned 1', 'signature 31']],
        ['a change with new hashes', (db) => {
            db.exec("UPDATE launch SET command_line = 'harmless.exe' WHERE seq = 10");
            rehash(db);
        }, ['signature 31']],
        ['more records than a broker leaves unsigned', (db) => {
            db.exec('WITH RECURSIVE n (i) AS (SELECT 32 UNION ALL SELECT i + 1 FROM n WHERE i < 1031) INSERT INTO ' +
                "event SELECT i, (SELECT at FROM event WHERE seq = 30), 'forged', NULL, zeroblob(32) FROM n");
            rehash(db);
        }, ['unsigned 32 1031']],
        ['a record that a broker would have signed', (db) => {
            db.exec("INSERT INTO event SELECT 32, at + 121000000, 'forged', '\u00fcn\u00ef', zeroblob(32) FROM " +
                'checkpoint WHERE seq = 31');
            rehash(db);
        }, ['unsigned 32 32']],
        ['no checkpoint', (db) => {
            db.exec('DELETE FROM checkpoint WHERE seq = 31; DELETE FROM event WHERE seq = 30; UPDATE checkpoint ' +
                'SET signature = zeroblob(64)');
            rehash(db);
        }, ['unsigned']],
    ];
    for (const [what, change, wanted] of cases) agree(`golden, ${what}`, tampered(file, change), key, undefined, wanted);
    agree('golden, its end cut off', tampered(file, 'DELETE FROM checkpoint WHERE seq > 27; DELETE FROM event ' +
        'WHERE seq > 27'), key, head, ['cut 29 29']);
    agree('golden, a forged end', tampered(file, (db) => {
        db.exec("INSERT INTO event SELECT 32, at, 'forged', NULL, zeroblob(32) FROM checkpoint WHERE seq = 31");
        rehash(db);
    }), key, head, []); /* nothing in the file shows it, in either */
}

function startBroker(data) {
    const pipe = `sb-second-${process.pid}`;
    const broker = spawn(join(programs, 'spawnbroker.exe'), ['console', '--pipe', pipe, '--data', data,
        '--until-eof'], { stdio: ['pipe', 'pipe', 'pipe'] });
    process.env.SPAWN_BROKER_PIPE = pipe;
    let said = '';
    broker.stderr.on('data', (bytes) => (said += bytes));
    return new Promise((ready, failed) => {
        broker.stdout.on('data', (bytes) => {
            said += bytes;
            if (said.includes('ready on')) ready(broker);
        });
        broker.on('error', failed);
        broker.on('exit', (code) => failed(new Error(`the broker ended with ${code}: ${said}`)));
    });
}

// The newest thousand records are never pruned, so there have to be more: two for each launch that fails.
// The policy lets that many be recorded.
async function manyRecords() {
    const client = await Broker.connect();
    const failing = async () => {
        for (let i = 0; i < 75; i++) {
            const error = await client.spawn({ application: 'C:\\no\\such.exe' }).catch((error) => error);
            if (!/^create/.test(error.stage ?? '')) throw error;
        }
    };
    await Promise.all(Array.from({ length: 8 }, failing));
    client.close();
}

async function freshAudit() {
    const data = mkdtempSync(join(tmpdir(), 'second-'));
    const file = join(data, 'audit.db'), key = join(data, 'audit.pub');
    const backup = join(data, 'backup.db');
    writeFileSync(join(data, 'policy.json'),
        '{"version": 1, "default": "allow", "rules": [], "audit": {"denials_per_minute": 10000}}');
    const broker = await startBroker(data);
    const ended = new Promise((done) => {
        broker.removeAllListeners('exit');
        broker.on('exit', done);
    });

    check(ask('run', '--', 'cmd.exe', '/c', 'exit 3').code === 3, 'a launch');
    check(ask('run', '--', 'cmd.exe', '/c', 'rem \u00fcn\u00ef\u6f22').code === 0, 'a launch with text');
    check(ask('run', '--cwd', 'C:\\no\\such', '--', 'cmd.exe', '/c', 'exit').code === 125, 'a launch that fails');
    const made = ask('audit', 'backup', backup);
    check(made.code === 0, `a backup: ${made.said}`);
    const head = ask('audit', 'head').text.trim();
    agree('backup of a running broker', backup, key, undefined, []);
    await manyRecords();
    const pruning = ask('audit', 'prune', '--keep-bytes', '1KiB');
    check(pruning.code === 0, `pruning: ${pruning.said}`);
    check(ask('run', '--', 'cmd.exe', '/c', 'exit 5').code === 5, 'a launch after pruning');
    const later = ask('audit', 'head').text.trim();
    broker.stdin.end();
    check(await ended === 0, 'the broker stops');

    agree('pruned', file, key, later, []);
    const through = one(file, 'SELECT max(pruned_through) FROM checkpoint');
    check(through > 0, `pruned through ${through}`);
    agree('pruned, with a head from before', file, key, head, []);
    agree('pruned, a change', tampered(file, "UPDATE launch SET rule = 'x' WHERE seq = (SELECT max(seq) FROM launch)"),
        key, later, [`changed ${one(file, 'SELECT max(seq) FROM launch')}`]);
    agree('pruned, another anchor', tampered(file, 'UPDATE checkpoint SET pruned_hash = zeroblob(32) WHERE ' +
        'pruned_through IS NOT NULL'), key, later, [`changed ${through + 1}`, `pruned ${through}`]);
    agree('pruned, with another broker\'s key', file, join(work, 'audit.pub'), later, ['other-key']);
    rmSync(data, { recursive: true, force: true });
}

if (!existsSync(work)) mkdirSync(work, { recursive: true });
try {
    goldenAudit();
    await freshAudit();
} catch (error) {
    check(false, error.stack);
}
console.log(`${checks} checks, ${failures} failed`);
process.exitCode = failures || !checks ? 1 : 0;
