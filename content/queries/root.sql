-- The root user.

-- name: root-activity
-- title: What did the root user do?
-- answer: a row for each call, newest first
SELECT eventtime, account, eventsource, eventname, sourceipaddress, errorcode
FROM cloudtrail_logs
WHERE useridentity.type = 'Root' AND useridentity.invokedby IS NULL
ORDER BY eventtime DESC;

-- name: root-signins
-- title: When and from where did root sign in to the console?
-- answer: a row for each attempt, with its result and whether a second factor was used
SELECT eventtime, account, sourceipaddress,
       json_extract_scalar(responseelements, '$.ConsoleLogin') AS result,
       json_extract_scalar(additionaleventdata, '$.MFAUsed') AS mfa, useragent
FROM cloudtrail_logs
WHERE eventname = 'ConsoleLogin' AND useridentity.type = 'Root'
ORDER BY eventtime DESC;

-- name: root-credentials
-- title: Were root's password, second factor or access keys changed?
-- answer: a row for each change
SELECT eventtime, account, eventname, sourceipaddress, requestparameters, errorcode
FROM cloudtrail_logs
WHERE useridentity.type = 'Root'
  AND eventname IN ('PasswordRecoveryRequested', 'PasswordRecoveryCompleted', 'PasswordUpdated', 'EmailUpdated', 'CreateAccessKey',
                    'DeleteAccessKey', 'CreateVirtualMFADevice', 'EnableMFADevice', 'DeactivateMFADevice', 'DeleteVirtualMFADevice')
ORDER BY eventtime;

-- name: root-keys
-- title: Which access keys of root were used?
-- answer: a row for each key and account
SELECT account, useridentity.accesskeyid AS key, count(*) AS calls, min(eventtime) AS first, max(eventtime) AS last
FROM cloudtrail_logs
WHERE useridentity.type = 'Root' AND useridentity.accesskeyid <> '' AND useridentity.invokedby IS NULL
GROUP BY 1, 2
ORDER BY calls DESC;
