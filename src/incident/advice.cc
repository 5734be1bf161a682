// What to do about an incident: first cut off the credentials, then what they made, then undo what
// hides or hurts, then look. Commands are for the AWS CLI. Nothing here runs them; names come out
// of logs, so every argument is quoted.

#include "base/text.h"
#include "detect/detect.h"
#include "incident/strand.h"

#include <algorithm>
#include <set>

namespace cairn::incident {

namespace {

using identity::Making;

constexpr size_t kAdvice = 24;

std::string_view last_part(std::string_view arn) {
  size_t slash = arn.rfind('/');
  return slash == std::string_view::npos ? arn : arn.substr(slash + 1);
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

class Advisor {
 public:
  Advisor(const Incident& incident, std::span<const Act* const> acts)
      : incident_(incident), acts_(acts) {}

  std::vector<Advice> advise() {
    for (const Credential& credential : incident_.credentials) cut_off(credential);
    for (const Making& making : incident_.makings) cut_off(making);
    for (const Act* act : acts_)
      if (!act->is_mark && !act->failed_wholly()) mend(*act);
    return std::move(list_);
  }

 private:
  void add(std::string words, std::string command) {
    // One command may come from two observations, such as a key that was made and used.
    if (list_.size() == kAdvice || !known_.insert(command.empty() ? words : command).second) return;
    list_.push_back({std::move(words), std::move(command)});
  }

  void cut_off(const Credential& credential) {
    std::string_view principal = credential.principal;
    std::string name(last_part(principal));
    bool is_user = credential.identity_type == "IAMUser" && contains(principal, ":user/");
    if (credential.identity_type == "Root") {
      add("Root: sign in, change the password and the second factor, delete its access keys; root "
          "cannot be cut off from outside.",
          "");
    } else if (is_user && credential.access_key.substr(0, 4) == "AKIA") {
      add("Deactivate the key " + credential.access_key + " of user " + name + ".",
          "aws iam update-access-key --user-name " + shell_word(name) + " --access-key-id " +
              shell_word(credential.access_key) + " --status Inactive");
      deny_sessions_of_user(name);
    } else if (is_user) {
      add("Take the console password of user " + name + " away.",
          "aws iam delete-login-profile --user-name " + shell_word(name));
      deny_sessions_of_user(name);
    } else if (contains(principal, "AWSReservedSSO_")) {
      add("Disable " + credential.session +
              " in IAM Identity Center and delete its active sessions there; changes to the role "
              "itself would be undone.",
          "");
    } else if (contains(principal, ":role/aws-service-role/")) {
      return;  // belongs to AWS
    } else if (contains(principal, ":role/")) {
      add("Revoke the sessions of role " + name + " that began until now.",
          "aws iam put-role-policy --role-name " + shell_word(name) +
              " --policy-name RevokeOlderSessions --policy-document " +
              std::string(kRevokingPolicy));
    } else if (credential.identity_type == "AWSAccount") {
      add("Find the role trust or resource policy that lets " + detect::short_principal(principal) +
              " in, and close it.",
          "");
    }
  }

  /// A user's console and GetSessionToken sessions outlive key and password.
  void deny_sessions_of_user(const std::string& name) {
    add("End the sessions that user " + name + " still has.",
        "aws iam put-user-policy --user-name " + shell_word(name) +
            " --policy-name RevokeOlderSessions --policy-document " + std::string(kRevokingPolicy));
  }

  /// Quoted for a shell, which puts the time of running it in.
  static constexpr std::string_view kRevokingPolicy =
      R"-('{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*",)-"
      R"-("Condition":{"DateLessThan":{"aws:TokenIssueTime":"'"$(date -u +%FT%TZ)"'"}}}]}')-";

  void cut_off(const Making& making) {
    std::string user = shell_word(making.user);
    std::string name(last_part(making.name));
    switch (making.what) {
      case Making::What::kAccessKey:
        if (is_key_of_root(making)) {
          add("Root: sign in and delete the access key " + making.name +
                  " that root made for itself; nobody else can.",
              "");
          return;
        }
        add("Deactivate the key " + making.name + " that was made for user " + making.user + ".",
            "aws iam update-access-key --user-name " + user + " --access-key-id " +
                shell_word(making.name) + " --status Inactive");
        return;
      case Making::What::kPassword:
        add("Take away the console password that was set for user " + making.user + ".",
            "aws iam delete-login-profile --user-name " + user);
        return;
      case Making::What::kUser:
        add("Ask who needs the new user " + name + "; if nobody, deny it everything first.",
            "aws iam attach-user-policy --user-name " + shell_word(name) +
                " --policy-arn arn:aws:iam::aws:policy/AWSDenyAll");
        return;
      case Making::What::kRole:
        add("Ask who needs the new role " + name + "; if nobody, deny it everything first.",
            "aws iam attach-role-policy --role-name " + shell_word(name) +
                " --policy-arn arn:aws:iam::aws:policy/AWSDenyAll");
        return;
    }
  }

  /// A key without an IAM user that owns it. Records spell root's own name differently.
  bool is_key_of_root(const Making& making) const {
    bool unnamed = making.user.empty() || making.user == "root";
    return std::any_of(incident_.credentials.begin(), incident_.credentials.end(),
                       [&](const Credential& credential) {
                         return credential.identity_type == "Root" &&
                                (unnamed || credential.access_key == making.name);
                       });
  }

  void mend(const Act& act) {
    std::string region = act.regions.empty() ? "" : " --region " + shell_word(act.regions.front());
    for (const std::string& target : act.targets) {
      std::string name(last_part(target.substr(target.find(' ') + 1)));
      std::string word = shell_word(name);
      if (act.event_name == "StopLogging") {
        add("Start trail " + name + " again.",
            "aws cloudtrail start-logging --name " + word + region);
      } else if (act.event_name == "DeleteTrail") {
        add("Make trail " + name + " anew, and see what its bucket still holds.",
            "aws cloudtrail describe-trails" + region);
      } else if (act.event_name == "PutEventSelectors") {
        add("Compare what trail " + name + " records with what it should.",
            "aws cloudtrail get-event-selectors --trail-name " + word + region);
      } else if (act.event_name == "DeleteFlowLogs") {
        add("Create the flow logs again; until then the network is not recorded.",
            "aws ec2 describe-flow-logs" + region);
      } else if (act.event_name == "AttachUserPolicy") {
        add("See which policies are attached to " + target + ", and detach what was attached.",
            "aws iam list-attached-user-policies --user-name " + word);
      } else if (act.event_name == "AttachRolePolicy" ||
                 act.event_name == "UpdateAssumeRolePolicy") {
        add("See who may assume " + target + ", and what it may do.",
            "aws iam get-role --role-name " + word);
      } else if (act.event_name == "GetSecretValue" || act.event_name == "BatchGetSecretValue") {
        add("Change every secret that was read (" + plural(count_of(act), "secret") + ").", "");
        return;
      } else if (act.event_name.substr(0, 12) == "GetParameter") {
        add("Change every value that was read from Parameter Store (" +
                plural(count_of(act), "parameter") + ").",
            "");
        return;
      } else if (act.event_name == "ModifySnapshotAttribute" ||
                 act.event_name.substr(0, 14) == "SharedSnapshot") {
        add("See with whom snapshot " + name + " is shared, and end it.",
            "aws ec2 describe-snapshot-attribute --attribute createVolumePermission "
            "--snapshot-id " +
                word + region);
      } else if (act.event_name == "ModifyImageAttribute") {
        add("See with whom image " + name + " is shared, and end it.",
            "aws ec2 describe-image-attribute --attribute launchPermission --image-id " + word +
                region);
      } else if (act.event_name == "RunInstances") {
        add("Look at the instances that were started, keep their disks, then stop them.",
            "aws ec2 describe-instances" + region);
        return;
      } else if (act.event_name == "SendCommand" || act.event_name == "StartSession") {
        add("Treat the instances that commands ran on as taken over: isolate them, keep their "
            "disks.",
            "aws ssm list-commands" + region);
        return;
      } else if (act.event_name == "PutBucketPolicy" || act.event_name == "PutBucketAcl") {
        add("See who may read bucket " + name + ".",
            "aws s3api get-bucket-policy --bucket " + word);
      } else if (act.event_name == "AuthorizeSecurityGroupIngress") {
        add("See what " + target + " lets in, and close what was opened.",
            "aws ec2 describe-security-groups --group-ids " + word + region);
      }
    }
  }

  static size_t count_of(const Act& act) {
    return std::max(act.target_hashes.size(), act.targets.size());
  }

  const Incident& incident_;
  std::span<const Act* const> acts_;
  std::vector<Advice> list_;
  std::set<std::string> known_;
};

}  // namespace

std::vector<Advice> advise(const Incident& incident, std::span<const Act* const> acts) {
  return Advisor(incident, acts).advise();
}

std::string shell_word(std::string_view text) {
  bool is_plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    char lower = ascii_lower(c);
    return is_digit(c) || (lower >= 'a' && lower <= 'z') ||
           std::string_view("-_./:=@+,").find(c) != std::string_view::npos;
  });
  if (is_plain && text.front() != '-') return std::string(text);
  std::string quoted = "'";
  for (char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

}  // namespace cairn::incident
