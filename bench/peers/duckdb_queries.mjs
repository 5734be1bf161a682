// DuckDB asking Parquet files by itself.
//   node duckdb_queries.mjs 'FOLDER/**/*.parquet' THREADS QUERIES.json
// QUERIES.json is a list of statements over the table cloudtrail_logs. Prints one JSON list: seconds of each, once after the other.
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';

const [pattern, threads, file] = process.argv.slice(2);
const duckdb = createRequire(import.meta.url)('@duckdb/node-bindings-linux-x64/duckdb.node');
const configuration = duckdb.create_config();
duckdb.set_config(configuration, 'threads', threads);
const connection = await duckdb.connect(await duckdb.open(':memory:', configuration));
await duckdb.query(connection, `CREATE VIEW cloudtrail_logs AS SELECT * FROM read_parquet('${pattern.replaceAll("'", "''")}', hive_partitioning = false)`);
const seconds = [];
for (const sql of JSON.parse(readFileSync(file, 'utf8'))) {
  const begin = process.hrtime.bigint();
  await duckdb.query(connection, sql);
  seconds.push(Number(process.hrtime.bigint() - begin) / 1e9);
}
console.log(JSON.stringify(seconds));
