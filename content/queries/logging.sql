-- Whether anybody looks.

-- name: trail-changes
-- title: Who stopped, deleted or changed a trail?
-- answer: a row for each call
SELECT eventtime, account, awsregion, useridentity.arn AS who, eventname, requestparameters.name AS trail, sourceipaddress, errorcode
FROM cloudtrail_logs
WHERE eventsource = 'cloudtrail.amazonaws.com' AND readonly = 'false'
ORDER BY eventtime;

-- name: guardduty-changes
-- title: Was GuardDuty switched off or made blind?
-- answer: a row for each call
SELECT eventtime, account, awsregion, useridentity.arn AS who, eventname, requestparameters, errorcode
FROM cloudtrail_logs
WHERE eventsource = 'guardduty.amazonaws.com'
  AND regexp_like(eventname, '^(Delete|Update|Stop|Disassociate|Create(IPSet|Filter|ThreatIntelSet)|Archive)')
ORDER BY eventtime;

-- name: config-changes
-- title: Was AWS Config stopped?
-- answer: a row for each call
SELECT eventtime, account, awsregion, useridentity.arn AS who, eventname, requestparameters, errorcode
FROM cloudtrail_logs
WHERE eventsource = 'config.amazonaws.com' AND regexp_like(eventname, '^(Delete|Stop|Put)') AND eventname NOT LIKE 'PutEvaluations%'
ORDER BY eventtime;

-- name: securityhub-changes
-- title: Was Security Hub switched off or changed?
-- answer: a row for each call
SELECT eventtime, account, awsregion, useridentity.arn AS who, eventname, requestparameters, errorcode
FROM cloudtrail_logs
WHERE eventsource IN ('securityhub.amazonaws.com', 'access-analyzer.amazonaws.com', 'inspector2.amazonaws.com', 'macie2.amazonaws.com')
  AND regexp_like(eventname, '^(Disable|Delete|Update|Disassociate|BatchDisable)')
ORDER BY eventtime;

-- name: log-destruction
-- title: Which log groups, flow logs or their retention were removed?
-- answer: a row for each call
SELECT eventtime, account, awsregion, useridentity.arn AS who, eventname, coalesce(requestparameters.logGroupName, requestparameters.bucketName, requestparameters.DeleteFlowLogsRequest) AS what, errorcode
FROM cloudtrail_logs
WHERE eventname IN ('DeleteLogGroup', 'DeleteLogStream', 'PutRetentionPolicy', 'DeleteRetentionPolicy', 'DeleteFlowLogs', 'PutBucketLogging', 'DeleteSubscriptionFilter',
                    'DisassociateKmsKey', 'DeleteMetricFilter')
ORDER BY eventtime;

-- name: alarm-changes
-- title: Which alarms were deleted or silenced?
-- answer: a row for each call
SELECT eventtime, account, awsregion, useridentity.arn AS who, eventname, requestparameters.alarmNames AS alarms, errorcode
FROM cloudtrail_logs
WHERE eventname IN ('DeleteAlarms', 'DisableAlarmActions', 'SetAlarmState', 'PutMetricAlarm', 'DeleteRule', 'DisableRule', 'RemoveTargets', 'DeleteTopic', 'Unsubscribe')
ORDER BY eventtime;

-- name: hours-without-events
-- title: In which hours of the period is there nothing at all?
-- answer: a row for each empty hour
WITH hours AS (SELECT DISTINCT date_trunc('hour', eventtime_ts) AS hour FROM cloudtrail_logs WHERE eventtime_ts IS NOT NULL),
     period AS (SELECT min(hour) AS first, max(hour) AS last FROM hours)
SELECT every.hour
FROM period CROSS JOIN UNNEST(sequence(period.first, period.last, interval '1' hour)) AS every(hour)
WHERE every.hour NOT IN (SELECT hour FROM hours)
ORDER BY 1;

-- name: volume
-- title: How many events are there by day, account and kind?
-- answer: a row for each day, account and kind
SELECT date(eventtime_ts) AS day, account, eventcategory, count(*) AS events, count_if(readonly = 'false') AS changes, count(errorcode) AS failed
FROM cloudtrail_logs
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3;

-- name: services
-- title: Which services were used, how much and by how many?
-- answer: a row for each service
SELECT eventsource, count(*) AS calls, count_if(readonly = 'false') AS changes, count(errorcode) AS failed, count(DISTINCT useridentity.arn) AS principals, min(eventtime) AS first
FROM cloudtrail_logs
GROUP BY 1
ORDER BY calls DESC;

-- name: new-services
-- title: Which services were first used after a time?
-- answer: a row for each account and service
-- parameter: since time 1d The time
SELECT account, eventsource, min(eventtime) AS first, count(*) AS calls, min_by(coalesce(useridentity.arn, useridentity.invokedby), eventtime) AS first_by
FROM cloudtrail_logs
GROUP BY 1, 2
HAVING min(eventtime) >= :since
ORDER BY first;

-- name: rare-calls
-- title: Which calls were made only a few times?
-- answer: a row for each call, rarest first
-- parameter: most integer 2 At most so many times
SELECT eventsource, eventname, count(*) AS times, array_join(array_agg(DISTINCT coalesce(useridentity.username, useridentity.arn)), ', ') AS who, min(eventtime) AS first
FROM cloudtrail_logs
GROUP BY 1, 2
HAVING count(*) <= :most
ORDER BY times, first;

-- name: errors
-- title: Which errors occurred?
-- answer: a row for each error and call
-- parameter: top integer 50 How many
SELECT errorcode, eventsource, eventname, count(*) AS times, count(DISTINCT useridentity.arn) AS principals, max(errormessage) AS example
FROM cloudtrail_logs
WHERE errorcode IS NOT NULL
GROUP BY 1, 2, 3
ORDER BY times DESC
LIMIT :top;

-- name: insights
-- title: What unusual activity did CloudTrail Insights report?
-- answer: a row for each report
SELECT eventtime, account, awsregion, eventtype, serviceeventdetails, additionaleventdata
FROM cloudtrail_logs
WHERE eventcategory = 'Insight'
ORDER BY eventtime;
