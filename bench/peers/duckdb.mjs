// DuckDB's read_json over CloudTrail files: the four fields that a first look at logs needs, grouped by three of them.
//   node duckdb.mjs 'FOLDER/**/*.json.gz' THREADS
// Prints one JSON line: events, elapsed and CPU seconds of the query alone (not of starting Node.js and loading the library).
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

const [pattern, threads] = process.argv.slice(2);
const duckdb = createRequire(import.meta.url)('@duckdb/node-bindings-linux-x64/duckdb.node');
const configuration = duckdb.create_config();
duckdb.set_config(configuration, 'threads', threads);
const connection = await duckdb.connect(await duckdb.open(':memory:', configuration));

const folder = mkdtempSync(join(tmpdir(), 'cairn-duckdb-'));
const answer = join(folder, 'answer.json');
const quoted = (text) => `'${text.replaceAll("'", "''")}'`;
const sql = `
  COPY (SELECT sum(n)::BIGINT AS events, max(last) AS last FROM (
    SELECT record.eventName, record.eventSource, record.awsRegion, count(*) AS n, max(record.eventTime) AS last
    FROM (SELECT unnest(Records) AS record
          FROM read_json(${quoted(pattern)}, maximum_object_size = 268435456,
            columns = {Records: 'STRUCT(eventTime TIMESTAMP, eventName VARCHAR, eventSource VARCHAR, awsRegion VARCHAR)[]'}))
    GROUP BY ALL)) TO ${quoted(answer)} (FORMAT json)`;
const cpuBefore = process.cpuUsage();
const begin = process.hrtime.bigint();
await duckdb.query(connection, sql);
const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
const cpu = process.cpuUsage(cpuBefore);
const {events} = JSON.parse(readFileSync(answer, 'utf8'));
rmSync(folder, {recursive: true});
console.log(JSON.stringify({events, seconds, cpu_seconds: (cpu.user + cpu.system) / 1e6}));
