-- Signing in.

-- name: failed-logins
-- title: Which addresses failed to sign in to the console?
-- answer: a row for each address, most failures first
-- parameter: least integer 1 At least so many failures
SELECT sourceipaddress, count(*) AS failures, count(DISTINCT useridentity.username) AS users, min(eventtime) AS first, max(eventtime) AS last
FROM cloudtrail_logs
WHERE eventname = 'ConsoleLogin' AND json_extract_scalar(responseelements, '$.ConsoleLogin') = 'Failure'
GROUP BY 1
HAVING count(*) >= :least
ORDER BY failures DESC;

-- name: logins
-- title: Who signed in to the console?
-- answer: a row for each user and address
SELECT coalesce(useridentity.username, useridentity.arn, useridentity.principalid) AS who, account, sourceipaddress,
       json_extract_scalar(responseelements, '$.ConsoleLogin') AS result, count(*) AS times, min(eventtime) AS first, max(eventtime) AS last
FROM cloudtrail_logs
WHERE eventname = 'ConsoleLogin'
GROUP BY 1, 2, 3, 4
ORDER BY times DESC;

-- name: logins-without-mfa
-- title: Who signed in without a second factor?
-- answer: a row for each sign-in of an IAM user or root
SELECT eventtime, account, useridentity.type AS type, useridentity.username AS user, sourceipaddress
FROM cloudtrail_logs
WHERE eventname = 'ConsoleLogin' AND json_extract_scalar(responseelements, '$.ConsoleLogin') = 'Success'
  AND json_extract_scalar(additionaleventdata, '$.MFAUsed') = 'No' AND useridentity.type IN ('IAMUser', 'Root')
ORDER BY eventtime;

-- name: guessed-password
-- title: Who signed in after failing several times?
-- answer: a row for each user and address with failures before a success
-- parameter: least integer 3 At least so many failures
SELECT useridentity.username AS user, sourceipaddress,
       count_if(json_extract_scalar(responseelements, '$.ConsoleLogin') = 'Failure') AS failures,
       max(eventtime) FILTER (WHERE json_extract_scalar(responseelements, '$.ConsoleLogin') = 'Failure') AS last_failure,
       max(eventtime) FILTER (WHERE json_extract_scalar(responseelements, '$.ConsoleLogin') = 'Success') AS success
FROM cloudtrail_logs
WHERE eventname = 'ConsoleLogin'
GROUP BY 1, 2
HAVING count_if(json_extract_scalar(responseelements, '$.ConsoleLogin') = 'Failure') >= :least
   AND max(eventtime) FILTER (WHERE json_extract_scalar(responseelements, '$.ConsoleLogin') = 'Success')
       > min(eventtime) FILTER (WHERE json_extract_scalar(responseelements, '$.ConsoleLogin') = 'Failure')
ORDER BY failures DESC;

-- name: logins-many-addresses
-- title: Who signed in from several addresses?
-- answer: a row for each user with more than one address
SELECT coalesce(useridentity.username, useridentity.arn) AS who, count(DISTINCT sourceipaddress) AS addresses,
       array_join(array_agg(DISTINCT sourceipaddress), ', ') AS list
FROM cloudtrail_logs
WHERE eventname = 'ConsoleLogin' AND json_extract_scalar(responseelements, '$.ConsoleLogin') = 'Success'
GROUP BY 1
HAVING count(DISTINCT sourceipaddress) > 1
ORDER BY addresses DESC;

-- name: federated-logins
-- title: Who came in through federation or Identity Center?
-- answer: a row for each principal and kind of sign-in
SELECT eventname, coalesce(useridentity.username, useridentity.principalid) AS who,
       useridentity.sessioncontext.webidfederationdata.federatedprovider AS provider, count(*) AS times, max(eventtime) AS last
FROM cloudtrail_logs
WHERE eventname IN ('AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity', 'Federate', 'Authenticate', 'UserAuthentication', 'GetFederationToken')
GROUP BY 1, 2, 3
ORDER BY times DESC;

-- name: mfa-changes
-- title: Which second factors were added or removed?
-- answer: a row for each change
SELECT eventtime, account, useridentity.arn AS who, eventname, requestparameters.userName AS user, sourceipaddress, errorcode
FROM cloudtrail_logs
WHERE eventname IN ('EnableMFADevice', 'DeactivateMFADevice', 'CreateVirtualMFADevice', 'DeleteVirtualMFADevice', 'ResyncMFADevice')
ORDER BY eventtime;

-- name: password-changes
-- title: Whose password was set, changed or removed?
-- answer: a row for each change
SELECT eventtime, account, useridentity.arn AS who, eventname, requestparameters.userName AS user, sourceipaddress, errorcode
FROM cloudtrail_logs
WHERE eventname IN ('CreateLoginProfile', 'UpdateLoginProfile', 'DeleteLoginProfile', 'ChangePassword', 'UpdateAccountPasswordPolicy',
                    'DeleteAccountPasswordPolicy')
ORDER BY eventtime;
