-- Who did what.

-- name: key-activity
-- title: What did this access key do?
-- answer: a row for each call, oldest first
-- parameter: key text * The access key's id
SELECT eventtime, account, awsregion, eventsource, eventname, sourceipaddress, useragent, errorcode
FROM cloudtrail_logs
WHERE useridentity.accesskeyid = :key
ORDER BY eventtime;

-- name: key-summary
-- title: What kinds of calls did this access key make?
-- answer: a row for each service and call
-- parameter: key text * The access key's id
SELECT eventsource, eventname, count(*) AS calls, count(errorcode) AS failed, min(eventtime) AS first, max(eventtime) AS last
FROM cloudtrail_logs
WHERE useridentity.accesskeyid = :key
GROUP BY 1, 2
ORDER BY calls DESC;

-- name: keys
-- title: Which long-lived access keys were used, by whom and from where?
-- answer: a row for each key
SELECT useridentity.accesskeyid AS key, max(useridentity.arn) AS owner, count(*) AS calls, count(DISTINCT sourceipaddress) AS addresses,
       count(DISTINCT eventname) AS kinds, min(eventtime) AS first, max(eventtime) AS last
FROM cloudtrail_logs
WHERE useridentity.accesskeyid LIKE 'AKIA%'
GROUP BY 1
ORDER BY calls DESC;

-- name: keys-many-addresses
-- title: Which access keys were used from many addresses?
-- answer: a row for each key
-- parameter: least integer 2 At least so many addresses
SELECT useridentity.accesskeyid AS key, max(useridentity.arn) AS owner, count(DISTINCT sourceipaddress) AS addresses,
       array_join(slice(array_agg(DISTINCT sourceipaddress), 1, 10), ', ') AS some
FROM cloudtrail_logs
WHERE useridentity.accesskeyid LIKE 'AKIA%' AND TRY_CAST(sourceipaddress AS IPADDRESS) IS NOT NULL
GROUP BY 1
HAVING count(DISTINCT sourceipaddress) >= :least
ORDER BY addresses DESC;

-- name: user-activity
-- title: What did this user or role do?
-- answer: a row for each call, oldest first
-- parameter: who text * Part of the ARN or of the user's name
SELECT eventtime, account, awsregion, eventsource, eventname, sourceipaddress, errorcode, useridentity.arn AS arn
FROM cloudtrail_logs
WHERE strpos(lower(coalesce(useridentity.arn, useridentity.username, '')), lower(:who)) > 0
ORDER BY eventtime;

-- name: user-summary
-- title: What kinds of calls did this user or role make?
-- answer: a row for each service and call
-- parameter: who text * Part of the ARN or of the user's name
SELECT eventsource, eventname, count(*) AS calls, count(errorcode) AS failed, min(eventtime) AS first, max(eventtime) AS last
FROM cloudtrail_logs
WHERE strpos(lower(coalesce(useridentity.arn, useridentity.username, '')), lower(:who)) > 0
GROUP BY 1, 2
ORDER BY calls DESC;

-- name: top-principals
-- title: Who made the most calls?
-- answer: a row for each principal
-- parameter: top integer 25 How many
SELECT coalesce(useridentity.sessioncontext.sessionissuer.arn, useridentity.arn, useridentity.invokedby, useridentity.principalid) AS who,
       useridentity.type AS type, count(*) AS calls, count(errorcode) AS failed, count(DISTINCT eventname) AS kinds,
       count(DISTINCT sourceipaddress) AS addresses, min(eventtime) AS first, max(eventtime) AS last
FROM cloudtrail_logs
GROUP BY 1, 2
ORDER BY calls DESC
LIMIT :top;

-- name: new-principals
-- title: Which principals were first seen after a time?
-- answer: a row for each, oldest first
-- parameter: since time 1d The time
SELECT coalesce(useridentity.sessioncontext.sessionissuer.arn, useridentity.arn, useridentity.principalid) AS who, min(eventtime) AS first,
       count(*) AS calls, max_by(sourceipaddress, eventtime) AS last_address
FROM cloudtrail_logs
WHERE useridentity.type <> 'AWSService'
GROUP BY 1
HAVING min(eventtime) >= :since
ORDER BY first;

-- name: sessions
-- title: Which sessions of roles were there?
-- answer: a row for each session
-- parameter: role text "" Part of the role's name
SELECT useridentity.sessioncontext.sessionissuer.username AS role, useridentity.arn AS session, useridentity.accesskeyid AS key,
       count(*) AS calls, count(DISTINCT sourceipaddress) AS addresses, min(eventtime) AS first, max(eventtime) AS last
FROM cloudtrail_logs
WHERE useridentity.type = 'AssumedRole'
  AND strpos(lower(coalesce(useridentity.sessioncontext.sessionissuer.username, '')), lower(:role)) > 0
GROUP BY 1, 2, 3
ORDER BY first;

-- name: assumed-roles
-- title: Who assumed which role?
-- answer: a row for each caller and role
SELECT coalesce(useridentity.arn, useridentity.invokedby, sourceipaddress) AS caller, requestparameters.roleArn AS role, count(*) AS times,
       count(errorcode) AS failed, min(eventtime) AS first, max(eventtime) AS last
FROM cloudtrail_logs
WHERE eventname = 'AssumeRole'
GROUP BY 1, 2
ORDER BY times DESC;

-- name: cross-account-roles
-- title: Who assumed a role from another account?
-- answer: a row for each calling account and role
SELECT useridentity.accountid AS from_account, recipientaccountid AS into_account, requestparameters.roleArn AS role, count(*) AS times,
       max(eventtime) AS last
FROM cloudtrail_logs
WHERE eventname = 'AssumeRole' AND useridentity.accountid <> recipientaccountid
GROUP BY 1, 2, 3
ORDER BY times DESC;

-- name: role-chains
-- title: Which roles were assumed from another role's session?
-- answer: a row for each pair of roles
SELECT useridentity.sessioncontext.sessionissuer.arn AS from_role, requestparameters.roleArn AS to_role, count(*) AS times, count(errorcode) AS failed
FROM cloudtrail_logs
WHERE eventname = 'AssumeRole' AND useridentity.type = 'AssumedRole'
GROUP BY 1, 2
ORDER BY times DESC;

-- name: whoami-calls
-- title: Who asked who they are?
-- answer: a row for each principal and address; attackers often begin so
SELECT coalesce(useridentity.arn, useridentity.principalid) AS who, sourceipaddress, useragent, count(*) AS times, min(eventtime) AS first
FROM cloudtrail_logs
WHERE eventname = 'GetCallerIdentity'
GROUP BY 1, 2, 3
ORDER BY times DESC;

-- name: instance-credentials-outside
-- title: Were credentials of an instance used from somewhere else?
-- answer: a row for each session of an instance that was seen from more than one address
SELECT useridentity.principalid AS session, count(DISTINCT sourceipaddress) AS addresses, array_join(array_agg(DISTINCT sourceipaddress), ', ') AS list,
       min(eventtime) AS first, max(eventtime) AS last
FROM cloudtrail_logs
WHERE useridentity.type = 'AssumedRole' AND regexp_like(useridentity.principalid, ':i-[0-9a-f]{8,17}$')
  AND TRY_CAST(sourceipaddress AS IPADDRESS) IS NOT NULL
GROUP BY 1
HAVING count(DISTINCT sourceipaddress) > 1
ORDER BY addresses DESC;
