-- Buckets and other stores of data.

-- name: bucket-access
-- title: Who read or wrote which buckets? (data events)
-- answer: a row for each bucket, principal and call
-- parameter: bucket text "" Part of the bucket's name
SELECT requestparameters.bucketName AS bucket, coalesce(useridentity.arn, useridentity.principalid) AS who, eventname, count(*) AS calls,
       count(errorcode) AS failed, min(eventtime) AS first, max(eventtime) AS last
FROM cloudtrail_logs
WHERE eventsource = 's3.amazonaws.com' AND eventcategory = 'Data' AND strpos(coalesce(requestparameters.bucketName, ''), :bucket) > 0
GROUP BY 1, 2, 3
ORDER BY calls DESC;

-- name: bucket-changes
-- title: Which buckets were made, deleted or set up otherwise?
-- answer: a row for each change
SELECT eventtime, account, useridentity.arn AS who, eventname, requestparameters.bucketName AS bucket, errorcode
FROM cloudtrail_logs
WHERE eventsource = 's3.amazonaws.com' AND regexp_like(eventname, '^(Create|Delete|Put)(Bucket|Account|PublicAccess)')
ORDER BY eventtime;

-- name: bucket-policies
-- title: Which bucket policies and access lists were changed?
-- answer: a row for each change, with the new text
SELECT eventtime, account, useridentity.arn AS who, eventname, requestparameters.bucketName AS bucket, requestparameters.bucketPolicy AS policy, errorcode
FROM cloudtrail_logs
WHERE eventname IN ('PutBucketPolicy', 'DeleteBucketPolicy', 'PutBucketAcl', 'PutObjectAcl', 'PutBucketPublicAccessBlock', 'DeleteBucketPublicAccessBlock',
                    'PutAccountPublicAccessBlock', 'DeleteAccountPublicAccessBlock')
ORDER BY eventtime;

-- name: public-buckets
-- title: Which buckets were opened to everybody?
-- answer: a row for each change that names everybody, or removes the block of public access
SELECT eventtime, account, useridentity.arn AS who, eventname, requestparameters.bucketName AS bucket, errorcode
FROM cloudtrail_logs
WHERE (eventname = 'PutBucketPolicy' AND regexp_like(requestparameters, '"Principal":("\*"|\{"AWS":"\*"\})'))
   OR (eventname = 'PutBucketAcl' AND regexp_like(requestparameters, '(AllUsers|AuthenticatedUsers|public-read)'))
   OR eventname IN ('DeleteBucketPublicAccessBlock', 'DeleteAccountPublicAccessBlock')
   OR (eventname IN ('PutBucketPublicAccessBlock', 'PutAccountPublicAccessBlock') AND regexp_like(requestparameters, ':\s*"?false'))
ORDER BY eventtime;

-- name: downloads
-- title: Who downloaded the most objects? (data events)
-- answer: a row for each principal and bucket, with the bytes sent
-- parameter: least integer 10 At least so many objects
SELECT coalesce(useridentity.arn, useridentity.principalid, useridentity.accountid) AS who, requestparameters.bucketName AS bucket, count(*) AS objects,
       sum(TRY_CAST(additionaleventdata.bytesTransferredOut AS DOUBLE)) AS bytes, count(DISTINCT sourceipaddress) AS addresses, min(eventtime) AS first
FROM cloudtrail_logs
WHERE eventname = 'GetObject' AND errorcode IS NULL
GROUP BY 1, 2
HAVING count(*) >= :least
ORDER BY objects DESC;

-- name: deleted-objects
-- title: Who deleted objects? (data events)
-- answer: a row for each principal and bucket
SELECT coalesce(useridentity.arn, useridentity.principalid) AS who, requestparameters.bucketName AS bucket, eventname, count(*) AS calls, min(eventtime) AS first, max(eventtime) AS last
FROM cloudtrail_logs
WHERE eventname IN ('DeleteObject', 'DeleteObjects', 'DeleteBucket')
GROUP BY 1, 2, 3
ORDER BY calls DESC;

-- name: anonymous-access
-- title: What was asked without credentials?
-- answer: a row for each call, bucket and address
SELECT eventname, requestparameters.bucketName AS bucket, sourceipaddress, count(*) AS calls, count(errorcode) AS failed, min(eventtime) AS first
FROM cloudtrail_logs
WHERE useridentity.accountid = 'anonymous' OR useridentity.principalid = 'Anonymous'
GROUP BY 1, 2, 3
ORDER BY calls DESC;

-- name: encrypted-objects
-- title: Were objects written under a key of another account or of the caller's own?
-- answer: a row for each principal, bucket and kind of encryption; ransom notes begin here
SELECT coalesce(useridentity.arn, useridentity.principalid) AS who, requestparameters.bucketName AS bucket,
       coalesce(json_extract_scalar(requestparameters, '$["x-amz-server-side-encryption-customer-algorithm"]'),
                json_extract_scalar(requestparameters, '$["x-amz-server-side-encryption-aws-kms-key-id"]')) AS key, count(*) AS objects, min(eventtime) AS first
FROM cloudtrail_logs
WHERE eventname IN ('PutObject', 'CopyObject')
  AND (json_extract_scalar(requestparameters, '$["x-amz-server-side-encryption-customer-algorithm"]') IS NOT NULL
       OR json_extract_scalar(requestparameters, '$["x-amz-server-side-encryption-aws-kms-key-id"]') IS NOT NULL)
GROUP BY 1, 2, 3
ORDER BY objects DESC;

-- name: secrets
-- title: Who read secrets?
-- answer: a row for each principal and secret
SELECT coalesce(useridentity.arn, useridentity.principalid) AS who, coalesce(requestparameters.secretId, requestparameters.name, requestparameters.names) AS secret,
       eventname, count(*) AS times, count(errorcode) AS failed, min(eventtime) AS first, max(eventtime) AS last
FROM cloudtrail_logs
WHERE eventname IN ('GetSecretValue', 'BatchGetSecretValue', 'GetParameter', 'GetParameters', 'GetParametersByPath')
GROUP BY 1, 2, 3
ORDER BY times DESC;

-- name: secrets-many
-- title: Who read many different secrets?
-- answer: a row for each principal
-- parameter: least integer 3 At least so many secrets
SELECT coalesce(useridentity.arn, useridentity.principalid) AS who, sourceipaddress, count(DISTINCT requestparameters.secretId) AS secrets, count(*) AS calls, min(eventtime) AS first
FROM cloudtrail_logs
WHERE eventname = 'GetSecretValue'
GROUP BY 1, 2
HAVING count(DISTINCT requestparameters.secretId) >= :least
ORDER BY secrets DESC;

-- name: key-destruction
-- title: Which encryption keys were disabled or scheduled for deletion?
-- answer: a row for each call
SELECT eventtime, account, awsregion, useridentity.arn AS who, eventname, requestparameters.keyId AS key, requestparameters.pendingWindowInDays AS days, errorcode
FROM cloudtrail_logs
WHERE eventsource = 'kms.amazonaws.com' AND eventname IN ('DisableKey', 'ScheduleKeyDeletion', 'CancelKeyDeletion', 'EnableKey', 'DeleteImportedKeyMaterial', 'DisableKeyRotation')
ORDER BY eventtime;

-- name: key-policies
-- title: Who changed who may use encryption keys?
-- answer: a row for each call
SELECT eventtime, account, awsregion, useridentity.arn AS who, eventname, requestparameters.keyId AS key, requestparameters.granteePrincipal AS grantee, errorcode
FROM cloudtrail_logs
WHERE eventname IN ('PutKeyPolicy', 'CreateGrant', 'RevokeGrant', 'RetireGrant')
ORDER BY eventtime;

-- name: decryptions
-- title: Who decrypted with which key?
-- answer: a row for each principal and key
SELECT coalesce(useridentity.arn, useridentity.invokedby) AS who, element_at(resources, 1).arn AS key, count(*) AS times, max(eventtime) AS last
FROM cloudtrail_logs
WHERE eventsource = 'kms.amazonaws.com' AND eventname = 'Decrypt'
GROUP BY 1, 2
ORDER BY times DESC;

-- name: database-changes
-- title: What was done to databases?
-- answer: a row for each change
SELECT eventtime, account, awsregion, useridentity.arn AS who, eventname, coalesce(requestparameters.dBInstanceIdentifier, requestparameters.dBClusterIdentifier, requestparameters.tableName) AS what, errorcode
FROM cloudtrail_logs
WHERE eventsource IN ('rds.amazonaws.com', 'dynamodb.amazonaws.com', 'redshift.amazonaws.com') AND readonly = 'false' AND eventcategory = 'Management'
ORDER BY eventtime;

-- name: backup-destruction
-- title: Which backups and snapshots were deleted?
-- answer: a row for each call
SELECT eventtime, account, awsregion, useridentity.arn AS who, eventsource, eventname, requestparameters, errorcode
FROM cloudtrail_logs
WHERE regexp_like(eventname, '^Delete(.*Snapshot|BackupVault|RecoveryPoint|BackupPlan|DBClusterAutomatedBackup|DBInstanceAutomatedBackup)')
ORDER BY eventtime;
