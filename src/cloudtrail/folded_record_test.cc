#include "cloudtrail/folded_record.h"

#include "cloudtrail/cloudtrail.h"
#include "cloudtrail/event_rows.h"

#include <gtest/gtest.h>

namespace cairn::cloudtrail {
namespace {

class RowsSink : public EventSink {
 public:
  explicit RowsSink(EventRows& rows) : rows_(rows) {}
  void on_event(const Event& event) override { rows_.add(event, "object", Timestamp()); }
  void on_quarantine(QuarantineEntry) override { ADD_FAILURE(); }

 private:
  EventRows& rows_;
};

/// The values of a row, as the lake's SQL gives them to unfold_record().
void list_values(const ColumnType& type, const BatchColumn& column, bool null,
                 std::vector<std::string_view>& values) {
  if (type.kind == ColumnKind::kText)
    values.push_back(null || column.absent() || column.valid[0] == 0 ? std::string_view()
                                                                     : column.texts[0]);
  if (type.kind != ColumnKind::kStruct) return;
  for (size_t i = 0; i < type.members.size(); ++i)
    list_values(type.members[i], column.members[i], null || column.valid[0] == 0, values);
}

struct Folded {
  std::string text, again;
};

Folded fold(const std::string& record) {
  FakeFiles files;
  FieldTable fields;
  StandardFields standard = StandardFields::intern_into(fields);
  EventRows::Wanted wanted;
  wanted.fold_record = true;
  EventRows rows(fields, wanted);
  fields.freeze();
  Reader reader(files, fields, standard, {});
  RowsSink sink(rows);
  reader.read_text("test", record, sink);
  Batch batch = rows.take();
  EXPECT_EQ(batch.rows, 1u);
  const auto& columns = cloudtrail_stored_columns();
  std::vector<std::string_view> values;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].source == ColumnSource::kField)
      list_values(columns[i].type, batch.columns[i], false, values);
  }
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name != "resources") continue;
    const BatchColumn& list = batch.columns[i];
    for (size_t j = 0; j < kFoldedResources; ++j) {
      bool there = list.valid[0] != 0 && list.lengths[0] > j;
      const BatchColumn* arns = there ? &list.members[0].members[0] : nullptr;
      values.push_back(there && arns->valid[j] != 0 ? arns->texts[j] : std::string_view());
    }
  }
  EXPECT_EQ(values.size(), folded_values().size());
  Folded folded{std::string(batch.columns.back().texts[0]), ""};
  EXPECT_TRUE(unfold_record(folded.text, values, folded.again).ok());
  return folded;
}

TEST(FoldedRecord, NamesItsValues) {
  // The numbers are in the lake's files: these stay as they are.
  const auto& values = folded_values();
  ASSERT_EQ(values.size(), 52u);
  EXPECT_EQ(values[0], "eventversion");
  EXPECT_EQ(values[1], "useridentity.type");
  EXPECT_EQ(values[9], "useridentity.onbehalfof.identitystorearn");
  EXPECT_EQ(values.back(), "resources[2].arn");
}

TEST(FoldedRecord, FoldsWhatColumnsHave) {
  Folded folded = fold(
      R"({"eventVersion":"1.08","userIdentity":{"type":"IAMUser","userName":"alice"},)"
      R"("eventName":"GetUser","requestParameters":{"userName":"bob"},"readOnly":true,)"
      R"("resources":[{"ARN":"arn:aws:s3:::b"},{"ARN":"arn:aws:s3:::c","type":"x"}],"new":"kept"})");
  for (std::string_view gone : {"1.08", "IAMUser", "alice", "GetUser", "bob", "true", "arn:aws"})
    EXPECT_EQ(folded.text.find(gone), std::string::npos) << gone;
  EXPECT_NE(folded.text.find(R"("new":"kept"})"), std::string::npos);
}

TEST(FoldedRecord, GivesEveryByteBack) {
  const std::string_view kRecords[] = {
      R"({"eventVersion":"1.08","eventName":"A","eventSource":"s.amazonaws.com"})",
      // Escapes, blanks, duplicate keys, the same text twice, numbers, null and odd types.
      R"({"eventVersion":"1.08","eventName":"Get\u0055ser","eventSource":"s.amazonaws.com","userAgent":"a\"b"})",
      R"({ "eventVersion" : "1.08", "eventName":"GetUser", "eventSource":"s.amazonaws.com",  "requestParameters": { "a" : [1, 2] } })",
      R"({"eventVersion":"1.08","eventName":"One","eventName":"Two","eventSource":"s.amazonaws.com"})",
      R"({"eventVersion":1.08,"eventName":"GetUser","eventSource":"GetUser","requestParameters":"HIDDEN","readOnly":null})",
      R"({"eventVersion":"1.08","eventName":["GetUser","GetRole"],"eventSource":"s.amazonaws.com","userIdentity":"root"})",
      R"({"eventVersion":"1.08","eventName":"GetUser","eventSource":"s.amazonaws.com","resources":[{"ARN":"arn:1"},{"ARN":"arn:1"},{"ARN":"arn:3"},7]})",
      R"({"eventVersion":"1.08","eventName":"GetUser","eventSource":"s.amazonaws.com","resources":{"ARN":"arn:1"},"userIdentity":{"type":"AssumedRole","sessionContext":{"sessionIssuer":{"arn":"arn:x"},"webIdFederationData":{"federatedProvider":"gh","attributes":{"a":"bcd"}}}}})",
      "{\"eventVersion\":\"1.08\",\"eventName\":\"GetUser\",\"eventSource\":\"s.amazonaws.com\","
      "\"x\":\"caf\xc3\xa9\"}",
  };
  for (std::string_view record : kRecords) EXPECT_EQ(fold(std::string(record)).again, record);
}

TEST(FoldedRecord, KeepsRecordsWithMarksWhole) {
  RecordFolder folder;
  std::string raw =
      "{\"a\":\"\x01"
      "0\",\"b\":\"value\"}";
  folder.begin(raw);
  folder.note(0, std::string_view(raw).substr(raw.find("value"), 5));
  std::string folded(folder.finish());
  std::string again;
  ASSERT_TRUE(unfold_record(folded, {}, again).ok());
  EXPECT_EQ(again, raw);
}

TEST(FoldedRecord, LeavesTextsFromElsewhere) {
  RecordFolder folder;
  std::string raw = R"({"b":"value"})", other = "value";
  folder.begin(raw);
  folder.note(0, other);
  EXPECT_EQ(folder.finish(), raw);
}

TEST(FoldedRecord, RefusesMarksWithoutValue) {
  std::string out;
  const std::string_view kNone[2] = {};
  for (std::string_view damaged : {"{\x01",
                                   "{\x01"
                                   "0}",
                                   "{\x01"
                                   "2}",
                                   "{\x01"
                                   " }"}) {
    Status status = unfold_record(damaged, kNone, out);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::kCorrupt);
  }
}

}  // namespace
}  // namespace cairn::cloudtrail
