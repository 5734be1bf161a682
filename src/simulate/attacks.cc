#include "simulate/playbook.h"

// The attacks, and the detections (codes of the built-in pack) that each step should set off. The
// grammar is in playbook.h, the kinds of `who` are in assault.cc.

namespace cairn::simulate {

const std::string_view kAttacksText = R"playbook(
value agent-python Boto3/1.34.69 md/Botocore#1.34.69 ua/2.0 os/linux#6.6.9 md/arch#x86_64 lang/python#3.11.8 \
  md/pyimpl#CPython cfg/retry-mode#legacy Botocore/1.34.69
value agent-cli aws-cli/2.15.0 Python/3.11.6 Linux/6.6.9 exe/x86_64.kali.2024 prompt/off
value agent-quiet-cli aws-cli/2.15.30 Python/3.11.8 Linux/6.8.0-36-generic exe/x86_64.ubuntu.22 prompt/off
value agent-pacu Boto3/1.28.57 Python/3.11.8 Linux/6.6.9 exec-env/pacu Botocore/1.31.57
value agent-browser Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/121.0.0.0 Safari/537.36
value agent-sdk aws-sdk-go-v2/1.24.1 os/linux lang/go#1.21.6 md/GOOS#linux md/GOARCH#amd64

attack root-takeover The root user signs in without a second factor after a password reset and makes itself a key.
  in production
  let root-key AKIA<code><upper:8>
  who door root-at-door agent=browser
  who root root-console agent=browser
  who key root-key key=<root-key> agent=quiet-cli
  0s door signin PasswordRecoveryRequested @us-east-1 | T1078.004 | ROOT-01 ROOT-06
  3m door signin PasswordRecoveryCompleted @us-east-1 | T1098 | ROOT-01 ROOT-06
  40s door signin ConsoleLogin @us-east-1 mfa-used=No | T1078.004 | ROOT-01 ROOT-02 ROOT-03 AUTH-05
  30s root iam GetAccountSummary | T1087.004 | ROOT-01
  20s root iam ListUsers | T1087.004 | ROOT-01
  60s root iam CreateOwnAccessKey new-key=<root-key> | T1098.001 | ROOT-01 ROOT-05
  90s key sts GetCallerIdentity | T1087.004 | ROOT-01
  20s key s3 ListBuckets x1-2 | T1619 | ROOT-01

attack iam-persistence A leaked key of a service user makes an administrator with a key and a console password.
  in production
  let victim <user>
  let colleague <user>
  let shadow <one:backup,support,monitor>-<one:operator,agent,helper>
  let shadow-key AKIA<code><upper:8>
  who thief user-key user=<victim> agent=python
  who shadow user-key user=<shadow> key=<shadow-key> agent=python
  0s thief sts GetCallerIdentity | T1087.004 |
  12s thief iam ListUsers | T1087.004 |
  9s thief iam ListAttachedUserPolicies user=<victim> | T1069.003 |
  25s thief iam CreateUser user-name=<shadow> | T1136.003 | IAM-11
  4s thief iam AttachUserPolicy user-name=<shadow> policy-arn=arn:aws:iam::aws:policy/AdministratorAccess | T1098.003 | IAM-02 IAM-01
  4s thief iam CreateAccessKey user-name=<shadow> new-key=<shadow-key> | T1098.001 | IAM-09
  8s thief iam CreateLoginProfile user-name=<colleague>-console | T1098 | IAM-10
  45s shadow sts GetCallerIdentity | T1087.004 |
  10s shadow iam PutUserPolicy user-name=<victim> policy-name=inline policy={"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]} | T1098.003 | IAM-03 IAM-01
  20s shadow ec2 DescribeInstances x1-3 | T1580 |

attack role-backdoor An intruder opens a role to an account outside the organisation and comes back through it.
  in production
  let victim <user>
  let back-role <role>
  who thief user-key user=<victim> agent=quiet-cli
  who partner foreign agent=sdk
  who guest role role=<back-role> session=maintenance agent=sdk
  0s thief sts GetCallerIdentity | T1087.004 |
  15s thief iam ListRoles | T1087.004 |
  20s thief iam UpdateAssumeRolePolicy role=<back-role> trust={"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::<foreign>:root"},"Action":"sts:AssumeRole"}]} | T1098.003 T1199 | IAM-05 IAM-06
  6s thief iam AttachRolePolicy role=<back-role> policy-arn=arn:aws:iam::aws:policy/AdministratorAccess | T1098.003 | IAM-02 IAM-01
  9m partner sts AssumeRole role-arn=arn:aws:iam::<account>:role/<back-role> session=maintenance role-id=AROA<code><upper:9> session-arn=arn:aws:sts::<account>:assumed-role/<back-role>/maintenance new-key=ASIA<code><upper:8> | T1078.004 T1199 |
  10s guest sts GetCallerIdentity | T1087.004 |
  15s guest s3 ListBuckets | T1619 |
  12s guest secretsmanager ListSecrets | T1555.006 |

attack security-group-exposure Somebody opens remote administration and a database to the whole internet.
  in staging
  let victim <user>
  let exposed <security-group>
  who thief user-console user=<victim> mfa=No agent=browser
  0s thief ec2 DescribeSecurityGroups security-group=<exposed> | T1580 |
  40s thief ec2 AuthorizeSecurityGroupIngress security-group=<exposed> port=22 cidr=0.0.0.0/0 | T1562.007 T1133 | NET-01 NET-02
  25s thief ec2 AuthorizeSecurityGroupIngress security-group=<exposed> port=3389 cidr=0.0.0.0/0 | T1562.007 T1133 | NET-01 NET-02
  30s thief ec2 AuthorizeSecurityGroupIngress security-group=<exposed> port=5432 cidr=0.0.0.0/0 | T1562.007 T1133 | NET-01 NET-02
  5m thief ec2 DescribeInstances x1-2 | T1580 |

attack brute-force Passwords are guessed at the console until one works, without a second factor.
  in production
  let victim <user>
  who guesser user-at-door user=<victim> agent=browser
  who thief user-console user=<victim> mfa=No agent=browser
  0s guesser signin ConsoleLogin !Failure @us-east-1 x14-20 every=9s mfa-used=No | T1110.001 | AUTH-01
  20s guesser signin ConsoleLogin @us-east-1 mfa-used=No | T1110.001 T1078.004 | AUTH-05
  15s thief iam ListUsers | T1087.004 |
  20s thief ec2 DescribeInstances | T1580 |
  30s thief s3 ListBuckets | T1619 |
  25s thief iam CreateAccessKey user-name=<victim> | T1098.001 |

attack credential-theft An instance's role credentials are stolen and used from outside with an offensive tool.
  in production
  let stolen <instance>
  who thief instance instance=<stolen> agent=pacu
  0s thief sts GetCallerIdentity | T1087.004 T1552.005 | ANOM-06 ANOM-11
  8s thief iam GetUser !denied | T1087.004 | ANOM-01 ANOM-06 ANOM-11
  4s thief iam ListUsers !denied | T1087.004 | ANOM-01 ANOM-06 ANOM-11
  4s thief iam ListRoles !denied | T1087.004 | ANOM-01 ANOM-06 ANOM-11
  4s thief iam GetAccountAuthorizationDetails !denied x2-3 every=2s | T1087.004 | ANOM-01 ANOM-06 ANOM-11
  5s thief s3 ListBuckets | T1619 | ANOM-06 ANOM-11
  5s thief s3 GetBucketPolicy !denied x4-8 every=1s | T1619 | ANOM-01 ANOM-06 ANOM-11
  5s thief ec2 DescribeInstances | T1580 | ANOM-06 ANOM-11
  3s thief ec2 DescribeSecurityGroups !denied x2-4 every=1s | T1580 | ANOM-01 ANOM-06 ANOM-11
  3s thief ec2 DescribeSnapshots !denied | T1580 | ANOM-01 ANOM-06 ANOM-11
  4s thief lambda ListFunctions20150331 !denied x3-5 every=1s | T1526 | ANOM-01 ANOM-06 ANOM-11
  4s thief kms ListKeys !denied | T1526 | ANOM-01 ANOM-06 ANOM-11
  4s thief secretsmanager ListSecrets !denied | T1555.006 | ANOM-01 ANOM-06 ANOM-11
  20s thief ssm GetParameter x3-6 every=2s | T1552 T1555.006 | ANOM-11
  15s thief s3 GetObject x15-25 every=1s | T1530 | ANOM-06 ANOM-11

attack log-tampering Logging, flow logs, threat detection and configuration recording are switched off one by one.
  in production
  let victim <user>
  who thief user-key user=<victim> agent=python
  0s thief cloudtrail DescribeTrails | T1526 |
  10s thief cloudtrail GetTrailStatus | T1526 |
  20s thief cloudtrail PutEventSelectors | T1562.008 | LOG-03
  15s thief cloudtrail StopLogging | T1562.008 | LOG-01 LOG-02
  25s thief ec2 DescribeFlowLogs | T1526 |
  8s thief ec2 DeleteFlowLogs | T1562.008 | NET-09
  20s thief guardduty ListDetectors | T1526 |
  7s thief guardduty DeleteDetector | T1562.001 | LOG-09
  15s thief config StopConfigurationRecorder | T1562.008 | LOG-07 LOG-08
  6s thief config DeleteDeliveryChannel | T1562.008 | LOG-07 LOG-08
  40s thief cloudtrail DeleteTrail | T1562.008 | LOG-01 LOG-02

attack s3-ransomware A bucket loses its versions and its objects, and a note is left that asks for money.
  in production
  let victim <user>
  let hostage <bucket>
  who thief user-key user=<victim> agent=python
  0s thief s3 ListBuckets | T1619 |
  8s thief s3 GetBucketVersioning bucket=<hostage> | T1619 |
  12s thief s3 PutBucketVersioning bucket=<hostage> versioning=Suspended | T1490 | S3-05
  9s thief s3 PutBucketLifecycle bucket=<hostage> | T1485 T1490 | S3-01 S3-05
  6s thief s3 ListObjectVersions bucket=<hostage> x1-3 every=1s | T1619 |
  5s thief s3 GetObject bucket=<hostage> x30-45 every=400ms | T1530 |
  30s thief s3 DeleteObject bucket=<hostage> x120-160 every=700ms | T1485 |
  5s thief s3 DeleteObjects bucket=<hostage> x4-6 every=2s | T1485 |
  20s thief s3 PutObject bucket=<hostage> object=HOW_TO_RECOVER_YOUR_FILES.txt | T1486 |

attack snapshot-exfiltration Disks, a machine image and a database snapshot are shared with a foreign account.
  in production
  let victim <user>
  let loot <snapshot>
  let loot-image <image>
  who thief user-key user=<victim> agent=quiet-cli
  who cloud service service=ec2.amazonaws.com account=<foreign>
  0s thief ec2 DescribeVolumes | T1580 |
  10s thief ec2 CreateSnapshot snapshot=<loot> | T1578.001 |
  3m thief ec2 ModifySnapshotAttribute snapshot=<loot> | T1537 T1578.001 | EXF-01
  6m cloud ec2 SharedSnapshotVolumeCreated snapshot=<loot> | T1537 | EXF-05
  40s thief ec2 CreateImage image=<loot-image> | T1578.001 |
  4m thief ec2 ModifyImageAttribute image=<loot-image> | T1537 | EXF-02
  30s thief rds DescribeDBSnapshots | T1580 |
  20s thief rds ModifyDBSnapshotAttribute | T1537 | EXF-03
  5m thief ec2 DeleteSnapshot snapshot=<loot> | T1070 | EC2-12

attack crypto-mining A stolen key raises quotas and starts graphics machines in regions that nobody uses.
  in production
  let victim <user>
  who thief user-key user=<victim> agent=sdk
  0s thief sts GetCallerIdentity | T1087.004 |
  6s thief servicequotas ListServiceQuotas @us-east-2 | T1526 |
  9s thief servicequotas RequestServiceQuotaIncrease @us-east-2 | T1496 | EC2-13
  20s thief ec2 CreateKeyPair @us-east-2 | T1098.004 | EC2-09
  15s thief ec2 CreateSecurityGroup @us-east-2 group-name=pool | T1578.002 | NET-01
  5s thief ec2 AuthorizeSecurityGroupIngress @us-east-2 port=22 cidr=0.0.0.0/0 | T1562.007 | NET-01 NET-02
  10s thief ec2 RunInstances @us-east-2 instance-type=p3.16xlarge count=8 !Client.VcpuLimitExceeded x2 every=4s | T1496.001 T1578.002 | EC2-01
  8s thief ec2 RunInstances @us-east-2 instance-type=g5.12xlarge count=4 | T1496.001 T1578.002 | EC2-01
  12s thief ec2 RunInstances @ap-northeast-1 instance-type=g5.12xlarge count=4 x2 every=5s | T1496.001 T1535 | EC2-01
  10s thief ec2 RunInstances @sa-east-1 instance-type=g4dn.12xlarge count=4 x2 every=5s | T1496.001 T1535 | EC2-01
  10s thief ec2 RunInstances @eu-north-1 instance-type=c6i.metal count=6 x2 every=5s | T1496.001 T1535 | EC2-01
  60s thief ec2 DescribeInstances @us-east-2 x2-3 | T1580 |

attack secrets-harvest A session reads every secret and parameter that it can find, far more than its work needs.
  in production
  let victim <user>
  who thief user-key user=<victim> agent=cli
  0s thief sts GetCallerIdentity | T1087.004 | ANOM-11
  9s thief secretsmanager ListSecrets | T1555.006 | ANOM-11
  5s thief secretsmanager GetSecretValue x18-24 every=2s secret=<environment>/<noun>/<word>-<mixed:6> | T1555.006 | ANOM-11
  9s thief secretsmanager BatchGetSecretValue x3 every=3s | T1555.006 | ANOM-11
  15s thief ssm DescribeParameters x1-2 | T1552 | ANOM-11
  5s thief ssm GetParameters x14-18 every=2s parameter=/<environment>/<noun>/<word>-<hex:4> | T1552 T1555.006 | ANOM-11
  10s thief ec2 GetPasswordData x6-8 every=2s | T1552.005 | ANOM-11

attack lambda-backdoor A function's code is replaced, and it is opened to the world and to a foreign account.
  in production
  let victim <user>
  let host <function>
  who thief user-key user=<victim> agent=quiet-cli
  0s thief lambda ListFunctions20150331 | T1526 |
  15s thief lambda GetFunction20150331v2 function=<host> | T1526 |
  90s thief lambda UpdateFunctionCode20150331v2 function=<host> | T1648 T1546 | LAM-01
  20s thief lambda CreateFunctionUrlConfig function=<host> auth-type=NONE | T1648 | LAM-04
  6s thief lambda AddPermission20150331v2 function=<host> principal=* | T1648 T1546 | LAM-03
  12s thief lambda AddPermission20150331v2 function=<host> principal=<foreign> | T1648 T1546 | LAM-03

attack kms-destruction The keys that protect the data are disabled and scheduled for deletion.
  in production
  let victim <user>
  let doomed <kms-key>
  let doomed-too <kms-key>
  who thief user-key user=<victim> agent=python
  0s thief kms ListKeys | T1526 |
  6s thief kms DescribeKey x2-4 every=1s | T1526 |
  20s thief kms DisableKey kms-key=<doomed> | T1485 T1486 | KEY-01
  10s thief kms ScheduleKeyDeletion kms-key=<doomed> | T1485 T1486 | KEY-01
  15s thief kms ScheduleKeyDeletion kms-key=<doomed-too> | T1485 T1486 | KEY-01

attack console-phishing A phished console session switches off a second factor and resets a colleague's password.
  in production
  let victim <user>
  let colleague lead-<noun>
  who at-door user-at-door user=<victim> agent=browser
  who thief user-console user=<victim> mfa=No agent=browser
  0s at-door signin ConsoleLogin @us-east-1 mfa-used=No | T1078.004 | AUTH-05
  40s thief iam ListMFADevices user=<colleague> | T1087.004 |
  25s thief iam DeactivateMFADevice user-name=<colleague> | T1556.006 | IAM-12
  20s thief iam UpdateLoginProfile user-name=<colleague> | T1098 | IAM-10
)playbook";

}  // namespace cairn::simulate
