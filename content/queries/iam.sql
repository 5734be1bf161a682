-- Identities and permissions.

-- name: iam-changes
-- title: What changed in IAM?
-- answer: a row for each change
SELECT eventtime, account, useridentity.arn AS who, eventname, requestparameters, errorcode
FROM cloudtrail_logs
WHERE eventsource = 'iam.amazonaws.com' AND regexp_like(eventname, '^(Create|Delete|Put|Attach|Detach|Update|Add|Remove|Set|Deactivate|Enable|Upload)')
ORDER BY eventtime;

-- name: new-users
-- title: Which users were created or deleted?
-- answer: a row for each
SELECT eventtime, account, eventname, requestparameters.userName AS user, useridentity.arn AS by_whom, sourceipaddress, errorcode
FROM cloudtrail_logs
WHERE eventname IN ('CreateUser', 'DeleteUser') AND eventsource = 'iam.amazonaws.com'
ORDER BY eventtime;

-- name: new-keys
-- title: Which access keys were created, and for whom?
-- answer: a row for each key
SELECT eventtime, account, useridentity.arn AS by_whom, coalesce(responseelements.accessKey.userName, requestparameters.userName) AS owner,
       responseelements.accessKey.accessKeyId AS key, sourceipaddress, errorcode
FROM cloudtrail_logs
WHERE eventname = 'CreateAccessKey'
ORDER BY eventtime;

-- name: key-changes
-- title: Which access keys were switched on or off, or deleted?
-- answer: a row for each change
SELECT eventtime, account, useridentity.arn AS by_whom, eventname, requestparameters.userName AS owner, requestparameters.accessKeyId AS key,
       requestparameters.status AS status, errorcode
FROM cloudtrail_logs
WHERE eventname IN ('UpdateAccessKey', 'DeleteAccessKey')
ORDER BY eventtime;

-- name: new-roles
-- title: Which roles were created, and who may assume them?
-- answer: a row for each role, with its trust policy
SELECT eventtime, account, useridentity.arn AS by_whom, requestparameters.roleName AS role,
       url_decode(requestparameters.assumeRolePolicyDocument) AS trust, errorcode
FROM cloudtrail_logs
WHERE eventname = 'CreateRole'
ORDER BY eventtime;

-- name: trust-changes
-- title: Which roles were given other trust?
-- answer: a row for each change, with the new trust policy
SELECT eventtime, account, useridentity.arn AS by_whom, requestparameters.roleName AS role,
       url_decode(requestparameters.policyDocument) AS trust, errorcode
FROM cloudtrail_logs
WHERE eventname = 'UpdateAssumeRolePolicy'
ORDER BY eventtime;

-- name: admin-grants
-- title: Who was made an administrator?
-- answer: a row for each attached policy with full rights
SELECT eventtime, account, useridentity.arn AS by_whom, eventname,
       coalesce(requestparameters.userName, requestparameters.roleName, requestparameters.groupName) AS receiver,
       requestparameters.policyArn AS policy, errorcode
FROM cloudtrail_logs
WHERE eventname IN ('AttachUserPolicy', 'AttachRolePolicy', 'AttachGroupPolicy')
  AND regexp_like(requestparameters.policyArn, '(AdministratorAccess|IAMFullAccess|PowerUserAccess)$')
ORDER BY eventtime;

-- name: policy-changes
-- title: Which policies were attached, detached, written or deleted?
-- answer: a row for each change
SELECT eventtime, account, useridentity.arn AS by_whom, eventname,
       coalesce(requestparameters.userName, requestparameters.roleName, requestparameters.groupName, requestparameters.policyArn) AS what,
       coalesce(requestparameters.policyName, requestparameters.policyArn) AS policy, errorcode
FROM cloudtrail_logs
WHERE eventsource = 'iam.amazonaws.com' AND eventname LIKE '%Policy%' AND readonly = 'false'
ORDER BY eventtime;

-- name: inline-policies
-- title: Which inline policies were written?
-- answer: a row for each, with its text
SELECT eventtime, account, useridentity.arn AS by_whom, eventname,
       coalesce(requestparameters.userName, requestparameters.roleName, requestparameters.groupName) AS receiver,
       requestparameters.policyName AS policy, url_decode(requestparameters.policyDocument) AS document
FROM cloudtrail_logs
WHERE eventname IN ('PutUserPolicy', 'PutRolePolicy', 'PutGroupPolicy')
ORDER BY eventtime;

-- name: wide-policies
-- title: Which written policies allow everything?
-- answer: a row for each policy text with "*" as action and resource
SELECT eventtime, account, useridentity.arn AS by_whom, eventname, url_decode(requestparameters.policyDocument) AS document
FROM cloudtrail_logs
WHERE eventname IN ('CreatePolicy', 'CreatePolicyVersion', 'PutUserPolicy', 'PutRolePolicy', 'PutGroupPolicy')
  AND regexp_like(url_decode(requestparameters.policyDocument), '"Action"\s*:\s*(\[\s*)?"\*"')
  AND regexp_like(url_decode(requestparameters.policyDocument), '"Resource"\s*:\s*(\[\s*)?"\*"')
ORDER BY eventtime;

-- name: group-members
-- title: Who was added to or removed from a group?
-- answer: a row for each change
SELECT eventtime, account, useridentity.arn AS by_whom, eventname, requestparameters.userName AS user, requestparameters.groupName AS "group", errorcode
FROM cloudtrail_logs
WHERE eventname IN ('AddUserToGroup', 'RemoveUserFromGroup')
ORDER BY eventtime;

-- name: identity-providers
-- title: Which identity providers were added or changed?
-- answer: a row for each change
SELECT eventtime, account, useridentity.arn AS by_whom, eventname, requestparameters, errorcode
FROM cloudtrail_logs
WHERE regexp_like(eventname, '(SAMLProvider|OpenIDConnectProvider)') AND readonly = 'false'
ORDER BY eventtime;

-- name: instance-profiles
-- title: Which roles were given to instances?
-- answer: a row for each
SELECT eventtime, account, useridentity.arn AS by_whom, eventname, requestparameters, errorcode
FROM cloudtrail_logs
WHERE eventname IN ('AddRoleToInstanceProfile', 'AssociateIamInstanceProfile', 'ReplaceIamInstanceProfileAssociation', 'CreateInstanceProfile')
ORDER BY eventtime;

-- name: denied-calls
-- title: Who was denied what?
-- answer: a row for each principal, service and call
-- parameter: least integer 1 At least so many times
SELECT coalesce(useridentity.arn, useridentity.principalid) AS who, eventsource, eventname, count(*) AS times, min(eventtime) AS first, max(eventtime) AS last
FROM cloudtrail_logs
WHERE regexp_like(errorcode, '(AccessDenied|UnauthorizedOperation|Forbidden|AuthFailure)')
GROUP BY 1, 2, 3
HAVING count(*) >= :least
ORDER BY times DESC;

-- name: denied-principals
-- title: Who tried many different things and was denied?
-- answer: a row for each principal
-- parameter: least integer 3 At least so many different calls
SELECT coalesce(useridentity.arn, useridentity.principalid) AS who, sourceipaddress, count(DISTINCT eventname) AS kinds, count(*) AS times,
       array_join(slice(array_agg(DISTINCT eventname), 1, 10), ', ') AS some
FROM cloudtrail_logs
WHERE regexp_like(errorcode, '(AccessDenied|UnauthorizedOperation|Forbidden)')
GROUP BY 1, 2
HAVING count(DISTINCT eventname) >= :least
ORDER BY kinds DESC;

-- name: iam-reconnaissance
-- title: Who looked around in IAM?
-- answer: a row for each principal, by the number of different questions
-- parameter: least integer 3 At least so many different calls
SELECT coalesce(useridentity.arn, useridentity.principalid) AS who, sourceipaddress, count(DISTINCT eventname) AS kinds, count(*) AS calls, min(eventtime) AS first
FROM cloudtrail_logs
WHERE eventsource = 'iam.amazonaws.com' AND regexp_like(eventname, '^(List|Get)') AND useridentity.invokedby IS NULL
GROUP BY 1, 2
HAVING count(DISTINCT eventname) >= :least
ORDER BY kinds DESC;
