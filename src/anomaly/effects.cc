// Acts whose first time matters, by what they do. Chosen from AWS's own examples for its anomaly
// findings and from what public attack tools call.

#include "anomaly/behaviour.h"

#include <algorithm>
#include <array>
#include <utility>

namespace cairn::anomaly {

namespace {

using Entry = std::pair<std::string_view, std::string_view>;

constexpr std::string_view kRecord = "stops or blinds the record";
constexpr std::string_view kRights = "gives rights";
constexpr std::string_view kAccess = "makes a way in";
constexpr std::string_view kSecrets = "reads secrets";
constexpr std::string_view kShares = "shares data outside";
constexpr std::string_view kDestroys = "destroys or locks data";
constexpr std::string_view kRuns = "runs code";

// By name.
constexpr std::array kEffects = {
    Entry{"AddLayerVersionPermission", kShares},
    Entry{"AddPermission20150331v2", kAccess},
    Entry{"AddRoleToInstanceProfile", kRights},
    Entry{"AddUserToGroup", kRights},
    Entry{"AssociateIamInstanceProfile", kRights},
    Entry{"AttachGroupPolicy", kRights},
    Entry{"AttachRolePolicy", kRights},
    Entry{"AttachUserPolicy", kRights},
    Entry{"AuthorizeSecurityGroupIngress", kAccess},
    Entry{"BatchGetSecretValue", kSecrets},
    Entry{"CreateAccessEntry", kAccess},
    Entry{"CreateAccessKey", kAccess},
    Entry{"CreateEventSourceMapping20150331", kRuns},
    Entry{"CreateFunction20150331", kRuns},
    Entry{"CreateFunctionUrlConfig", kAccess},
    Entry{"CreateInstanceExportTask", kShares},
    Entry{"CreateKeyPair", kAccess},
    Entry{"CreateLoginProfile", kAccess},
    Entry{"CreateOpenIDConnectProvider", kAccess},
    Entry{"CreatePolicyVersion", kRights},
    Entry{"CreateRole", kAccess},
    Entry{"CreateSAMLProvider", kAccess},
    Entry{"CreateServiceSpecificCredential", kAccess},
    Entry{"CreateStoreImageTask", kShares},
    Entry{"CreateTrafficMirrorSession", kShares},
    Entry{"CreateTrafficMirrorTarget", kShares},
    Entry{"CreateTrustAnchor", kAccess},
    Entry{"CreateUser", kAccess},
    Entry{"DeactivateMFADevice", kAccess},
    Entry{"DeleteAccountPasswordPolicy", kAccess},
    Entry{"DeleteAlarms", kRecord},
    Entry{"DeleteBackupVault", kDestroys},
    Entry{"DeleteBucket", kDestroys},
    Entry{"DeleteBucketPolicy", kShares},
    Entry{"DeleteBucketPublicAccessBlock", kShares},
    Entry{"DeleteConfigRule", kRecord},
    Entry{"DeleteConfigurationRecorder", kRecord},
    Entry{"DeleteDBCluster", kDestroys},
    Entry{"DeleteDBClusterSnapshot", kDestroys},
    Entry{"DeleteDBInstance", kDestroys},
    Entry{"DeleteDBSnapshot", kDestroys},
    Entry{"DeleteDeliveryChannel", kRecord},
    Entry{"DeleteDetector", kRecord},
    Entry{"DeleteEventDataStore", kRecord},
    Entry{"DeleteFlowLogs", kRecord},
    Entry{"DeleteLogGroup", kRecord},
    Entry{"DeleteLogStream", kRecord},
    Entry{"DeleteModelInvocationLoggingConfiguration", kRecord},
    Entry{"DeleteQueryLoggingConfig", kRecord},
    Entry{"DeleteRecoveryPoint", kDestroys},
    Entry{"DeleteRolePermissionsBoundary", kRights},
    Entry{"DeleteRolePolicy", kRights},
    Entry{"DeleteRule", kRecord},
    Entry{"DeleteSnapshot", kDestroys},
    Entry{"DeleteSubscriptionFilter", kRecord},
    Entry{"DeleteTrail", kRecord},
    Entry{"DeleteUserPermissionsBoundary", kRights},
    Entry{"DeleteVirtualMFADevice", kAccess},
    Entry{"DeleteWebACL", kRecord},
    Entry{"DisableAlarmActions", kRecord},
    Entry{"DisableDomainTransferLock", kDestroys},
    Entry{"DisableKey", kDestroys},
    Entry{"DisableMacie", kRecord},
    Entry{"DisableRule", kRecord},
    Entry{"DisableSecurityHub", kRecord},
    Entry{"DisassociateFromAdministratorAccount", kRecord},
    Entry{"DisassociateFromMasterAccount", kRecord},
    Entry{"EnableSerialConsoleAccess", kAccess},
    Entry{"GetFederationToken", kAccess},
    Entry{"GetParameter", kSecrets},
    Entry{"GetParameters", kSecrets},
    Entry{"GetPasswordData", kSecrets},
    Entry{"GetSecretValue", kSecrets},
    Entry{"GetSessionToken", kAccess},
    Entry{"GetSnapshotBlock", kSecrets},
    Entry{"ImportKeyMaterial", kDestroys},
    Entry{"ImportKeyPair", kAccess},
    Entry{"LeaveOrganization", kRecord},
    Entry{"ListSnapshotBlocks", kSecrets},
    Entry{"ModifyDBClusterSnapshotAttribute", kShares},
    Entry{"ModifyDBInstance", kAccess},
    Entry{"ModifyDBSnapshotAttribute", kShares},
    Entry{"ModifyImageAttribute", kShares},
    Entry{"ModifyInstanceAttribute", kRuns},
    Entry{"ModifySnapshotAttribute", kShares},
    Entry{"PutAccountPublicAccessBlock", kShares},
    Entry{"PutBucketAcl", kShares},
    Entry{"PutBucketLifecycle", kDestroys},
    Entry{"PutBucketLogging", kRecord},
    Entry{"PutBucketPolicy", kShares},
    Entry{"PutBucketPublicAccessBlock", kShares},
    Entry{"PutBucketReplication", kShares},
    Entry{"PutBucketVersioning", kDestroys},
    Entry{"PutEventSelectors", kRecord},
    Entry{"PutFoundationModelEntitlement", kRuns},
    Entry{"PutGroupPolicy", kRights},
    Entry{"PutImage", kRuns},
    Entry{"PutKeyPolicy", kRights},
    Entry{"PutResourcePolicy", kShares},
    Entry{"PutRolePolicy", kRights},
    Entry{"PutUserPolicy", kRights},
    Entry{"ReplaceIamInstanceProfileAssociation", kRights},
    Entry{"RequestServiceQuotaIncrease", kRuns},
    Entry{"RunInstances", kRuns},
    Entry{"ScheduleKeyDeletion", kDestroys},
    Entry{"SendCommand", kRuns},
    Entry{"SendSSHPublicKey", kAccess},
    Entry{"SendSerialConsoleSSHPublicKey", kAccess},
    Entry{"SetDefaultPolicyVersion", kRights},
    Entry{"SetRepositoryPolicy", kShares},
    Entry{"SharedSnapshotVolumeCreated", kShares},
    Entry{"StartExportTask", kShares},
    Entry{"StartSession", kRuns},
    Entry{"StopConfigurationRecorder", kRecord},
    Entry{"StopLogging", kRecord},
    Entry{"StopMonitoringMembers", kRecord},
    Entry{"TransferDomainToAnotherAwsAccount", kDestroys},
    Entry{"UpdateAccountPasswordPolicy", kAccess},
    Entry{"UpdateAssumeRolePolicy", kAccess},
    Entry{"UpdateDetector", kRecord},
    Entry{"UpdateFunctionCode20150331v2", kRuns},
    Entry{"UpdateFunctionConfiguration20150331v2", kRuns},
    Entry{"UpdateIPSet", kRecord},
    Entry{"UpdateLoginProfile", kAccess},
    Entry{"UpdateSAMLProvider", kAccess},
    Entry{"UpdateTrail", kRecord},
};
static_assert(std::is_sorted(kEffects.begin(), kEffects.end()));

}  // namespace

std::string_view effect_of(std::string_view event_name) {
  auto found = std::lower_bound(
      kEffects.begin(), kEffects.end(), event_name,
      [](const Entry& entry, std::string_view name) { return entry.first < name; });
  return found != kEffects.end() && found->first == event_name ? found->second : std::string_view{};
}

}  // namespace cairn::anomaly
