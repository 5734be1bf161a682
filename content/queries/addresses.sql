-- Where calls came from.

-- name: address-activity
-- title: What was done from this address?
-- answer: a row for each call
-- parameter: address text * The address
SELECT eventtime, account, awsregion, coalesce(useridentity.arn, useridentity.principalid) AS who, eventsource, eventname, errorcode
FROM cloudtrail_logs
WHERE sourceipaddress = :address
ORDER BY eventtime;

-- name: network-activity
-- title: What was done from this network?
-- answer: a row for each address and principal
-- parameter: network text * The network: 198.51.100.0/24
SELECT sourceipaddress, coalesce(useridentity.arn, useridentity.principalid) AS who, count(*) AS calls, count(errorcode) AS failed,
       min(eventtime) AS first, max(eventtime) AS last
FROM cloudtrail_logs
WHERE cidr_contains(:network, sourceipaddress)
GROUP BY 1, 2
ORDER BY calls DESC;

-- name: top-addresses
-- title: Which addresses made the most calls?
-- answer: a row for each address
-- parameter: top integer 25 How many
SELECT sourceipaddress, count(*) AS calls, count(errorcode) AS failed, count(DISTINCT useridentity.arn) AS principals, min(eventtime) AS first, max(eventtime) AS last
FROM cloudtrail_logs
WHERE TRY_CAST(sourceipaddress AS IPADDRESS) IS NOT NULL
GROUP BY 1
ORDER BY calls DESC
LIMIT :top;

-- name: rare-addresses
-- title: Which addresses were hardly ever seen?
-- answer: a row for each address, fewest calls first
-- parameter: most integer 5 At most so many calls
SELECT sourceipaddress, count(*) AS calls, array_join(array_agg(DISTINCT coalesce(useridentity.username, useridentity.principalid)), ', ') AS who,
       array_join(array_agg(DISTINCT eventname), ', ') AS what, min(eventtime) AS first
FROM cloudtrail_logs
WHERE TRY_CAST(sourceipaddress AS IPADDRESS) IS NOT NULL
GROUP BY 1
HAVING count(*) <= :most
ORDER BY calls, first;

-- name: new-addresses
-- title: From which addresses did principals first call after a time?
-- answer: a row for each principal and address
-- parameter: since time 1d The time
SELECT coalesce(useridentity.arn, useridentity.principalid) AS who, sourceipaddress, min(eventtime) AS first, count(*) AS calls
FROM cloudtrail_logs
WHERE TRY_CAST(sourceipaddress AS IPADDRESS) IS NOT NULL
GROUP BY 1, 2
HAVING min(eventtime) >= :since
ORDER BY first;

-- name: shared-addresses
-- title: Which addresses were used by several principals?
-- answer: a row for each address
-- parameter: least integer 2 At least so many principals
SELECT sourceipaddress, count(DISTINCT coalesce(useridentity.sessioncontext.sessionissuer.arn, useridentity.arn)) AS principals,
       array_join(slice(array_agg(DISTINCT coalesce(useridentity.sessioncontext.sessionissuer.username, useridentity.username)), 1, 10), ', ') AS some
FROM cloudtrail_logs
WHERE TRY_CAST(sourceipaddress AS IPADDRESS) IS NOT NULL
GROUP BY 1
HAVING count(DISTINCT coalesce(useridentity.sessioncontext.sessionissuer.arn, useridentity.arn)) >= :least
ORDER BY principals DESC;

-- name: user-agents
-- title: Which clients were used?
-- answer: a row for each client, without its version
SELECT regexp_extract(useragent, '^[^/ \[\]]+') AS client, count(*) AS calls, count(DISTINCT useridentity.arn) AS principals, min(eventtime) AS first
FROM cloudtrail_logs
GROUP BY 1
ORDER BY calls DESC;

-- name: attack-tools
-- title: Were known attack tools used?
-- answer: a row for each client that names such a tool or system
SELECT useragent, sourceipaddress, coalesce(useridentity.arn, useridentity.principalid) AS who, count(*) AS calls, min(eventtime) AS first
FROM cloudtrail_logs
WHERE regexp_like(lower(useragent), '(kali|parrot|pentoo|pacu|scoutsuite|prowler|cloudfox|trufflehog|nmap|sqlmap|peirates|stratus)')
GROUP BY 1, 2, 3
ORDER BY calls DESC;

-- name: old-tls
-- title: Who still calls with an old TLS version?
-- answer: a row for each principal, version and client
SELECT tlsdetails.tlsversion AS version, coalesce(useridentity.arn, useridentity.principalid) AS who, useragent, count(*) AS calls
FROM cloudtrail_logs
WHERE tlsdetails.tlsversion IN ('TLSv1', 'TLSv1.0', 'TLSv1.1', 'SSLv3')
GROUP BY 1, 2, 3
ORDER BY calls DESC;

-- name: vpc-endpoints
-- title: Which VPC endpoints were used?
-- answer: a row for each endpoint and service
SELECT vpcendpointid, eventsource, count(*) AS calls, count(DISTINCT useridentity.arn) AS principals
FROM cloudtrail_logs
WHERE vpcendpointid IS NOT NULL
GROUP BY 1, 2
ORDER BY calls DESC;

-- name: regions
-- title: In which regions was something done?
-- answer: a row for each account and region
SELECT account, awsregion, count(*) AS calls, count_if(readonly = 'false') AS changes, count(DISTINCT useridentity.arn) AS principals, min(eventtime) AS first, max(eventtime) AS last
FROM cloudtrail_logs
GROUP BY 1, 2
ORDER BY account, calls DESC;

-- name: new-regions
-- title: Which regions were first used after a time?
-- answer: a row for each account and region
-- parameter: since time 1d The time
SELECT account, awsregion, min(eventtime) AS first, count(*) AS calls, min_by(useridentity.arn, eventtime) AS first_by
FROM cloudtrail_logs
GROUP BY 1, 2
HAVING min(eventtime) >= :since
ORDER BY first;

-- name: rare-regions
-- title: Who changed things in regions that are hardly used?
-- answer: a row for each region and principal
-- parameter: most integer 50 Regions with at most so many calls
SELECT c.awsregion, c.useridentity.arn AS who, count(*) AS calls, array_join(slice(array_agg(DISTINCT c.eventname), 1, 10), ', ') AS some
FROM cloudtrail_logs c
JOIN (SELECT awsregion FROM cloudtrail_logs GROUP BY 1 HAVING count(*) <= :most) rare ON rare.awsregion = c.awsregion
WHERE c.readonly = 'false'
GROUP BY 1, 2
ORDER BY calls DESC;
