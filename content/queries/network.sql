-- Networks and instances.

-- name: opened-ports
-- title: Who opened a port, to whom?
-- answer: a row for each rule that was added to a security group
SELECT eventtime, account, awsregion, useridentity.arn AS who, requestparameters.groupId AS security_group,
       requestparameters.ipPermissions.items[0].fromPort AS from_port, requestparameters.ipPermissions.items[0].toPort AS to_port,
       coalesce(requestparameters.ipPermissions.items[0].ipRanges.items[0].cidrIp, requestparameters.cidrIp) AS network, errorcode
FROM cloudtrail_logs
WHERE eventname IN ('AuthorizeSecurityGroupIngress', 'AuthorizeSecurityGroupEgress')
ORDER BY eventtime;

-- name: opened-to-world
-- title: Which ports were opened to the whole internet?
-- answer: a row for each such rule
SELECT eventtime, account, awsregion, useridentity.arn AS who, requestparameters.groupId AS security_group,
       requestparameters.ipPermissions.items[0].fromPort AS from_port, requestparameters.ipPermissions.items[0].toPort AS to_port, errorcode
FROM cloudtrail_logs
WHERE eventname = 'AuthorizeSecurityGroupIngress' AND regexp_like(requestparameters, '"(0\.0\.0\.0/0|::/0)"')
ORDER BY eventtime;

-- name: opened-port
-- title: Who opened this port?
-- answer: a row for each rule that includes it
-- parameter: port integer 22 The port
SELECT eventtime, account, awsregion, useridentity.arn AS who, requestparameters.groupId AS security_group, requestparameters.ipPermissions.items[0] AS rule, errorcode
FROM cloudtrail_logs
WHERE eventname = 'AuthorizeSecurityGroupIngress'
  AND TRY_CAST(requestparameters.ipPermissions.items[0].fromPort AS INTEGER) <= :port
  AND TRY_CAST(requestparameters.ipPermissions.items[0].toPort AS INTEGER) >= :port
ORDER BY eventtime;

-- name: network-changes
-- title: What changed in networks?
-- answer: a row for each change of a VPC, route, gateway, peering or access list
SELECT eventtime, account, awsregion, useridentity.arn AS who, eventname, requestparameters, errorcode
FROM cloudtrail_logs
WHERE eventsource = 'ec2.amazonaws.com' AND readonly = 'false'
  AND regexp_like(eventname, '(Vpc|Route|InternetGateway|NatGateway|NetworkAcl|Peering|TransitGateway|VpnConnection|Subnet)')
ORDER BY eventtime;

-- name: security-groups
-- title: What changed in security groups?
-- answer: a row for each change
SELECT eventtime, account, awsregion, useridentity.arn AS who, eventname, requestparameters, errorcode
FROM cloudtrail_logs
WHERE eventname LIKE '%SecurityGroup%' AND readonly = 'false'
ORDER BY eventtime;

-- name: started-instances
-- title: Who started instances, how many and which?
-- answer: a row for each call
SELECT eventtime, account, awsregion, useridentity.arn AS who, requestparameters.instanceType AS type, requestparameters.instancesSet.items[0].maxCount AS most,
       responseelements.instancesSet.items[0].instanceId AS first_instance, sourceipaddress, errorcode
FROM cloudtrail_logs
WHERE eventname = 'RunInstances'
ORDER BY eventtime;

-- name: large-instances
-- title: Who asked for instances with graphics cards or many processors?
-- answer: a row for each call; crypto miners want these
SELECT eventtime, account, awsregion, useridentity.arn AS who, requestparameters.instanceType AS type, sourceipaddress, errorcode
FROM cloudtrail_logs
WHERE eventname IN ('RunInstances', 'RequestSpotInstances', 'CreateFleet')
  AND regexp_like(requestparameters, '"instanceType":"(p[2-9]|g[3-9]|inf|trn|[a-z0-9]+\.(8|9|1[0-9]|2[0-9]|3[0-9]|4[0-9])xlarge)')
ORDER BY eventtime;

-- name: stopped-instances
-- title: Which instances were stopped or terminated?
-- answer: a row for each call
SELECT eventtime, account, awsregion, useridentity.arn AS who, eventname, requestparameters.instancesSet.items AS instances, errorcode
FROM cloudtrail_logs
WHERE eventname IN ('StopInstances', 'TerminateInstances', 'RebootInstances')
ORDER BY eventtime;

-- name: shared-snapshots
-- title: Which snapshots or images were shared?
-- answer: a row for each change of who may use one
SELECT eventtime, account, awsregion, useridentity.arn AS who, eventname,
       coalesce(requestparameters.snapshotId, requestparameters.imageId, requestparameters.dBSnapshotIdentifier, requestparameters.dBClusterSnapshotIdentifier) AS what,
       requestparameters, errorcode
FROM cloudtrail_logs
WHERE eventname IN ('ModifySnapshotAttribute', 'ModifyImageAttribute', 'ModifyDBSnapshotAttribute', 'ModifyDBClusterSnapshotAttribute')
ORDER BY eventtime;

-- name: user-data
-- title: Who read or changed the start scripts of instances?
-- answer: a row for each call
SELECT eventtime, account, awsregion, useridentity.arn AS who, eventname, requestparameters.instanceId AS instance, requestparameters.attribute AS attribute, errorcode
FROM cloudtrail_logs
WHERE (eventname = 'DescribeInstanceAttribute' AND requestparameters.attribute = 'userData')
   OR (eventname = 'ModifyInstanceAttribute' AND strpos(requestparameters, 'userData') > 0)
ORDER BY eventtime;

-- name: instance-access
-- title: Who opened a shell on an instance or sent it commands?
-- answer: a row for each call
SELECT eventtime, account, awsregion, useridentity.arn AS who, eventname, coalesce(requestparameters.target, requestparameters.instanceId, requestparameters.instanceIds) AS instance, sourceipaddress, errorcode
FROM cloudtrail_logs
WHERE eventname IN ('StartSession', 'SendCommand', 'SendSSHPublicKey', 'SendSerialConsoleSSHPublicKey', 'GetPasswordData', 'ResumeSession')
ORDER BY eventtime;

-- name: key-pairs
-- title: Which SSH key pairs were made or brought in?
-- answer: a row for each
SELECT eventtime, account, awsregion, useridentity.arn AS who, eventname, requestparameters.keyName AS name, errorcode
FROM cloudtrail_logs
WHERE eventname IN ('CreateKeyPair', 'ImportKeyPair', 'DeleteKeyPair')
ORDER BY eventtime;
