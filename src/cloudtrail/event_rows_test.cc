#include "cloudtrail/event_rows.h"

#include "cloudtrail/cloudtrail.h"

#include <gtest/gtest.h>

#include <map>

namespace cairn::cloudtrail {
namespace {

/// Prints a value of a batch column: NULL, text, {a: b}, [a, b], <k: v>.
class Printer {
 public:
  static std::string print(const ColumnType& type, const BatchColumn& column, size_t row) {
    if (column.absent()) return "absent";
    if (column.valid[row] == 0) return "NULL";
    switch (type.kind) {
      case ColumnKind::kText:
        return std::string(column.texts[row]);
      case ColumnKind::kStruct: {
        std::string text;
        for (size_t i = 0; i < type.names.size(); ++i) {
          std::string value = print(type.members[i], column.members[i], row);
          if (value != "NULL") text += (text.empty() ? "" : ", ") + type.names[i] + ": " + value;
        }
        return "{" + text + "}";
      }
      case ColumnKind::kList:
      case ColumnKind::kMap: {
        size_t begin = 0;
        for (size_t i = 0; i < row; ++i) begin += column.lengths[i];
        std::string text;
        for (size_t i = begin; i < begin + column.lengths[row]; ++i) {
          text += (text.empty() ? "" : ", ") + print(type.members[0], column.members[0], i);
          if (type.kind == ColumnKind::kMap)
            text += " -> " + print(type.members[1], column.members[1], i);
        }
        return "[" + text + "]";
      }
      default:
        return std::to_string(column.integers[row]);
    }
  }
};

class RowsSink : public EventSink {
 public:
  explicit RowsSink(EventRows& rows) : rows_(rows) {}
  void on_event(const Event& event) override {
    rows_.add(event, "s3://bucket/object", Timestamp(Duration(1)));
  }
  void on_quarantine(QuarantineEntry) override { ADD_FAILURE(); }

 private:
  EventRows& rows_;
};

Batch rows_of(const std::string& text, const EventRows::Wanted& wanted = {}) {
  FakeFiles files;
  FieldTable fields;
  StandardFields standard = StandardFields::intern_into(fields);
  EventRows rows(fields, wanted);
  fields.freeze();
  Reader reader(files, fields, standard, {});
  RowsSink sink(rows);
  reader.read_text("test", text, sink);
  return rows.take();
}

std::map<std::string, std::string> row_of(const Batch& batch, size_t row) {
  std::map<std::string, std::string> values;
  const auto& columns = cloudtrail_stored_columns();
  for (size_t i = 0; i < columns.size(); ++i) {
    std::string value = Printer::print(columns[i].type, batch.columns[i], row);
    if (value != "NULL") values[columns[i].name] = value;
  }
  return values;
}

TEST(EventRows, FillsEveryKindOfColumn) {
  std::string record =
      R"({"eventVersion":"1.08","userIdentity":{"type":"AssumedRole","arn":"arn:x","sessionContext":)"
      R"({"attributes":{"mfaAuthenticated":"false"},"webIdFederationData":{"federatedProvider":"p",)"
      R"("attributes":{"aud":"a","n":1,"none":null}}}},"eventTime":"2024-01-02T03:04:05Z",)"
      R"("eventSource":"s3.amazonaws.com","eventName":"GetObject","errorCode":null,)"
      R"("requestParameters":{"a":"x\u00e9","b":[1,2.50]},"readOnly":true,"managementEvent":false,)"
      R"("resources":[{"ARN":"arn:r","type":"T"},{"accountId":"1","x":2},"text",null],)"
      R"("tlsDetails":{"tlsVersion":"TLSv1.3"},"eventID":"e1","futureKey":{"z":1}})";
  auto row = row_of(rows_of(record), 0);
  EXPECT_EQ(row["raw"], record);
  row.erase("raw");
  std::map<std::string, std::string> expected{
      {"eventversion", "1.08"},
      {"useridentity",
       "{type: AssumedRole, arn: arn:x, sessioncontext: {attributes: {mfaauthenticated: false}, "
       "webidfederationdata: {federatedprovider: p, attributes: [aud -> a, n -> 1, none -> "
       "NULL]}}}"},
      {"eventtime", "2024-01-02T03:04:05Z"},
      {"eventsource", "s3.amazonaws.com"},
      {"eventname", "GetObject"},
      {"requestparameters", R"({"a":"x\u00e9","b":[1,2.50]})"},
      {"readonly", "true"},
      {"managementevent", "0"},
      {"resources", "[{arn: arn:r, type: T}, {accountid: 1}, NULL, NULL]"},
      {"tlsdetails", "{tlsversion: TLSv1.3}"},
      {"eventid", "e1"},
      {"eventtime_ts", "1704164645000000"},
      {"ingest_time", "1000"},
      {"source_object", "s3://bucket/object"},
  };
  EXPECT_EQ(row, expected);
}

TEST(EventRows, KeepsRowsApart) {
  Batch batch = rows_of(
      R"({"Records":[{"eventVersion":"1.08","eventName":"A","eventSource":"x","eventTime":"","resources":"none"},)"
      R"({"eventVersion":"1.08","eventName":"B","eventSource":"x","eventTime":"2024-01-02T03:04:05Z","resources":[],"managementEvent":"True"},)"
      R"({"eventVersion":"1.08","eventName":"C","eventSource":"x","eventTime":"2024-01-02T03:04:05Z","resources":[{"ARN":"r"}],"managementEvent":"maybe"}]})");
  ASSERT_EQ(batch.rows, 3u);
  auto first = row_of(batch, 0), second = row_of(batch, 1), third = row_of(batch, 2);
  EXPECT_EQ(first["eventname"] + second["eventname"] + third["eventname"], "ABC");
  EXPECT_EQ(first.count("eventtime_ts"), 0u);
  EXPECT_EQ(first["eventtime"], "");
  EXPECT_EQ(first.count("resources"), 0u);
  EXPECT_EQ(second["resources"], "[]");
  EXPECT_EQ(third["resources"], "[{arn: r}]");
  EXPECT_EQ(first.count("managementevent"), 0u);
  EXPECT_EQ(second["managementevent"], "1");
  EXPECT_EQ(third.count("managementevent"), 0u);
  EXPECT_EQ(first.count("useridentity"), 0u);
}

TEST(EventRows, FillsOnlyWhatIsWanted) {
  const auto& columns = cloudtrail_stored_columns();
  EventRows::Wanted wanted;
  wanted.columns.assign(columns.size(), false);
  wanted.members.resize(columns.size());
  wanted.columns[1] = wanted.columns[2] = true;
  wanted.members[1] = {"sessioncontext.sessionissuer.arn"};
  ASSERT_EQ(columns[1].name, "useridentity");
  Batch batch = rows_of(
      R"({"eventVersion":"1.08","eventName":"A","eventSource":"x","eventTime":"t","userIdentity":{"type":"T","sessionContext":{"sessionIssuer":{"arn":"i","type":"R"}}}})",
      wanted);
  EXPECT_TRUE(batch.columns[0].absent());
  EXPECT_TRUE(batch.columns.back().absent());
  EXPECT_EQ(Printer::print(columns[2].type, batch.columns[2], 0), "t");
  EXPECT_EQ(batch.columns[1].members[0].absent(), true) << "type";
  const BatchColumn& context = batch.columns[1].members.back();
  EXPECT_EQ(context.valid[0], 1);
  EXPECT_EQ(context.members[1].members[2].texts[0], "i");
  EXPECT_TRUE(context.members[1].members[0].absent());
}

}  // namespace
}  // namespace cairn::cloudtrail
