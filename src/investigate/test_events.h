#pragma once

// Events for tests, made of paths and texts; their records are JSON of the same.

#include "base/hash.h"
#include "base/text.h"
#include "identity/identity.h"
#include "investigate/gatherer.h"
#include "investigate/sheet.h"
#include "model/event.h"

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::investigate {

using TestRecord = std::map<std::string, std::string>;

/// The record as JSON: paths become objects.
inline std::string json_of(const TestRecord& record, const std::string& prefix = "") {
  std::string out = "{", last;
  for (const auto& [path, text] : record) {
    if (!path.starts_with(prefix)) continue;
    std::string rest = path.substr(prefix.size());
    std::string name = rest.substr(0, rest.find('.'));
    if (name == last) continue;
    last = name;
    if (out.size() > 1) out += ',';
    out += '"' + name + "\":";
    out += rest == name ? '"' + text + '"' : json_of(record, prefix + name + ".");
  }
  return out + "}";
}

/// Fields of this room's questions, and events with them. The fields must be interned before the
/// first event.
class TestEvents {
 public:
  FieldTable fields;
  StandardFields standard = StandardFields::intern_into(fields);
  InvestigateFields own = InvestigateFields::intern_into(fields);

  /// Gives each record to `take`, with its number.
  template <typename Take>
  void feed(const std::vector<TestRecord>& records, const Take& take) {
    fields.freeze();
    Event event(fields);
    for (size_t i = 0; i < records.size(); ++i) {
      std::string json = json_of(records[i]);
      event.begin(json, 0, nullptr);
      for (const auto& [path, text] : records[i])
        if (auto slot = fields.find(path)) event.add(*slot, {text, FieldKind::kString});
      if (auto time = records[i].find("eventTime"); time != records[i].end())
        event.set_time(*parse_event_time(time->second));
      take(event, i);
    }
  }
};

/// A call by a user of account 111122223333 with one of its keys.
inline TestRecord user_call(const std::string& user, const std::string& key,
                            const std::string& service, const std::string& name,
                            const std::string& time, TestRecord more = {}) {
  more.insert({{"userIdentity.type", "IAMUser"},
               {"userIdentity.accountId", "111122223333"},
               {"userIdentity.accessKeyId", key},
               {"userIdentity.userName", user},
               {"userIdentity.arn", "arn:aws:iam::111122223333:user/" + user},
               {"eventSource", service + ".amazonaws.com"},
               {"eventName", name},
               {"eventTime", "2024-06-03T" + time + "Z"},
               {"recipientAccountId", "111122223333"},
               {"awsRegion", "eu-west-1"},
               {"sourceIPAddress", "198.51.100.7"},
               {"userAgent", "aws-cli/2"}});
  return more;
}

/// The same by a session of a role.
inline TestRecord role_call(const std::string& role, const std::string& session,
                            const std::string& key, const std::string& service,
                            const std::string& name, const std::string& time,
                            TestRecord more = {}) {
  more.insert(
      {{"userIdentity.type", "AssumedRole"},
       {"userIdentity.principalId", "AROAEXAMPLE:" + session},
       {"userIdentity.arn", "arn:aws:sts::111122223333:assumed-role/" + role + "/" + session},
       {"userIdentity.sessionContext.sessionIssuer.arn",
        "arn:aws:iam::111122223333:role/" + role}});
  TestRecord record = user_call("nobody", key, service, name, time, std::move(more));
  record.erase("userIdentity.userName");
  return record;
}

/// A part of an answer: its lines, or its rows with | between the columns; empty without the part.
inline std::vector<std::string> part_of(const Sheet& sheet, const std::string& name) {
  std::vector<std::string> texts;
  for (const SheetPart& part : sheet.parts) {
    if (part.name != name) continue;
    texts = part.lines;
    for (const std::vector<std::string>& row : part.rows) texts.push_back(join(row, "|"));
  }
  return texts;
}

/// Gives records to a gatherer as a reading would, each with an eventID of its own ("a", "b" …)
/// unless it has one.
inline void gather(TestEvents& events, std::vector<TestRecord> records, Gatherer& gatherer) {
  for (size_t i = 0; i < records.size(); ++i) {
    records[i].insert({"eventID", std::string(1, static_cast<char>('a' + i))});
    records[i].insert({"readOnly", "false"});
  }
  events.feed(records, [&](const Event& event, size_t) {
    gatherer.add(event, hash64(event.text(events.standard.event_id)));
  });
}

}  // namespace cairn::investigate
