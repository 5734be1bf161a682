#include "simulate/playbook.h"

// What people and machines of the organisation do all day. The grammar is in playbook.h. Nothing
// here should alarm anyone: changes are made by the deployment role, sign-ins have a second factor,
// nothing is public, errors are small ones.

namespace cairn::simulate {

const std::string_view kDailyLifeText = R"playbook(
# ---- Software -------------------------------------------------------------------------------------------------------

value agent-web aws-sdk-java/2.25.70 Linux/6.1.92 OpenJDK_64-Bit_Server_VM/21.0.3+9-LTS io/sync http/Apache
value agent-container aws-sdk-go-v2/1.27.2 os/linux lang/go#1.22.4 md/GOARCH#amd64 exec-env/AWS_ECS_FARGATE
value agent-function Boto3/1.34.131 md/Botocore#1.34.131 os/linux lang/python#3.12.4 exec-env/AWS_Lambda_python3.12
value agent-batch Boto3/1.34.84 Python/3.11.9 Linux/6.1.92-99.174.amzn2023.x86_64 Botocore/1.34.84
value agent-ssm aws-sdk-go/1.51.3 (go1.22.3; linux; amd64) amazon-ssm-agent/3.3.551.0
value agent-monitor Boto3/1.28.57 Python/3.9.18 Linux/5.15.0-105-generic Botocore/1.31.57
value agent-pipeline aws-cli/2.17.11 md/awscrt#0.20.11 ua/2.0 os/linux#6.5.0-1023-azure md/arch#x86_64 lang/python#3.11.9 \
  md/pyimpl#CPython exec-env/GitHubActions cfg/retry-mode#standard md/installer#exe md/prompt#off
value agent-terraform APN/1.0 HashiCorp/1.0 Terraform/1.8.5 (+https://www.terraform.io) terraform-provider-aws/5.54.1 \
  (+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.27.2 os/linux lang/go#1.22.4

# ---- Machines' scripts ----------------------------------------------------------------------------------------------

script load-settings
  self ssm GetParameter x1-3
  ssm.amazonaws.com kms Decrypt context={"PARAMETER_ARN":"arn:aws:ssm:<region>:<account>:parameter<parameter>"}
  self secretsmanager GetSecretValue
  self kms Decrypt via=secretsmanager.amazonaws.com context={"SecretARN":"arn:aws:secretsmanager:<region>:<account>:secret:<secret>"}

script read-objects
  s3 ListObjects
  s3 GetObject x6-24
  kms Decrypt x0-1 context={"aws:s3:arn":"arn:aws:s3:::<bucket>/<object>"}

script write-objects
  s3 HeadObject x0-1
  s3 PutObject x2-10
  kms GenerateDataKey x0-1 context={"aws:s3:arn":"arn:aws:s3:::<bucket>/<object>"}

script look-around-queues
  sqs GetQueueUrl x0-1
  sqs GetQueueAttributes x3-9

script describe-table
  dynamodb DescribeTable

script instance-heartbeat
  ssm UpdateInstanceInformation

script instance-inventory
  ssm ListInstanceAssociations
  ssm PutInventory

script describe-self
  ec2 DescribeTags
  ec2 DescribeInstances x0-1

script function-start
  logs CreateLogStream
  kms Decrypt x0-1 context={"aws:lambda:FunctionArn":"arn:aws:lambda:<region>:<account>:function:<function>"}

script container-start
  ecr GetAuthorizationToken
  ecr BatchGetImage
  ecr GetDownloadUrlForLayer x2-6
  logs CreateLogStream
  ssm GetParameters

script query-tables
  glue GetTable
  athena StartQueryExecution
  glue GetPartitions x0-2
  athena GetQueryExecution x1-3
  athena GetQueryResults

script trail-delivery
  s3 GetBucketAcl x1-4 bucket=<organization>-trail-logs
  kms GenerateDataKey x0-3 context={"aws:cloudtrail:arn":"arn:aws:cloudtrail:<region>:<account>:trail/<trail>","aws:s3:arn":"arn:aws:s3:::<organization>-trail-logs/AWSLogs/<account>/CloudTrail/<region>/<day>/<account>_CloudTrail_<region>_<stamp>_<mixed:16>.json.gz"}

script trail-delivery-quiet
  s3 GetBucketAcl x1-4 bucket=<organization>-trail-logs

script config-buckets
  s3 GetBucketLocation
  s3 GetBucketAcl
  s3 GetBucketPolicy
  s3 GetBucketVersioning
  s3 GetBucketTagging
  s3 GetBucketLogging
  s3 GetBucketEncryption x1-2
  s3 GetBucketPublicAccessBlock x1-2
  s3 GetBucketLifecycle
  s3 GetBucketNotification
  s3 GetBucketCors x0-1
  s3 GetBucketWebsite
  s3 GetBucketReplication
  s3 GetBucketObjectLockConfiguration x0-1

script config-compute
  ec2 DescribeInstances
  ec2 DescribeVolumes
  ec2 DescribeSecurityGroups x1-2
  ec2 DescribeNetworkInterfaces
  ec2 DescribeSubnets
  ec2 DescribeRouteTables

script config-functions
  lambda GetFunction20150331v2 x1-3
  lambda GetPolicy20150331v2 x0-1
  dynamodb DescribeTable x0-2
  dynamodb DescribeContinuousBackups x0-1

script config-quiet
  ec2 DescribeVpcs x1-2
  ec2 DescribeFlowLogs x0-1

script poll-inventory
  ec2 DescribeInstances x1-2
  ec2 DescribeInstanceStatus x2-6
  ec2 DescribeVolumes x2-6
  monitoring DescribeAlarms x1-3
  elasticloadbalancing DescribeTargetHealth x1-3

script rule-evaluation
  config PutEvaluations

script scaling-health
  elasticloadbalancing DescribeTargetHealth
  ec2 DescribeInstanceStatus x0-1

script scaling-change
  ec2 RunInstances count=1
  ec2 CreateTags
  elasticloadbalancing RegisterTargets
  20m elasticloadbalancing DeregisterTargets
  90s ec2 TerminateInstances

script volume-grant
  kms CreateGrant
  kms GenerateDataKey context={"aws:ebs:id":"<volume>"}

script advisor-check
  ec2 DescribeInstances
  ec2 DescribeVolumeStatus
  ec2 DescribeAddresses
  rds DescribeDBInstances
  elasticloadbalancing DescribeLoadBalancers
  autoscaling DescribeAutoScalingGroups

script security-check
  iam GetAccountSummary
  iam GetAccountPasswordPolicy
  iam GenerateCredentialReport
  cloudtrail DescribeTrails
  cloudtrail GetTrailStatus
  kms GetKeyRotationStatus x1-3
  ec2 GetEbsEncryptionByDefault

script import-findings
  securityhub BatchImportFindings

script nightly-backup
  ec2 DescribeVolumes
  ec2 CreateSnapshot x1-3
  ec2 CreateTags x1-3
  backup ListRecoveryPointsByBackupVault

script poll-health
  health DescribeEventAggregates

script database-maintenance
  rds DescribePendingMaintenanceActions
  kms DescribeKey x0-1

# ---- Deployment -----------------------------------------------------------------------------------------------------

script deploy-stack
  sts GetCallerIdentity
  cloudformation DescribeStacks
  cloudformation CreateChangeSet
  cloudformation DescribeChangeSet x2-4 every=5s
  cloudformation ExecuteChangeSet
  stack-role lambda UpdateFunctionCode20150331v2 x0-1
  stack-role lambda GetFunction20150331v2 x1-2 every=2s
  stack-role iam GetRolePolicy x0-1
  stack-role iam PutRolePolicy x0-1
  stack-role iam TagRole x0-1
  stack-role monitoring PutMetricAlarm x0-2
  stack-role events PutRule x0-1
  self cloudformation DescribeStackEvents x3-8 every=5s
  self cloudformation DescribeStacks

script deploy-container
  ecr GetAuthorizationToken
  ecr BatchCheckLayerAvailability x1-2
  ecr InitiateLayerUpload x1-3
  ecr CompleteLayerUpload x1-3
  ecr PutImage
  ecs DescribeTaskDefinition
  ecs RegisterTaskDefinition
  ecs UpdateService
  ecs DescribeServices x4-12 every=15s

script plan-infrastructure
  sts GetCallerIdentity
  ec2 DescribeVpcs
  ec2 DescribeSubnets x1-2
  ec2 DescribeSecurityGroups x2-4
  ec2 DescribeRouteTables
  iam GetRole x2-6
  iam GetRolePolicy x1-3
  iam ListAttachedRolePolicies x1-3
  s3 GetBucketPolicy x1-3
  s3 GetBucketVersioning x1-2
  s3 GetBucketTagging x1-2
  lambda GetFunction20150331v2 x1-2
  route53 ListResourceRecordSets
  dynamodb DescribeTable

script apply-infrastructure
  sts GetCallerIdentity
  ec2 DescribeSecurityGroups x1-3
  ec2 AuthorizeSecurityGroupIngress x0-1
  s3 PutBucketTagging x0-1
  s3 PutBucketPolicy x0-1
  iam GetRole x1-3
  iam PutRolePolicy x0-1
  route53 ChangeResourceRecordSets x0-1
  monitoring PutMetricAlarm x0-1
  ssm PutParameter x0-2

# ---- People's scripts -----------------------------------------------------------------------------------------------

script browse-compute
  ec2 DescribeInstances x1-2
  ec2 DescribeInstanceStatus
  ec2 DescribeTags x0-1
  ec2 DescribeSecurityGroups x0-1
  ec2 DescribeVolumes x0-1
  monitoring DescribeAlarms x0-1
  ec2 DescribeAddresses x0-1

script browse-functions
  lambda ListFunctions20150331
  lambda GetFunction20150331v2 x1-2
  lambda GetPolicy20150331v2 x0-1
  logs DescribeLogStreams x0-2
  monitoring GetMetricData x1-3

script browse-logs
  logs DescribeLogGroups x1-2
  logs DescribeLogStreams x1-2
  logs FilterLogEvents x0-3
  logs StartQuery x0-2
  logs GetQueryResults x1-4

script browse-storage
  s3 ListBuckets
  s3 GetBucketLocation x1-2
  s3 GetBucketVersioning
  s3 GetBucketEncryption x0-1
  s3 ListObjects x1-3
  s3 GetObject x0-2

script browse-containers
  ecs ListClusters
  ecs DescribeServices x1-3
  ecs ListTasks
  ecs DescribeTasks x1-3
  elasticloadbalancing DescribeTargetHealth x0-1

script browse-dashboards
  monitoring GetDashboard
  monitoring GetMetricData x3-8
  monitoring DescribeAlarms x1-2
  health DescribeEventAggregates x0-1

script browse-databases
  rds DescribeDBInstances x1-2
  rds DescribeDBSnapshots x0-1
  monitoring GetMetricData x1-3

script browse-stacks
  cloudformation ListStacks
  cloudformation DescribeStacks
  cloudformation DescribeStackEvents x1-2
  cloudformation DescribeStackResources x0-1

script browse-access
  iam ListRoles
  iam GetRole x1-2
  iam ListAttachedRolePolicies
  iam GetPolicy
  iam GetPolicyVersion

script browse-queues
  sqs ListQueues
  sqs GetQueueAttributes x1-3
  sns ListTopics x0-1
  sns ListSubscriptionsByTopic x0-1

script look-up-events
  cloudtrail LookupEvents x2-6

script review-findings
  guardduty ListDetectors
  guardduty ListFindings x1-2
  guardduty GetFindings x1-3
  securityhub GetFindings x1-2
  config DescribeComplianceByConfigRule x0-1
  config GetComplianceDetailsByConfigRule x0-2

script review-access
  iam ListUsers
  iam ListAccessKeys x1-4
  iam ListMFADevices x1-4
  iam GetCredentialReport x0-1

script query-data
  glue GetDatabases x0-1
  glue GetTable
  athena StartQueryExecution
  athena GetQueryExecution x2-5
  athena GetQueryResults

script who-am-i
  sts GetCallerIdentity

script check-logs-by-hand
  logs DescribeLogGroups
  logs FilterLogEvents x1-5

script copy-objects
  s3 ListObjects x1-2
  s3 GetObject x2-12 every=1s

script list-by-hand
  ec2 DescribeInstances
  ecs ListTasks x0-2
  ecs DescribeTasks x0-2
  ssm DescribeInstanceInformation x0-1

script read-setting
  ssm DescribeParameters x0-1
  ssm GetParameter x1-2

script mistaken-call
  ec2 DescribeInstanceAttribute !denied
  ec2 DescribeInstances

script mistaken-secret
  secretsmanager DescribeSecret
  secretsmanager GetSecretValue !denied

script mistaken-role
  iam GetRole !denied

script tag-by-hand
  ec2 DescribeInstances
  ec2 CreateTags x1-2

script restart-instance
  ec2 DescribeInstances
  ec2 StopInstances
  70s ec2 DescribeInstances x1-3 every=10s
  15s ec2 StartInstances

script query-access-logs
  athena StartQueryExecution
  athena GetQueryExecution x3-8 every=2s
  athena GetQueryResults
  cloudtrail LookupEvents x0-3

# ---- Machines -------------------------------------------------------------------------------------------------------

machine web-fleet instance small=2 medium=6 large=20 in=production,staging role=web-server
  service=ec2.amazonaws.com agent=web hours=6 curve=office
  run load-settings 30
  run look-around-queues 16
  run describe-table 30

machine web-fleet-agent instance small=2 medium=6 large=20 in=production,staging,development
  role=web-server service=ec2.amazonaws.com agent=ssm hours=6
  run instance-heartbeat 250
  run instance-inventory 40

machine batch instance small=1 medium=3 large=8 in=production,data role=batch-worker
  service=ec2.amazonaws.com agent=batch hours=6 curve=office
  run read-objects 36
  run write-objects 30
  run describe-self 24

machine api-function function small=3 medium=8 large=25 in=production,staging,development role=api-function
  service=lambda.amazonaws.com agent=function hours=2 curve=office
  run function-start 40
  run load-settings 12

machine export-function function small=1 medium=3 large=10 in=production role=export-function
  service=lambda.amazonaws.com agent=function hours=3 curve=office
  run write-objects 30
  run read-objects 16
  run function-start 24

machine containers task small=2 medium=5 large=16 in=production,staging role=container-task
  service=ecs-tasks.amazonaws.com agent=container hours=5 curve=office
  run container-start 10
  run load-settings 14
  run look-around-queues 14

machine analytics instance small=1 medium=2 large=6 in=production,data role=analytics
  service=ec2.amazonaws.com agent=batch hours=6 curve=office
  run query-tables 50

machine cloudtrail service in=* regions=working service=cloudtrail.amazonaws.com roams=1
  run trail-delivery 170

machine cloudtrail-elsewhere service in=* regions=all service=cloudtrail.amazonaws.com roams=1
  run trail-delivery-quiet 36

machine config-recorder service-role in=* regions=working role=AWSServiceRoleForConfig
  service=config.amazonaws.com session=AWSConfig-Describe hours=1 roams=1
  run config-buckets 24
  run config-compute 36
  run config-functions 30

machine config-elsewhere service-role in=* regions=all role=AWSServiceRoleForConfig
  service=config.amazonaws.com session=AWSConfig-Describe hours=3 roams=1
  run config-quiet 5

machine config-rules service-role small=1 medium=1 large=3 in=* role=AWSServiceRoleForConfig
  service=config.amazonaws.com session=AWSConfig-Rules hours=1 roams=1
  run rule-evaluation 60

machine auto-scaling service-role small=1 medium=2 large=6 in=production,staging role=AWSServiceRoleForAutoScaling
  service=autoscaling.amazonaws.com session=AutoScaling hours=1 roams=1 curve=office
  run scaling-health 120
  run scaling-change 6

machine volume-grants service small=1 medium=1 large=2 in=production,staging service=ec2.amazonaws.com roams=1
  run volume-grant 8

machine trusted-advisor service-role in=* role=AWSServiceRoleForTrustedAdvisor
  service=trustedadvisor.amazonaws.com session=TrustedAdvisor hours=6 roams=1
  run advisor-check 12

machine security-hub service-role in=* role=AWSServiceRoleForSecurityHub
  service=securityhub.amazonaws.com session=securityhub hours=12 roams=1
  run security-check 6
  run import-findings 20

machine backups service-role in=production,data role=AWSServiceRoleForBackup
  service=backup.amazonaws.com session=AWSBackup-AWSServiceRoleForBackup hours=6 roams=1
  run nightly-backup 4

machine databases service-role in=production,staging role=AWSServiceRoleForRDS
  service=rds.amazonaws.com session=RDS hours=3 roams=1
  run database-maintenance 24

machine monitoring-tool user small=1 medium=1 large=3 in=production,staging user=svc-monitoring agent=monitor roams=1
  run poll-inventory 190

machine deployments pipeline small=1 medium=2 large=4 in=production,staging,development role=github-deploy
  agent=pipeline curve=office
  run deploy-stack 5
  run deploy-container 5

machine infrastructure pipeline small=1 medium=1 large=2 in=* role=github-infrastructure
  agent=terraform curve=office
  run plan-infrastructure 4
  run apply-infrastructure 3

# ---- People ---------------------------------------------------------------------------------------------------------

person developer share=45 home=staging permissions=Developer
  console browse-functions 5
  console browse-logs 6
  console browse-containers 4
  console browse-storage 3
  console browse-queues 3
  console browse-stacks 2
  console browse-compute 2
  console mistaken-role 1
  terminal who-am-i 2
  terminal check-logs-by-hand 5
  terminal list-by-hand 4
  terminal read-setting 3
  terminal copy-objects 2
  terminal mistaken-secret 1

person operator share=25 home=production permissions=Operator
  console browse-compute 5
  console browse-dashboards 6
  console browse-databases 3
  console browse-containers 4
  console browse-logs 4
  console browse-stacks 2
  console browse-access 1
  console restart-instance 1
  terminal list-by-hand 5
  terminal check-logs-by-hand 4
  terminal tag-by-hand 1
  terminal read-setting 2
  terminal mistaken-call 1
  terminal who-am-i 1

person analyst share=18 home=production permissions=Analyst
  console query-data 6
  console browse-storage 3
  console browse-dashboards 2
  terminal query-data 4
  terminal copy-objects 3
  terminal mistaken-secret 1

person security-analyst share=12 home=security permissions=SecurityAudit
  console review-findings 6
  console look-up-events 4
  console browse-access 3
  console review-access 2
  terminal query-access-logs 4
  terminal review-access 2
  terminal look-up-events 2
)playbook";

}  // namespace cairn::simulate
