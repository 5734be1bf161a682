-- Functions, containers, models, organisations, money.

-- name: lambda-changes
-- title: Which functions were made or changed?
-- answer: a row for each change
SELECT eventtime, account, awsregion, useridentity.arn AS who, eventname, requestparameters.functionName AS function, requestparameters.role AS role, errorcode
FROM cloudtrail_logs
WHERE eventsource = 'lambda.amazonaws.com' AND readonly = 'false' AND eventcategory = 'Management'
ORDER BY eventtime;

-- name: passed-roles
-- title: Which roles were handed to services?
-- answer: a row for each call with a role in its parameters
SELECT eventtime, account, useridentity.arn AS who, eventsource, eventname, regexp_extract(requestparameters, 'arn:aws[a-z-]*:iam::[0-9]{12}:role/[^"]+') AS role
FROM cloudtrail_logs
WHERE eventname IN ('RunInstances', 'CreateFunction20150331', 'UpdateFunctionConfiguration20150331v2', 'RegisterTaskDefinition', 'CreateStack', 'UpdateStack', 'CreateNotebookInstance',
                    'CreateJob', 'CreateDevEndpoint', 'CreateProject', 'AddRoleToInstanceProfile', 'CreateStateMachine')
  AND regexp_like(requestparameters, 'arn:aws[a-z-]*:iam::[0-9]{12}:(role|instance-profile)/')
ORDER BY eventtime;

-- name: container-changes
-- title: What changed in ECS, EKS and ECR?
-- answer: a row for each change
SELECT eventtime, account, awsregion, useridentity.arn AS who, eventsource, eventname, requestparameters, errorcode
FROM cloudtrail_logs
WHERE eventsource IN ('ecs.amazonaws.com', 'eks.amazonaws.com', 'ecr.amazonaws.com') AND readonly = 'false'
ORDER BY eventtime;

-- name: model-use
-- title: Who used which models of Bedrock?
-- answer: a row for each principal and model
SELECT coalesce(useridentity.arn, useridentity.principalid) AS who, requestparameters.modelId AS model, eventname, awsregion, count(*) AS calls, count(errorcode) AS failed, min(eventtime) AS first
FROM cloudtrail_logs
WHERE eventsource = 'bedrock.amazonaws.com' AND regexp_like(eventname, '^(Invoke|Converse)')
GROUP BY 1, 2, 3, 4
ORDER BY calls DESC;

-- name: model-access
-- title: Who changed access to models, or their logging?
-- answer: a row for each call
SELECT eventtime, account, awsregion, useridentity.arn AS who, eventname, requestparameters, errorcode
FROM cloudtrail_logs
WHERE eventsource = 'bedrock.amazonaws.com' AND (readonly = 'false' OR eventname LIKE '%LoggingConfiguration%')
  AND NOT regexp_like(eventname, '^(Invoke|Converse)')
ORDER BY eventtime;

-- name: organization-changes
-- title: What changed in the organisation?
-- answer: a row for each change of accounts, policies or delegation
SELECT eventtime, account, useridentity.arn AS who, eventname, requestparameters, errorcode
FROM cloudtrail_logs
WHERE eventsource IN ('organizations.amazonaws.com', 'account.amazonaws.com') AND readonly = 'false'
ORDER BY eventtime;

-- name: email-sending
-- title: Was mail sending set up or tried?
-- answer: a row for each principal and call of SES
SELECT coalesce(useridentity.arn, useridentity.principalid) AS who, eventname, awsregion, count(*) AS calls, count(errorcode) AS failed, min(eventtime) AS first
FROM cloudtrail_logs
WHERE eventsource = 'ses.amazonaws.com'
GROUP BY 1, 2, 3
ORDER BY calls DESC;

-- name: stacks
-- title: Which CloudFormation stacks were made, changed or deleted?
-- answer: a row for each call
SELECT eventtime, account, awsregion, useridentity.arn AS who, eventname, requestparameters.stackName AS stack, errorcode
FROM cloudtrail_logs
WHERE eventsource = 'cloudformation.amazonaws.com' AND readonly = 'false'
ORDER BY eventtime;

-- name: quota-requests
-- title: Who asked for higher limits or opened support cases?
-- answer: a row for each call
SELECT eventtime, account, awsregion, useridentity.arn AS who, eventsource, eventname, requestparameters, errorcode
FROM cloudtrail_logs
WHERE eventname IN ('RequestServiceQuotaIncrease', 'CreateCase', 'PutServiceQuotaIncreaseRequestIntoTemplate')
ORDER BY eventtime;

-- name: deletions
-- title: Who deleted the most?
-- answer: a row for each principal and service
-- parameter: top integer 25 How many
SELECT coalesce(useridentity.arn, useridentity.invokedby) AS who, eventsource, count(*) AS calls, count(errorcode) AS failed,
       array_join(slice(array_agg(DISTINCT eventname), 1, 10), ', ') AS some, min(eventtime) AS first, max(eventtime) AS last
FROM cloudtrail_logs
WHERE regexp_like(eventname, '^(Delete|Terminate|Remove|Destroy|Purge)')
GROUP BY 1, 2
ORDER BY calls DESC
LIMIT :top;
