#include "simulate/playbook.h"

// What services and their calls look like in CloudTrail's records, and the names of things. The
// grammar is in playbook.h.

namespace cairn::simulate {

const std::string_view kCatalogText = R"playbook(
# ---- Services -------------------------------------------------------------------------------------------------------

service acm version=1.08
service athena version=1.09
service autoscaling version=1.09
service backup version=1.08
service cloudformation version=1.09
service cloudtrail version=1.11
service config version=1.08
service dynamodb version=1.11 api=2012-08-10 layout=late
service ec2 version=1.10
service ecr version=1.08
service ecs version=1.09
service elasticloadbalancing version=1.09 api=2015-12-01
service events version=1.09
service glue version=1.08
service guardduty version=1.08
service health version=1.08
service iam version=1.10 global layout=late
service kms version=1.11
service lambda version=1.09
service logs version=1.11 api=20140328
service monitoring version=1.10
service organizations version=1.08 global
service rds version=1.09
service route53 version=1.09 global api=2013-04-01
service s3 version=1.11 host=<bucket>.s3.<region>.amazonaws.com
service secretsmanager version=1.11
service securityhub version=1.08
service servicequotas version=1.10
service signin version=1.08 layout=late host=<region>.signin.aws.amazon.com
service sns version=1.08
service sqs version=1.09 layout=shared
service ssm version=1.08
service sso version=1.08
service sts version=1.08 layout=late
service tagging version=1.08

# ---- Names ----------------------------------------------------------------------------------------------------------

value noun <one:orders,billing,checkout,catalog,search,media,ledger,profile,parcel,coupon,report,invoice>
value word <one:atlas,birch,cedar,delta,ember,fjord,grove,heron,indigo,juniper,kestrel,lagoon,maple,north>
value image ami-0<hex:16>
value instance-type <one:t3.medium,t3.large,m6i.large,m6i.xlarge,c6i.large,r6i.large>
value cidr 10.20.<number:0-63>.0/24
value port <one:443,8080,8443,9090>
value object <noun>/<day>/<one:part,batch,page>-<hex:8>.<one:json,parquet,csv>
value size <number:300-90000>
value size-in 0
value size-out 0
value count <number:1-4>
value mfa-used Yes
value console-query state=hashArgs%23&isauthcode=true
value policy {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],
  "Resource":"arn:aws:s3:::<bucket>/*"},{"Effect":"Allow","Action":"kms:Decrypt","Resource":
  "arn:aws:kms:<region>:<account>:key/<kms-key>"}]}
value policy-arn arn:aws:iam::<account>:policy/<noun>-access
value policy-name <noun>-access
value trust {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":
  "lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}
value bucket-policy {"Version":"2012-10-17","Statement":[{"Sid":"TlsOnly","Effect":"Deny","Principal":"*",
  "Action":"s3:*","Resource":"arn:aws:s3:::<bucket>/*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}
value change-set deploy-<hex:10>
value trail management-events
value stack-id arn:aws:cloudformation:<region>:<account>:stack/<stack>/<uuid:>
value x-amz-id <base64:75>=
value s3-more "SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":<size-in>,
  "AuthenticationMethod":"AuthHeader","x-amz-id-2":"<x-amz-id>","bytesTransferredOut":<size-out>
value s3-bucket [{"accountId":"<account>","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::<bucket>"}]
value s3-object [{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::<bucket>/<object>"},
  {"accountId":"<account>","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::<bucket>"}]
value s3-host <bucket>.s3.<region>.amazonaws.com
value key-arn arn:aws:kms:<region>:<account>:key/<kms-key>
value key-resource [{"accountId":"<account>","type":"AWS::KMS::Key","ARN":"<key-arn>"}]
value context {"aws:s3:arn":"arn:aws:s3:::<bucket>"}
value user-name <user>

inventory bucket 6 global <organization>-<noun>-<hex:4>
inventory role 8 global <noun>-<one:service,worker,reader,deploy>
inventory user 3 global svc-<noun>-<digits:2>
inventory kms-key 3 regional <uuid:>
inventory secret 6 regional <environment>/<noun>/<one:database,api-key,token,smtp>-<mixed:6>
inventory parameter 8 regional /<environment>/<noun>/<one:url,limit,feature-flags,timeout,region>
inventory instance 8 regional i-0<hex:16>
inventory volume 8 regional vol-0<hex:16>
inventory snapshot 8 regional snap-0<hex:16>
inventory vpc 1 regional vpc-0<hex:16>
inventory subnet 4 regional subnet-0<hex:16>
inventory security-group 6 regional sg-0<hex:16>
inventory route-table 2 regional rtb-0<hex:16>
inventory flow-log 1 regional fl-0<hex:16>
inventory function 8 regional <noun>-<one:api,events,export,thumbnails,mailer>
inventory table 4 regional <noun>-<environment>
inventory queue 4 regional <noun>-<one:jobs,dead-letters,events>
inventory topic 3 regional <noun>-<one:alerts,updates>
inventory log-group 8 regional /aws/lambda/<noun>-<one:api,events,export>
inventory cluster 1 regional <environment>-containers
inventory container-service 4 regional <noun>-service
inventory repository 4 regional <noun>
inventory stack 6 regional <noun>-<environment>
inventory database 3 regional <noun>-<environment>-db
inventory alarm 6 regional <noun>-<one:errors-high,latency-p99,queue-depth,cpu-high>
inventory group-name 3 regional <noun>-web-<word>
inventory target-group 3 regional <noun>-web/<hex:16>
inventory detector 1 regional <hex:32>

# ---- Signing in and sessions ----------------------------------------------------------------------------------------

call signin ConsoleLogin
< {"ConsoleLogin":"Success"}
+ {"LoginTo":"https://console.aws.amazon.com/console/home?<console-query>","MobileVersion":"No","MFAUsed":"<mfa-used>"}
! 0 Failure Failed authentication
call signin CheckMfa
< {"CheckMfa":"Success"}
+ {"MfaType":"Virtual MFA"}
call signin PasswordRecoveryRequested
< {"PasswordRecoveryRequested":"Success"}
call signin PasswordRecoveryCompleted
< {"PasswordRecoveryCompleted":"Success"}

call sts AssumeRole read
> {"roleArn":"<role-arn>","roleSessionName":"<session>"}
< {"credentials":{"accessKeyId":"<new-key>","sessionToken":"IQoJb3JpZ2luX2VjE<base64:720>==","expiration":"<expires>"},
  "assumedRoleUser":{"assumedRoleId":"<role-id>:<session>","arn":"<session-arn>"}}
@ [{"accountId":"<account>","type":"AWS::IAM::Role","ARN":"<role-arn>"}]
call sts AssumeRoleWithSAML read
> {"sAMLAssertionID":"_<uuid:>","roleSessionName":"<session>","durationSeconds":43200,"roleArn":"<role-arn>",
  "principalArn":"arn:aws:iam::<account>:saml-provider/AWSSSO_<digits:16>_DO_NOT_DELETE"}
< {"subjectType":"persistent","issuer":"https://portal.sso.eu-west-1.amazonaws.com/saml/assertion/<digits:12>",
  "credentials":{"accessKeyId":"<new-key>","sessionToken":"IQoJb3JpZ2luX2VjE<base64:720>==","expiration":"<expires>"},
  "nameQualifier":"<base64:27>=","assumedRoleUser":{"assumedRoleId":"<role-id>:<session>","arn":"<session-arn>"},
  "subject":"<session>","audience":"https://signin.aws.amazon.com/saml"}
@ [{"accountId":"<account>","type":"AWS::IAM::Role","ARN":"<role-arn>"},{"accountId":"<account>",
  "type":"AWS::IAM::SAMLProvider","ARN":"arn:aws:iam::<account>:saml-provider/AWSSSO_<hex:16>_DO_NOT_DELETE"}]
call sts AssumeRoleWithWebIdentity read
> {"roleArn":"<role-arn>","roleSessionName":"<session>","durationSeconds":3600}
< {"credentials":{"accessKeyId":"<new-key>","sessionToken":"IQoJb3JpZ2luX2VjE<base64:640>==","expiration":"<expires>"},
  "subjectFromWebIdentityToken":"repo:<organization>/platform:ref:refs/heads/main","assumedRoleUser":
  {"assumedRoleId":"<role-id>:<session>","arn":"<session-arn>"},"provider":"arn:aws:iam::<account>:oidc-provider/
  token.actions.githubusercontent.com","audience":"sts.amazonaws.com"}
@ [{"accountId":"<account>","type":"AWS::IAM::Role","ARN":"<role-arn>"}]
call sts GetCallerIdentity read
call sts GetSessionToken read
> {"durationSeconds":43200}
< {"credentials":{"accessKeyId":"<new-key>","sessionToken":"IQoJb3JpZ2luX2VjE<base64:400>==","expiration":"<expires>"}}
call sso GetRoleCredentials read
> {"roleName":"<session>","accountId":"<account>"}

# ---- IAM ------------------------------------------------------------------------------------------------------------

call iam GetUser read
> {"userName":"<user>"}
call iam ListUsers read
> {"maxItems":100}
call iam ListRoles read
> {"maxItems":100}
call iam ListGroups read
call iam ListPolicies read
> {"scope":"Local","onlyAttached":false}
call iam GetAccountSummary read
call iam GetAccountAuthorizationDetails read
> {"filter":["User","Role","Group","LocalManagedPolicy"]}
call iam GetRole read
> {"roleName":"<role>"}
! 6 NoSuchEntityException The role with name <role> cannot be found.
call iam GetRolePolicy read
> {"roleName":"<role>","policyName":"<policy-name>"}
! 25 NoSuchEntityException The role policy with name <policy-name> cannot be found.
call iam GetPolicy read
> {"policyArn":"<policy-arn>"}
call iam GetPolicyVersion read
> {"policyArn":"<policy-arn>","versionId":"v<number:1-5>"}
call iam ListAttachedRolePolicies read
> {"roleName":"<role>"}
call iam ListAttachedUserPolicies read
> {"userName":"<user>"}
call iam ListAccessKeys read
> {"userName":"<user>"}
call iam ListMFADevices read
> {"userName":"<user>"}
call iam GetAccountPasswordPolicy read
! 20 NoSuchEntityException The Password Policy with domain name <account> cannot be found.
call iam GenerateCredentialReport
< {"state":"STARTED","description":"No report exists. Starting a new report generation task"}
call iam GetCredentialReport read
call iam CreateUser
> {"userName":"<user-name>"}
< {"user":{"path":"/","userName":"<user-name>","userId":"AIDA<code><upper:9>","arn":"arn:aws:iam::<account>:user/<user-name>",
  "createDate":"<date>"}}
call iam DeleteUser
> {"userName":"<user-name>"}
call iam AttachUserPolicy
> {"userName":"<user-name>","policyArn":"<policy-arn>"}
call iam AttachRolePolicy
> {"roleName":"<role>","policyArn":"<policy-arn>"}
call iam PutUserPolicy
> {"userName":"<user-name>","policyName":"<policy-name>","policyDocument":"<policy|string>"}
call iam PutRolePolicy
> {"roleName":"<role>","policyName":"<policy-name>","policyDocument":"<policy|string>"}
call iam CreateAccessKey
> {"userName":"<user-name>"}
< {"accessKey":{"userName":"<user-name>","accessKeyId":"<new-key>","status":"Active","createDate":"<date>"}}
call iam CreateOwnAccessKey named=CreateAccessKey
< {"accessKey":{"accessKeyId":"<new-key>","status":"Active","userName":"<my-name>","createDate":"<date>"}}
value new-key AKIA<code><upper:8>
call iam DeleteAccessKey
> {"accessKeyId":"AKIA<code><upper:8>","userName":"<user-name>"}
call iam CreateLoginProfile
> {"userName":"<user-name>","passwordResetRequired":false}
< {"loginProfile":{"userName":"<user-name>","createDate":"<date>","passwordResetRequired":false}}
call iam UpdateLoginProfile
> {"userName":"<user-name>","passwordResetRequired":false}
call iam DeactivateMFADevice
> {"userName":"<user-name>","serialNumber":"arn:aws:iam::<account>:mfa/<user-name>"}
call iam CreateRole
> {"path":"/","roleName":"<role>","assumeRolePolicyDocument":"<trust|string>","maxSessionDuration":3600}
< {"role":{"path":"/","roleName":"<role>","roleId":"AROA<code><upper:9>","arn":"arn:aws:iam::<account>:role/<role>",
  "createDate":"<date>","assumeRolePolicyDocument":"<trust|url>"}}
call iam UpdateAssumeRolePolicy
> {"roleName":"<role>","policyDocument":"<trust|string>"}
call iam TagRole
> {"roleName":"<role>","tags":[{"key":"owner","value":"<noun>"},{"key":"managed-by","value":"cloudformation"}]}
call iam PassRole read
> {"roleName":"<role>"}

# ---- EC2 ------------------------------------------------------------------------------------------------------------

call ec2 DescribeInstances read
> {"instancesSet":{},"filterSet":{"items":[{"name":"instance-state-name","valueSet":{"items":[{"value":"running"}]}}]}}
! 1 Client.RequestLimitExceeded Request limit exceeded.
call ec2 DescribeInstanceStatus read
> {"instancesSet":{"items":[{"instanceId":"<instance>"}]},"filterSet":{},"includeAllInstances":false}
! 8 Client.InvalidInstanceID.NotFound The instance ID '<instance>' does not exist
call ec2 DescribeInstanceAttribute read
> {"instanceId":"<instance>","attribute":"disableApiTermination"}
call ec2 DescribeVolumes read
> {"volumeSet":{"items":[{"volumeId":"<volume>"}]},"filterSet":{}}
! 8 Client.InvalidVolume.NotFound The volume '<volume>' does not exist.
call ec2 DescribeVolumeStatus read
> {"volumeSet":{},"filterSet":{},"maxResults":1000}
call ec2 DescribeSnapshots read
> {"sharedUsersSet":{},"snapshotSet":{},"ownersSet":{"items":[{"owner":"self"}]},"filterSet":{}}
call ec2 DescribeImages read
> {"executableBySet":{},"imagesSet":{"items":[{"imageId":"<image>"}]},"ownersSet":{},"filterSet":{}}
! 8 Client.InvalidAMIID.NotFound The image id '[<image>]' does not exist
call ec2 DescribeSecurityGroups read
> {"securityGroupSet":{},"securityGroupIdSet":{"items":[{"groupId":"<security-group>"}]},"filterSet":{}}
call ec2 DescribeSecurityGroupRules read
> {"DescribeSecurityGroupRulesRequest":{"Filter":{"Value":{"tag":1,"content":"<security-group>"},"tag":1,
  "Name":"group-id"},"MaxResults":1000}}
call ec2 DescribeVpcs read
> {"vpcSet":{},"filterSet":{}}
call ec2 DescribeSubnets read
> {"subnetSet":{"items":[{"subnetId":"<subnet>"}]},"filterSet":{}}
call ec2 DescribeRouteTables read
> {"routeTableIdSet":{},"filterSet":{"items":[{"name":"vpc-id","valueSet":{"items":[{"value":"<vpc>"}]}}]}}
call ec2 DescribeNetworkInterfaces read
> {"networkInterfaceIdSet":{},"filterSet":{"items":[{"name":"group-id","valueSet":{"items":[{"value":"<security-group>"}]}}]}}
call ec2 DescribeAddresses read
> {"publicIpsSet":{},"allocationIdsSet":{},"filterSet":{}}
call ec2 DescribeFlowLogs read
> {"DescribeFlowLogsRequest":{"MaxResults":1000}}
call ec2 DescribeRegions read
> {"regionSet":{},"allRegions":true}
call ec2 DescribeAvailabilityZones read
> {"availabilityZoneSet":{},"availabilityZoneIdSet":{}}
call ec2 DescribeTags read
> {"filterSet":{"items":[{"name":"resource-id","valueSet":{"items":[{"value":"<instance>"}]}}]}}
call ec2 DescribeKeyPairs read
> {"keySet":{},"filterSet":{}}
call ec2 DescribeLaunchTemplates read
> {"DescribeLaunchTemplatesRequest":{"LaunchTemplateName":{"tag":1,"content":"<group-name>"}}}
call ec2 DescribeInstanceTypes read
> {"DescribeInstanceTypesRequest":{"InstanceType":{"tag":1,"content":"<instance-type>"}}}
call ec2 DescribeAccountAttributes read
> {"accountAttributeNameSet":{"items":[{"attributeName":"supported-platforms"}]}}
call ec2 GetConsoleOutput read
> {"instanceId":"<instance>"}
call ec2 GetPasswordData read
> {"instanceId":"<instance>"}
call ec2 GetEbsEncryptionByDefault read
> {"GetEbsEncryptionByDefaultRequest":{}}
call ec2 RunInstances
> {"instancesSet":{"items":[{"imageId":"<image>","minCount":<count>,"maxCount":<count>}]},"groupSet":{"items":[{"groupId":
  "<security-group>"}]},"instanceType":"<instance-type>","blockDeviceMapping":{},"monitoring":{"enabled":false},
  "subnetId":"<subnet>","disableApiTermination":false,"clientToken":"<uuid:>"}
< {"requestId":"<request>","reservationId":"r-0<hex:16>","ownerId":"<account>","groupSet":{},"instancesSet":{"items":[
  {"instanceId":"i-0<hex:16>","imageId":"<image>","instanceState":{"code":0,"name":"pending"},"privateDnsName":
  "ip-10-20-<number:1-60>-<number:1-250>.<region>.compute.internal","amiLaunchIndex":0,"productCodes":{},
  "instanceType":"<instance-type>","launchTime":<epoch>,"placement":{"availabilityZone":"<region>a",
  "tenancy":"default"},"monitoring":{"state":"disabled"},"subnetId":"<subnet>","vpcId":"<vpc>"}]}}
! 0 Client.VcpuLimitExceeded You have requested more vCPU capacity than your current vCPU limit of 0 allows for the \
  instance bucket that the specified instance type belongs to.
! 2 Server.InsufficientInstanceCapacity We currently do not have sufficient <instance-type> capacity in <region>a.
call ec2 TerminateInstances
> {"instancesSet":{"items":[{"instanceId":"<instance>"}]}}
< {"requestId":"<request>","instancesSet":{"items":[{"instanceId":"<instance>","currentState":{"code":32,"name":
  "shutting-down"},"previousState":{"code":16,"name":"running"}}]}}
call ec2 StopInstances
> {"instancesSet":{"items":[{"instanceId":"<instance>"}]},"force":false}
< {"requestId":"<request>","instancesSet":{"items":[{"instanceId":"<instance>","currentState":{"code":64,"name":"stopping"},
  "previousState":{"code":16,"name":"running"}}]}}
call ec2 StartInstances
> {"instancesSet":{"items":[{"instanceId":"<instance>"}]}}
< {"requestId":"<request>","instancesSet":{"items":[{"instanceId":"<instance>","currentState":{"code":0,"name":"pending"},
  "previousState":{"code":80,"name":"stopped"}}]}}
call ec2 CreateTags
> {"resourcesSet":{"items":[{"resourceId":"<instance>"}]},"tagSet":{"items":[{"key":"Name","value":"<noun>-<word>"},
  {"key":"environment","value":"<environment>"}]}}
< {"requestId":"<request>","_return":true}
call ec2 CreateSnapshot
> {"volumeId":"<volume>","description":"Policy daily, <volume>"}
< {"requestId":"<request>","snapshotId":"<snapshot>","volumeId":"<volume>","status":"pending","startTime":<epoch>,
  "progress":"0%","ownerId":"<account>","volumeSize":"<number:20-500>","description":"","encrypted":true}
call ec2 CreateImage
> {"instanceId":"<instance>","name":"<word>-<hex:6>","noReboot":true,"blockDeviceMapping":{}}
< {"requestId":"<request>","imageId":"<image>"}
call ec2 ModifySnapshotAttribute
> {"snapshotId":"<snapshot>","createVolumePermission":{"add":{"items":[{"userId":"<foreign>"}]}},"attributeType":
  "CREATE_VOLUME_PERMISSION"}
< {"requestId":"<request>","_return":true}
call ec2 ModifyImageAttribute
> {"imageId":"<image>","launchPermission":{"add":{"items":[{"userId":"<foreign>"}]}},"attributeType":"launchPermission"}
< {"requestId":"<request>","_return":true}
call ec2 SharedSnapshotVolumeCreated service-event
* {"snapshotId":"<snapshot>"}
call ec2 DeleteSnapshot
> {"snapshotId":"<snapshot>"}
< {"requestId":"<request>","_return":true}
call ec2 CreateSecurityGroup
> {"groupName":"<group-name>","groupDescription":"<noun>","vpcId":"<vpc>"}
< {"requestId":"<request>","_return":true,"groupId":"<security-group>"}
call ec2 AuthorizeSecurityGroupIngress
> {"groupId":"<security-group>","ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":<port>,"toPort":<port>,
  "groups":{},"ipRanges":{"items":[{"cidrIp":"<cidr>"}]},"ipv6Ranges":{},"prefixListIds":{}}]}}
< {"requestId":"<request>","_return":true,"securityGroupRuleSet":{"items":[{"groupOwnerId":"<account>","groupId":
  "<security-group>","securityGroupRuleId":"sgr-0<hex:16>","isEgress":false,"ipProtocol":"tcp","fromPort":<port>,
  "toPort":<port>,"cidrIpv4":"<cidr>"}]}}
call ec2 RevokeSecurityGroupIngress
> {"groupId":"<security-group>","ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":<port>,"toPort":<port>,
  "groups":{},"ipRanges":{"items":[{"cidrIp":"<cidr>"}]},"ipv6Ranges":{},"prefixListIds":{}}]}}
< {"requestId":"<request>","_return":true}
call ec2 DeleteFlowLogs
> {"DeleteFlowLogsRequest":{"FlowLogId":{"tag":1,"content":"<flow-log>"}}}
< {"DeleteFlowLogsResponse":{"xmlns":"http://ec2.amazonaws.com/doc/2016-11-15/","requestId":"<request>","unsuccessful":""}}
call ec2 CreateKeyPair
> {"keyName":"<word>-key","keyType":"rsa","keyFormat":"pem"}
< {"requestId":"<request>","keyName":"<word>-key","keyFingerprint":"<hex:40>","keyPairId":"key-0<hex:16>",
  "keyMaterial":"<sensitive>"}
value sensitive \u003csensitiveDataRemoved\u003e

# ---- Load balancers, scaling, containers, functions -----------------------------------------------------------------

call elasticloadbalancing DescribeLoadBalancers read
> {"names":["<noun>-web"],"pageSize":20}
! 15 LoadBalancerNotFoundException One or more load balancers not found
call elasticloadbalancing DescribeTargetHealth read
> {"targetGroupArn":"arn:aws:elasticloadbalancing:<region>:<account>:targetgroup/<target-group>"}
call elasticloadbalancing DescribeTargetGroups read
> {"pageSize":20}
call elasticloadbalancing RegisterTargets
> {"targetGroupArn":"arn:aws:elasticloadbalancing:<region>:<account>:targetgroup/<target-group>",
  "targets":[{"id":"<instance>"}]}
call elasticloadbalancing DeregisterTargets
> {"targetGroupArn":"arn:aws:elasticloadbalancing:<region>:<account>:targetgroup/<target-group>",
  "targets":[{"id":"<instance>"}]}
call autoscaling DescribeAutoScalingGroups read
> {"autoScalingGroupNames":["<group-name>"],"maxRecords":100}
call autoscaling DescribeScalingActivities read
> {"autoScalingGroupName":"<group-name>","maxRecords":50}
call ecs DescribeServices read
> {"cluster":"<cluster>","services":["<container-service>"]}
call ecs ListTasks read
> {"cluster":"<cluster>","serviceName":"<container-service>","maxResults":100}
call ecs DescribeTasks read
> {"cluster":"<cluster>","tasks":["arn:aws:ecs:<region>:<account>:task/<cluster>/<hex:32>"]}
! 6 InvalidParameterException taskId length should be one of [32,36]
call ecs ListClusters read
> {"maxResults":100}
call ecs DescribeTaskDefinition read
> {"taskDefinition":"<noun>:<number:2-90>","include":["TAGS"]}
call ecs RegisterTaskDefinition
> {"family":"<noun>","networkMode":"awsvpc","cpu":"512","memory":"1024","requiresCompatibilities":["FARGATE"],
  "taskRoleArn":"arn:aws:iam::<account>:role/<role>","executionRoleArn":"arn:aws:iam::<account>:role/ecsTaskExecutionRole",
  "containerDefinitions":[{"name":"<noun>","image":"<account>.dkr.ecr.<region>.amazonaws.com/<repository>:<hex:12>",
  "essential":true,"portMappings":[{"containerPort":8080,"protocol":"tcp"}],"logConfiguration":{"logDriver":"awslogs",
  "options":{"awslogs-group":"/ecs/<noun>","awslogs-region":"<region>","awslogs-stream-prefix":"ecs"}}}]}
< {"taskDefinition":{"taskDefinitionArn":"arn:aws:ecs:<region>:<account>:task-definition/<noun>:<number:2-90>","family":
  "<noun>","revision":<number:2-90>,"status":"ACTIVE","compatibilities":["EC2","FARGATE"],"registeredAt":"<date>",
  "registeredBy":"<my-arn>"}}
call ecs UpdateService
> {"cluster":"<cluster>","service":"<container-service>","taskDefinition":"<noun>:<number:2-90>","forceNewDeployment":false}
< {"service":{"serviceArn":"arn:aws:ecs:<region>:<account>:service/<cluster>/<container-service>","serviceName":
  "<container-service>","clusterArn":"arn:aws:ecs:<region>:<account>:cluster/<cluster>","status":"ACTIVE",
  "desiredCount":<count>,"runningCount":<count>,"pendingCount":0,"launchType":"FARGATE"}}
call ecs SubmitTaskStateChange
> {"cluster":"<cluster>","task":"arn:aws:ecs:<region>:<account>:task/<cluster>/<hex:32>","status":"RUNNING"}
< {"acknowledgment":"ACK"}
call ecr GetAuthorizationToken read
call ecr BatchGetImage read
> {"registryId":"<account>","repositoryName":"<repository>","imageIds":[{"imageTag":"<hex:12>"}],"acceptedMediaTypes":[
  "application/vnd.docker.distribution.manifest.v2+json","application/vnd.oci.image.manifest.v1+json"]}
@ [{"accountId":"<account>","ARN":"arn:aws:ecr:<region>:<account>:repository/<repository>"}]
call ecr GetDownloadUrlForLayer read
> {"registryId":"<account>","repositoryName":"<repository>","layerDigest":"sha256:<hex:64>"}
@ [{"accountId":"<account>","ARN":"arn:aws:ecr:<region>:<account>:repository/<repository>"}]
call ecr InitiateLayerUpload
> {"repositoryName":"<repository>"}
< {"uploadId":"<uuid:>","partSize":20971520}
@ [{"accountId":"<account>","ARN":"arn:aws:ecr:<region>:<account>:repository/<repository>"}]
call ecr BatchCheckLayerAvailability read
> {"repositoryName":"<repository>","layerDigests":["sha256:<hex:64>"]}
call ecr CompleteLayerUpload
> {"repositoryName":"<repository>","uploadId":"<uuid:>","layerDigests":["sha256:<hex:64>"]}
< {"registryId":"<account>","repositoryName":"<repository>","uploadId":"<uuid:>","layerDigest":"sha256:<hex:64>"}
! 30 LayerAlreadyExistsException Layer with digest 'sha256:<hex:64>' already exists in the repository '<repository>'
call ecr PutImage
> {"registryId":"<account>","repositoryName":"<repository>","imageManifest":"{\"schemaVersion\":2,\"mediaType\":
  \"application/vnd.docker.distribution.manifest.v2+json\",\"config\":{\"digest\":\"sha256:<hex:64>\"}}",
  "imageManifestMediaType":"application/vnd.docker.distribution.manifest.v2+json","imageTag":"<hex:12>"}
< {"image":{"registryId":"<account>","repositoryName":"<repository>","imageId":{"imageDigest":"sha256:<hex:64>","imageTag":
  "<hex:12>"}}}
call lambda ListFunctions20150331 read
> {"maxItems":50}
call lambda GetFunction20150331v2 read
> {"functionName":"<function>"}
! 12 ResourceNotFoundException Function not found: arn:aws:lambda:<region>:<account>:function:<function>
call lambda GetFunctionConfiguration20150331v2 read
> {"functionName":"<function>"}
call lambda GetPolicy20150331v2 read
> {"functionName":"<function>"}
! 60 ResourceNotFoundException The resource you requested does not exist.
call lambda UpdateFunctionCode20150331v2
> {"functionName":"<function>","s3Bucket":"<bucket>","s3Key":"<hex:64>.zip","publish":false,"dryRun":false}
< {"functionName":"<function>","functionArn":"arn:aws:lambda:<region>:<account>:function:<function>","runtime":"python3.12",
  "role":"arn:aws:iam::<account>:role/<role>","handler":"app.handler","codeSize":<number:20000-900000>,"timeout":30,
  "memorySize":256,"lastModified":"<time>","codeSha256":"<base64:43>=","version":"$LATEST","state":"Active",
  "lastUpdateStatus":"InProgress","packageType":"Zip","architectures":["arm64"]}
call lambda UpdateFunctionConfiguration20150331v2
> {"functionName":"<function>","timeout":<one:15,30,60>,"memorySize":<one:128,256,512,1024>,"environment":{}}
< {"functionName":"<function>","functionArn":"arn:aws:lambda:<region>:<account>:function:<function>","runtime":"python3.12",
  "role":"arn:aws:iam::<account>:role/<role>","handler":"app.handler","timeout":30,"lastModified":"<time>"}
call lambda AddPermission20150331v2
> {"functionName":"<function>","statementId":"<word>-<hex:6>","action":"lambda:InvokeFunction","principal":"<principal>"}
< {"statement":"{\"Sid\":\"<word>\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"<principal>\"},\"Action\":
  \"lambda:InvokeFunction\",\"Resource\":\"arn:aws:lambda:<region>:<account>:function:<function>\"}"}
value principal events.amazonaws.com
call lambda CreateFunctionUrlConfig
> {"functionName":"<function>","authType":"<auth-type>"}
< {"functionUrl":"https://<upper:32>.lambda-url.<region>.on.aws/","functionArn":
  "arn:aws:lambda:<region>:<account>:function:<function>","authType":"<auth-type>","creationTime":"<time>"}
value auth-type AWS_IAM

# ---- S3 -------------------------------------------------------------------------------------------------------------

call s3 ListBuckets read
% s3.<region>.amazonaws.com
> {"Host":"s3.<region>.amazonaws.com"}
+ {<s3-more>}
call s3 GetBucketLocation read
> {"bucketName":"<bucket>","location":"","Host":"<s3-host>"}
+ {<s3-more>}
@ <s3-bucket>
call s3 GetBucketAcl read
> {"bucketName":"<bucket>","Host":"<s3-host>","acl":""}
+ {<s3-more>}
@ <s3-bucket>
call s3 GetBucketPolicy read
> {"bucketName":"<bucket>","Host":"<s3-host>","policy":""}
+ {<s3-more>}
@ <s3-bucket>
! 45 NoSuchBucketPolicy The bucket policy does not exist
call s3 GetBucketPolicyStatus read
> {"bucketName":"<bucket>","Host":"<s3-host>","policyStatus":""}
+ {<s3-more>}
@ <s3-bucket>
! 40 NoSuchBucketPolicy The bucket policy does not exist
call s3 GetBucketVersioning read
> {"bucketName":"<bucket>","Host":"<s3-host>","versioning":""}
+ {<s3-more>}
@ <s3-bucket>
call s3 GetBucketTagging read
> {"bucketName":"<bucket>","Host":"<s3-host>","tagging":""}
+ {<s3-more>}
@ <s3-bucket>
! 40 NoSuchTagSet The TagSet does not exist
call s3 GetBucketLogging read
> {"bucketName":"<bucket>","Host":"<s3-host>","logging":""}
+ {<s3-more>}
@ <s3-bucket>
call s3 GetBucketCors read
> {"bucketName":"<bucket>","Host":"<s3-host>","cors":""}
+ {<s3-more>}
@ <s3-bucket>
! 80 NoSuchCORSConfiguration The CORS configuration does not exist
call s3 GetBucketWebsite read
> {"bucketName":"<bucket>","website":"","Host":"<s3-host>"}
+ {<s3-more>}
@ <s3-bucket>
! 90 NoSuchWebsiteConfiguration The specified bucket does not have a website configuration
call s3 GetBucketLifecycle read
> {"bucketName":"<bucket>","lifecycle":"","Host":"<s3-host>"}
+ {<s3-more>}
@ <s3-bucket>
! 70 NoSuchLifecycleConfiguration The lifecycle configuration does not exist
call s3 GetBucketReplication read
> {"bucketName":"<bucket>","replication":"","Host":"<s3-host>"}
+ {<s3-more>}
@ <s3-bucket>
! 90 ReplicationConfigurationNotFoundError The replication configuration was not found
call s3 GetBucketEncryption read
> {"bucketName":"<bucket>","Host":"<s3-host>","encryption":""}
+ {<s3-more>}
@ <s3-bucket>
call s3 GetBucketPublicAccessBlock read
> {"bucketName":"<bucket>","publicAccessBlock":"","Host":"<s3-host>"}
+ {<s3-more>}
@ <s3-bucket>
call s3 GetBucketNotification read
> {"bucketName":"<bucket>","Host":"<s3-host>","notification":""}
+ {<s3-more>}
@ <s3-bucket>
call s3 GetBucketObjectLockConfiguration read
> {"bucketName":"<bucket>","object-lock":"","Host":"<s3-host>"}
+ {<s3-more>}
@ <s3-bucket>
! 80 ObjectLockConfigurationNotFoundError Object Lock configuration does not exist for this bucket
call s3 PutBucketPolicy
> {"bucketPolicy":<bucket-policy>,"bucketName":"<bucket>","Host":"<s3-host>","policy":""}
+ {<s3-more>}
@ <s3-bucket>
call s3 PutBucketVersioning
> {"bucketName":"<bucket>","Host":"<s3-host>","versioning":"","VersioningConfiguration":{"xmlns":
  "http://s3.amazonaws.com/doc/2006-03-01/","Status":"<versioning>"}}
+ {<s3-more>}
@ <s3-bucket>
value versioning Enabled
call s3 PutBucketLifecycle
> {"lifecycle":"","bucketName":"<bucket>","LifecycleConfiguration":{"xmlns":"http://s3.amazonaws.com/doc/2006-03-01/",
  "Rule":{"ID":"expire-<word>","Status":"Enabled","Filter":{"Prefix":""},"Expiration":{"Days":1},
  "NoncurrentVersionExpiration":{"NoncurrentDays":1}}},"Host":"<s3-host>"}
+ {<s3-more>}
@ <s3-bucket>
call s3 PutBucketTagging
> {"bucketName":"<bucket>","Host":"<s3-host>","tagging":"","Tagging":{"xmlns":"http://s3.amazonaws.com/doc/2006-03-01/",
  "TagSet":{"Tag":{"Value":"<noun>","Key":"owner"}}}}
+ {<s3-more>}
@ <s3-bucket>
call s3 ListObjects read data
> {"list-type":"2","bucketName":"<bucket>","prefix":"<noun>/","encoding-type":"url","Host":"<s3-host>"}
+ {<s3-more>}
@ [{"type":"AWS::S3::Object","ARNPrefix":"arn:aws:s3:::<bucket>/"},{"accountId":"<account>","type":"AWS::S3::Bucket","ARN":
  "arn:aws:s3:::<bucket>"}]
call s3 ListObjectVersions read data
> {"bucketName":"<bucket>","versions":"","encoding-type":"url","Host":"<s3-host>"}
+ {<s3-more>}
@ [{"type":"AWS::S3::Object","ARNPrefix":"arn:aws:s3:::<bucket>/"},{"accountId":"<account>","type":"AWS::S3::Bucket","ARN":
  "arn:aws:s3:::<bucket>"}]
call s3 GetObject read data
> {"bucketName":"<bucket>","Host":"<s3-host>","key":"<object>"}
+ {"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":0.0,"SSEApplied":"SSE_KMS",
  "AuthenticationMethod":"AuthHeader","x-amz-id-2":"<x-amz-id>","bytesTransferredOut":<size>.0}
@ <s3-object>
! 6 NoSuchKey The specified key does not exist.
call s3 HeadObject read data
> {"bucketName":"<bucket>","Host":"<s3-host>","key":"<object>"}
+ {"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":0.0,
  "AuthenticationMethod":"AuthHeader","x-amz-id-2":"<x-amz-id>","bytesTransferredOut":0.0}
@ <s3-object>
! 35 NoSuchKey The specified key does not exist.
call s3 PutObject data
> {"bucketName":"<bucket>","Host":"<s3-host>","key":"<object>"}
< {"x-amz-server-side-encryption":"aws:kms","x-amz-server-side-encryption-aws-kms-key-id":"<key-arn>"}
+ {"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":<size>.0,"SSEApplied":"SSE_KMS",
  "AuthenticationMethod":"AuthHeader","x-amz-id-2":"<x-amz-id>","bytesTransferredOut":0.0}
@ <s3-object>
call s3 DeleteObject data
> {"bucketName":"<bucket>","Host":"<s3-host>","key":"<object>"}
+ {"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":0.0,
  "AuthenticationMethod":"AuthHeader","x-amz-id-2":"<x-amz-id>","bytesTransferredOut":0.0}
@ <s3-object>
call s3 DeleteObjects data
> {"bucketName":"<bucket>","Host":"<s3-host>","delete":""}
+ {"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":<number:20000-90000>.0,
  "AuthenticationMethod":"AuthHeader","x-amz-id-2":"<x-amz-id>","bytesTransferredOut":<number:20000-90000>.0}
@ [{"type":"AWS::S3::Object","ARNPrefix":"arn:aws:s3:::<bucket>/"},{"accountId":"<account>","type":"AWS::S3::Bucket","ARN":
  "arn:aws:s3:::<bucket>"}]

# ---- Keys, secrets, parameters --------------------------------------------------------------------------------------

call kms Decrypt read
> {"encryptionContext":<context>,"encryptionAlgorithm":"SYMMETRIC_DEFAULT"}
@ <key-resource>
call kms GenerateDataKey read
> {"keyId":"<key-arn>","encryptionContext":<context>,"keySpec":"AES_256"}
@ <key-resource>
call kms DescribeKey read
> {"keyId":"<key-arn>"}
@ <key-resource>
call kms ListKeys read
> {"limit":1000}
call kms ListAliases read
> {"limit":100}
call kms GetKeyPolicy read
> {"keyId":"<kms-key>","policyName":"default"}
@ <key-resource>
call kms GetKeyRotationStatus read
> {"keyId":"<kms-key>"}
@ <key-resource>
call kms CreateGrant
> {"keyId":"<key-arn>","granteePrincipal":"<grantee>","operations":["Decrypt","CreateGrant"],
  "retiringPrincipal":"ec2.<region>.amazonaws.com","constraints":{"encryptionContextSubset":{"aws:ebs:id":"<volume>"}}}
< {"grantId":"<hex:64>","keyId":"<key-arn>"}
@ <key-resource>
value grantee arn:aws:sts::<account>:assumed-role/aws:ec2-infrastructure/<instance>
call kms DisableKey
> {"keyId":"<kms-key>"}
< {"keyId":"<key-arn>"}
@ <key-resource>
call kms ScheduleKeyDeletion
> {"keyId":"<kms-key>","pendingWindowInDays":7}
< {"keyId":"<key-arn>","deletionDate":"<expires>","keyState":"PendingDeletion","pendingWindowInDays":7}
@ <key-resource>
call secretsmanager ListSecrets read
> {"maxResults":100,"includePlannedDeletion":false}
call secretsmanager DescribeSecret read
> {"secretId":"arn:aws:secretsmanager:<region>:<account>:secret:<secret>"}
call secretsmanager GetSecretValue read
> {"secretId":"arn:aws:secretsmanager:<region>:<account>:secret:<secret>"}
! 3 ResourceNotFoundException Secrets Manager can't find the specified secret.
call secretsmanager GetResourcePolicy read
> {"secretId":"arn:aws:secretsmanager:<region>:<account>:secret:<secret>"}
call secretsmanager BatchGetSecretValue read
> {"filters":[{"key":"all","values":["<environment>"]}],"maxResults":20}
call ssm GetParameter read
> {"name":"<parameter>","withDecryption":true}
@ [{"accountId":"<account>","ARN":"arn:aws:ssm:<region>:<account>:parameter<parameter>"}]
! 10 ParameterNotFound Parameter <parameter> not found.
call ssm GetParameters read
> {"names":["<parameter>"],"withDecryption":true}
@ [{"accountId":"<account>","ARN":"arn:aws:ssm:<region>:<account>:parameter<parameter>"}]
call ssm GetParametersByPath read
> {"path":"/<environment>/<noun>/","recursive":true,"withDecryption":true,"maxResults":10}
call ssm DescribeParameters read
> {"maxResults":50,"parameterFilters":[{"key":"Name","option":"BeginsWith","values":["/<environment>/"]}]}
call ssm PutParameter
> {"name":"<parameter>","value":"HIDDEN_DUE_TO_SECURITY_REASONS","type":"String","overwrite":true}
< {"version":<number:2-60>,"tier":"Standard"}
call ssm UpdateInstanceInformation
> {"instanceId":"<instance>","agentVersion":"3.3.551.0","agentStatus":"Active","platformType":"Linux","iPAddress":
  "<my-address>","agentName":"amazon-ssm-agent"}
call ssm ListInstanceAssociations read
> {"instanceId":"<instance>","maxResults":20}
call ssm PutInventory
> {"instanceId":"<instance>","items":[{"typeName":"AWS:Application","schemaVersion":"1.1","captureTime":"<time>",
  "contentHash":"<hex:32>"}]}
call ssm DescribeInstanceInformation read
> {"maxResults":50}

# ---- Data stores and messages ---------------------------------------------------------------------------------------

call dynamodb DescribeTable read
> {"tableName":"<table>"}
@ [{"accountId":"<account>","type":"AWS::DynamoDB::Table","ARN":"arn:aws:dynamodb:<region>:<account>:table/<table>"}]
! 10 ResourceNotFoundException Requested resource not found: Table: <table> not found
call dynamodb ListTables read
> {"limit":100}
call dynamodb DescribeContinuousBackups read
> {"tableName":"<table>"}
call rds DescribeDBInstances read
> {"dBInstanceIdentifier":"<database>"}
! 8 DBInstanceNotFound DBInstance <database> not found.
call rds DescribeDBSnapshots read
> {"dBInstanceIdentifier":"<database>","includeShared":false,"includePublic":false}
call rds DescribePendingMaintenanceActions read
call rds CreateDBSnapshot
> {"dBSnapshotIdentifier":"<database>-<hex:6>","dBInstanceIdentifier":"<database>"}
< {"dBSnapshotIdentifier":"<database>-<hex:6>","dBInstanceIdentifier":"<database>","engine":"postgres","allocatedStorage":200,
  "status":"creating","encrypted":true,"snapshotType":"manual"}
call rds ModifyDBSnapshotAttribute
> {"dBSnapshotIdentifier":"<database>-snapshot","attributeName":"restore","valuesToAdd":["<foreign>"]}
< {"dBSnapshotIdentifier":"<database>-snapshot","dBSnapshotAttributes":[{"attributeName":"restore","attributeValues":
  ["<foreign>"]}]}
call sqs GetQueueAttributes read
> {"queueUrl":"https://sqs.<region>.amazonaws.com/<account>/<queue>","attributeNames":["ApproximateNumberOfMessages"]}
call sqs GetQueueUrl read
> {"queueName":"<queue>"}
! 10 AWS.SimpleQueueService.NonExistentQueue The specified queue does not exist.
call sqs ListQueues read
call sns ListTopics read
call sns GetTopicAttributes read
> {"topicArn":"arn:aws:sns:<region>:<account>:<topic>"}
call sns ListSubscriptionsByTopic read
> {"topicArn":"arn:aws:sns:<region>:<account>:<topic>"}
call athena StartQueryExecution
> {"queryString":"HIDDEN_DUE_TO_SECURITY_REASONS","workGroup":"<noun>","queryExecutionContext":{"database":"<noun>"},
  "resultConfiguration":{"outputLocation":"s3://<bucket>/athena/"},"clientRequestToken":"<uuid:>"}
< {"queryExecutionId":"<uuid:>"}
call athena GetQueryExecution read
> {"queryExecutionId":"<uuid:>"}
call athena GetQueryResults read
> {"queryExecutionId":"<uuid:>","maxResults":1000}
call glue GetTable read
> {"databaseName":"<noun>","name":"<word>"}
! 18 EntityNotFoundException Entity Not Found
call glue GetDatabases read
> {"maxResults":100}
call glue GetPartitions read
> {"databaseName":"<noun>","tableName":"<word>","maxResults":1000}

# ---- Watching -------------------------------------------------------------------------------------------------------

call monitoring DescribeAlarms read
> {"alarmNames":["<alarm>"],"maxRecords":100}
call monitoring GetMetricData read
> {"metricDataQueries":[{"id":"m1","metricStat":{"metric":{"namespace":"AWS/ApplicationELB","metricName":"RequestCount"},
  "period":300,"stat":"Sum"},"returnData":true}],"startTime":"<date>","endTime":"<expires>"}
call monitoring ListMetrics read
> {"namespace":"AWS/<one:EC2,Lambda,RDS,ApplicationELB>","recentlyActive":"PT3H"}
call monitoring GetDashboard read
> {"dashboardName":"<noun>"}
call monitoring PutMetricAlarm
> {"alarmName":"<alarm>","metricName":"Errors","namespace":"AWS/Lambda","statistic":"Sum","period":300,"evaluationPeriods":1,
  "threshold":<number:1-50>.0,"comparisonOperator":"GreaterThanThreshold"}
call logs CreateLogStream
> {"logGroupName":"/aws/lambda/<function>","logStreamName":"<day>/[$LATEST]<hex:32>"}
! 18 ResourceAlreadyExistsException The specified log stream already exists
call logs DescribeLogGroups read
> {"logGroupNamePrefix":"<log-group>","limit":50}
call logs DescribeLogStreams read
> {"logGroupName":"<log-group>","orderBy":"LastEventTime","descending":true,"limit":50}
! 12 ResourceNotFoundException The specified log group does not exist.
call logs FilterLogEvents read
> {"logGroupName":"<log-group>","filterPattern":"ERROR","startTime":<epoch>,"interleaved":true,"limit":100}
call logs StartQuery
> {"logGroupNames":["<log-group>"],"startTime":<epoch>,"endTime":<epoch>,"queryString":
  "fields @timestamp, @message | sort @timestamp desc | limit 200"}
< {"queryId":"<uuid:>"}
call logs GetQueryResults read
> {"queryId":"<uuid:>"}
call logs DescribeMetricFilters read
> {"logGroupName":"<log-group>"}
call health DescribeEventAggregates read
> {"aggregateField":"eventTypeCategory","filter":{"eventStatusCodes":["open","upcoming"]}}
call cloudtrail LookupEvents read
> {"maxResults":50,"startTime":"<date>","endTime":"<expires>","lookupAttributes":[{"attributeKey":"ReadOnly",
  "attributeValue":"false"}]}
! 8 ThrottlingException Rate exceeded
call cloudtrail DescribeTrails read
> {"includeShadowTrails":true}
call cloudtrail GetTrailStatus read
> {"name":"arn:aws:cloudtrail:<region>:<account>:trail/<trail>"}
call cloudtrail GetEventSelectors read
> {"trailName":"<trail>"}
call cloudtrail StopLogging
> {"name":"arn:aws:cloudtrail:<region>:<account>:trail/<trail>"}
call cloudtrail StartLogging
> {"name":"arn:aws:cloudtrail:<region>:<account>:trail/<trail>"}
call cloudtrail DeleteTrail
> {"name":"<trail>"}
call cloudtrail PutEventSelectors
> {"trailName":"<trail>","eventSelectors":[{"readWriteType":"ReadOnly","includeManagementEvents":false,"dataResources":[],
  "excludeManagementEventSources":[]}]}
< {"trailARN":"arn:aws:cloudtrail:<region>:<account>:trail/<trail>","eventSelectors":[{"readWriteType":"ReadOnly",
  "includeManagementEvents":false,"dataResources":[],"excludeManagementEventSources":[]}]}
call config DescribeConfigurationRecorders read
call config DescribeConfigurationRecorderStatus read
call config DescribeComplianceByConfigRule read
call config GetComplianceDetailsByConfigRule read
> {"configRuleName":"<one:s3-bucket-ssl-requests-only,encrypted-volumes,iam-user-mfa-enabled>","limit":100}
call config PutEvaluations
> {"evaluations":[{"complianceResourceType":"AWS::S3::Bucket","complianceResourceId":"<bucket>","complianceType":
  "COMPLIANT","orderingTimestamp":"<date>"}],"resultToken":"<mixed:160>","testMode":false}
< {"failedEvaluations":[]}
call config StopConfigurationRecorder
> {"configurationRecorderName":"default"}
call config DeleteDeliveryChannel
> {"deliveryChannelName":"default"}
call guardduty ListDetectors read
> {"maxResults":50}
call guardduty GetDetector read
> {"detectorId":"<detector>"}
call guardduty ListFindings read
> {"detectorId":"<detector>","findingCriteria":{"criterion":{"service.archived":{"eq":["false"]}}},"maxResults":50}
call guardduty GetFindings read
> {"detectorId":"<detector>","findingIds":["<hex:32>"]}
call guardduty DeleteDetector
> {"detectorId":"<detector>"}
call securityhub GetFindings read
> {"filters":{"workflowStatus":[{"value":"NEW","comparison":"EQUALS"}]},"maxResults":100}
call securityhub BatchImportFindings
> {"findings":[{"schemaVersion":"2018-10-08","id":"arn:aws:securityhub:<region>:<account>:<uuid:>","awsAccountId":"<account>"}]}
< {"failedCount":0,"successCount":1,"failedFindings":[]}
call organizations DescribeOrganization read
call organizations ListAccounts read
call servicequotas ListServiceQuotas read
> {"serviceCode":"ec2"}
call servicequotas RequestServiceQuotaIncrease
> {"serviceCode":"ec2","quotaCode":"L-417A185B","desiredValue":768.0}
< {"requestedQuota":{"id":"<mixed:40>","serviceCode":"ec2","quotaCode":"L-417A185B","desiredValue":768.0,"status":"PENDING",
  "created":"<date>","requester":"{\"accountId\":\"<account>\",\"callerArn\":\"<my-arn>\"}"}}
call tagging GetResources read
> {"tagFilters":[{"key":"environment","values":["<environment>"]}],"resourcesPerPage":100}
call backup ListRecoveryPointsByBackupVault read
> {"backupVaultName":"daily","maxResults":100}
call backup StartBackupJob
> {"backupVaultName":"daily","resourceArn":"arn:aws:ec2:<region>:<account>:volume/<volume>","iamRoleArn":
  "arn:aws:iam::<account>:role/service-role/AWSBackupDefaultServiceRole","idempotencyToken":"<uuid:>"}
< {"backupJobId":"<uuid:>","creationDate":"<date>"}
call route53 ListHostedZones read
call route53 ListResourceRecordSets read
> {"hostedZoneId":"Z<upper:20>","maxItems":"100"}
call route53 ChangeResourceRecordSets
> {"hostedZoneId":"Z<upper:20>","changeBatch":{"changes":[{"action":"UPSERT","resourceRecordSet":{"name":
  "<noun>.<organization>.example.com","type":"CNAME","tTL":60,"resourceRecords":[{"value":"<noun>-<hex:8>.example.net"}]}}]}}
< {"changeInfo":{"id":"/change/C<upper:20>","status":"PENDING","submittedAt":"<date>"}}
call acm ListCertificates read
> {"maxItems":100}
call events ListRules read
> {"limit":50}
call events PutRule
> {"name":"<noun>-schedule","scheduleExpression":"rate(15 minutes)","state":"ENABLED"}
< {"ruleArn":"arn:aws:events:<region>:<account>:rule/<noun>-schedule"}

# ---- CloudFormation -------------------------------------------------------------------------------------------------

call cloudformation DescribeStacks read
> {"stackName":"<stack>"}
! 10 ValidationException Stack with id <stack> does not exist
call cloudformation ListStacks read
> {"stackStatusFilter":["CREATE_COMPLETE","UPDATE_COMPLETE","UPDATE_ROLLBACK_COMPLETE"]}
call cloudformation DescribeStackEvents read
> {"stackName":"<stack-id>"}
call cloudformation GetTemplate read
> {"stackName":"<stack>","templateStage":"Processed"}
call cloudformation DescribeStackResources read
> {"stackName":"<stack>"}
call cloudformation CreateChangeSet
> {"stackName":"<stack>","changeSetName":"<change-set>","changeSetType":"UPDATE","capabilities":["CAPABILITY_NAMED_IAM"],
  "templateURL":"https://<s3-host>/<hex:64>.json","roleARN":"arn:aws:iam::<account>:role/cloudformation-execution",
  "tags":[{"value":"<noun>","key":"service"}]}
< {"id":"arn:aws:cloudformation:<region>:<account>:changeSet/<change-set>/<uuid:>","stackId":"<stack-id>"}
call cloudformation DescribeChangeSet read
> {"stackName":"<stack>","changeSetName":"<change-set>"}
call cloudformation ExecuteChangeSet
> {"stackName":"<stack>","changeSetName":"<change-set>","clientRequestToken":"<uuid:>"}
)playbook";

}  // namespace cairn::simulate
