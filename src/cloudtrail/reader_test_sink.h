#pragma once

// What the reader's tests share: a field table like a real run's, and a sink that writes everything
// down.

#include "cloudtrail/cloudtrail.h"

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::cloudtrail {

/// Collects one line an event: `name@offset`, and the quarantine as `kind offset+length reason`.
class RecordingSink : public EventSink {
 public:
  explicit RecordingSink(const FieldTable& fields, const StandardFields& standard)
      : fields_(fields), standard_(standard) {}

  void on_event(const Event& event) override {
    // Touch every slot, so that a sanitizer sees every view and every lazy subtree is walked.
    size_t touched = 0;
    for (SlotId slot = 0; slot < fields_.size(); ++slot) {
      for (const FieldValue& value : event.all(slot)) {
        for (char c : value.text) touched += static_cast<unsigned char>(c);
      }
    }
    for (char c : event.raw()) touched += static_cast<unsigned char>(c);
    touched_ += touched;
    names.push_back(std::string(event.text(standard_.event_name)));
    ids.push_back(std::string(event.text(standard_.event_id)));
    offsets.push_back(event.offset());
    raws.push_back(std::string(event.raw()));
    times.push_back(event.time_known() ? format_time(event.time()) : "unknown");
    fingerprints.push_back(content_fingerprint(event, standard_));
    if (watched != kNoSlot) {
      std::string values;
      for (const FieldValue& value : event.all(watched)) {
        constexpr const char* kNames[] = {"missing", "null",   "string", "number",
                                          "bool",    "object", "array"};
        if (!values.empty()) values += " | ";
        values +=
            std::string(kNames[static_cast<size_t>(value.kind)]) + ":" + std::string(value.text);
      }
      watched_values.push_back(values);
    }
  }
  void on_quarantine(QuarantineEntry entry) override { quarantine.push_back(std::move(entry)); }

  std::string joined_names() const {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : " ") + name;
    return text;
  }
  std::string joined_quarantine() const {
    std::string text;
    for (const QuarantineEntry& entry : quarantine) {
      if (!text.empty()) text += "\n";
      text += std::string(to_string(entry.kind)) + " " + std::to_string(entry.offset) + "+" +
              std::to_string(entry.length) + " " + entry.reason;
    }
    return text;
  }

  SlotId watched = kNoSlot;
  std::vector<std::string> names, ids, raws, times, watched_values;
  std::vector<uint64_t> offsets, fingerprints;
  std::vector<QuarantineEntry> quarantine;

 private:
  const FieldTable& fields_;
  const StandardFields& standard_;
  size_t touched_ = 0;
};

/// A field table with the standard fields and some lazy ones.
struct TestFields {
  FieldTable fields;
  StandardFields standard;
  explicit TestFields(const std::vector<std::string>& more = {}) {
    standard = StandardFields::intern_into(fields);
    for (const char* path :
         {"requestParameters.bucketName", "requestParameters.ipPermissions.items.cidrIp",
          "resources.ARN", "responseElements.a.b.c", "requestParameters.x-amz-acl", "userAgent"}) {
      fields.intern(path);
    }
    for (const std::string& path : more) fields.intern(path);
    fields.freeze();
  }
};

/// Reads a text and keeps what came of it.
struct Reading {
  TestFields table;
  RecordingSink sink;
  SourceReport report;

  explicit Reading(std::string_view text, ReadLimits limits = {}, std::string_view watch = "")
      : table(watch.empty() ? std::vector<std::string>{}
                            : std::vector<std::string>{std::string(watch)}),
        sink(table.fields, table.standard) {
    if (!watch.empty()) sink.watched = *table.fields.find(watch);
    FakeFiles files;
    Reader reader(files, table.fields, table.standard, limits);
    report = reader.read_text("input", text, sink);
  }
};

}  // namespace cairn::cloudtrail
