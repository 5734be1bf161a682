// DuckDB loading CloudTrail files into Parquet by itself: read_json, the columns of cloudtrail_logs, COPY with ZSTD, sorted by nothing.
//   node duckdb_load.mjs 'FOLDER/**/*.json.gz' THREADS OUT.parquet [raw]
// With "raw" the record is written a second time as JSON text, as Cairn's lake has it (DuckDB prints it anew: not byte for byte).
// Prints one JSON line: rows, elapsed and CPU seconds of the statement alone.
import {createRequire} from 'node:module';

const [pattern, threads, out, raw] = process.argv.slice(2);
const duckdb = createRequire(import.meta.url)('@duckdb/node-bindings-linux-x64/duckdb.node');
const configuration = duckdb.create_config();
duckdb.set_config(configuration, 'threads', threads);
const connection = await duckdb.connect(await duckdb.open(':memory:', configuration));
const quoted = (text) => `'${text.replaceAll("'", "''")}'`;
const texts = (names) => names.split(' ').map((name) => `"${name}" VARCHAR`).join(', ');
const identity = `STRUCT(${texts('type principalId arn accountId invokedBy accessKeyId userName')}, onBehalfOf STRUCT(${texts('userId identityStoreArn')}),
  sessionContext STRUCT(attributes STRUCT(${texts('mfaAuthenticated creationDate')}), sessionIssuer STRUCT(${texts('type principalId arn accountId userName')}),
  ec2RoleDelivery VARCHAR, webIdFederationData STRUCT(federatedProvider VARCHAR, attributes MAP(VARCHAR, VARCHAR))))`;
const record = `STRUCT(eventVersion VARCHAR, userIdentity ${identity}, ${texts('eventTime eventSource eventName awsRegion sourceIPAddress userAgent errorCode errorMessage')},
  requestParameters JSON, responseElements JSON, additionalEventData JSON, ${texts('requestID eventID readOnly')},
  resources STRUCT(${texts('ARN accountId type')})[], ${texts('eventType apiVersion recipientAccountId')}, serviceEventDetails JSON,
  ${texts('sharedEventID vpcEndpointId vpcEndpointAccountId eventCategory')}, addendum STRUCT(${texts('reason updatedFields originalRequestID originalEventID')}),
  ${texts('sessionCredentialFromConsole edgeDeviceDetails')}, tlsDetails STRUCT(${texts('tlsVersion cipherSuite clientProvidedHostHeader')}), managementEvent BOOLEAN)`;
const source = `SELECT unnest(Records) AS e, filename AS source_object
  FROM read_json(${quoted(pattern)}, maximum_object_size = 268435456, filename = true, columns = {Records: '${record}[]'})`;
const columns = `e.*, try_cast(e.eventTime AS TIMESTAMP) AS eventtime_ts, source_object, now() AS ingest_time${raw ? ', to_json(e)::VARCHAR AS raw' : ''}`;
const sql = `COPY (SELECT ${columns} FROM (${source})) TO ${quoted(out)} (FORMAT parquet, COMPRESSION zstd)`;
const cpuBefore = process.cpuUsage();
const begin = process.hrtime.bigint();
await duckdb.query(connection, sql);
const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
const cpu = process.cpuUsage(cpuBefore);
console.log(JSON.stringify({seconds, cpu_seconds: (cpu.user + cpu.system) / 1e6}));
