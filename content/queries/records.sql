-- Single records and moments.

-- name: event
-- title: What is this event?
-- answer: the event's row, with the record itself
-- parameter: id text * The event's id
SELECT eventtime, account, awsregion, coalesce(useridentity.arn, useridentity.principalid) AS who, eventsource, eventname, errorcode, source_object, raw
FROM cloudtrail_logs
WHERE eventid = :id;

-- name: around
-- title: What else happened around a time?
-- answer: a row for each call within the minutes before and after
-- parameter: time time * The time
-- parameter: minutes integer 5 How many minutes before and after
SELECT eventtime, account, awsregion, coalesce(useridentity.arn, useridentity.invokedby) AS who, eventsource, eventname, sourceipaddress, errorcode
FROM cloudtrail_logs
WHERE eventtime_ts BETWEEN CAST(:time AS TIMESTAMP) - interval '1' minute * :minutes AND CAST(:time AS TIMESTAMP) + interval '1' minute * :minutes
ORDER BY eventtime;

-- name: resource
-- title: Who touched this resource?
-- answer: a row for each call that names it
-- parameter: text text * Part of the ARN, id or name, as it is written in records
SELECT eventtime, account, awsregion, coalesce(useridentity.arn, useridentity.invokedby) AS who, eventsource, eventname, sourceipaddress, errorcode
FROM cloudtrail_logs
WHERE strpos(requestparameters, :text) > 0 OR strpos(responseelements, :text) > 0 OR any_match(resources, r -> strpos(r.arn, :text) > 0)
ORDER BY eventtime;

-- name: changes
-- title: What was changed, newest first?
-- answer: a row for each call that changed something
-- parameter: since time 1970-01-01 Not before
-- parameter: service text "" Part of the service's name: iam, s3
SELECT eventtime, account, awsregion, coalesce(useridentity.arn, useridentity.invokedby) AS who, eventsource, eventname, errorcode
FROM cloudtrail_logs
WHERE readonly = 'false' AND eventtime >= :since AND strpos(eventsource, :service) > 0 AND eventcategory = 'Management' AND useridentity.type <> 'AWSService'
ORDER BY eventtime DESC;

-- name: timeline
-- title: How many calls did a principal make, hour by hour?
-- answer: a row for each hour
-- parameter: who text "" Part of the ARN or of the user's name
SELECT date_trunc('hour', eventtime_ts) AS hour, count(*) AS calls, count_if(readonly = 'false') AS changes, count(errorcode) AS failed,
       count(DISTINCT sourceipaddress) AS addresses
FROM cloudtrail_logs
WHERE strpos(lower(coalesce(useridentity.arn, useridentity.username, '')), lower(:who)) > 0
GROUP BY 1
ORDER BY 1;

-- name: night-changes
-- title: What did people change at night or at the weekend? (UTC)
-- answer: a row for each principal
-- parameter: from integer 20 The hour at which the night begins
-- parameter: to integer 6 The hour at which it ends
SELECT coalesce(useridentity.arn, useridentity.principalid) AS who, count(*) AS changes, array_join(slice(array_agg(DISTINCT eventname), 1, 10), ', ') AS some, min(eventtime) AS first
FROM cloudtrail_logs
WHERE readonly = 'false' AND useridentity.type IN ('IAMUser', 'Root', 'AssumedRole') AND useridentity.invokedby IS NULL
  AND (hour(eventtime_ts) >= :from OR hour(eventtime_ts) < :to OR day_of_week(eventtime_ts) >= 6)
GROUP BY 1
ORDER BY changes DESC;

-- name: duplicates
-- title: Which events are there more than once?
-- answer: a row for each such event; a second trail or a copied file gives these
SELECT eventid, count(*) AS copies, min(eventname) AS eventname, array_join(slice(array_agg(DISTINCT source_object), 1, 5), ', ') AS files
FROM cloudtrail_logs
WHERE eventid IS NOT NULL
GROUP BY 1
HAVING count(*) > 1
ORDER BY copies DESC;
