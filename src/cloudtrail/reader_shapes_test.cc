// Every container that people bring, each with what it is called and the records it gives.

#include "cloudtrail/reader_test_sink.h"
#include "formats/compression.h"
#include "formats/json_writer.h"

#include <gtest/gtest.h>

namespace cairn::cloudtrail {
namespace {

using std::string_literals::operator""s;

std::string record(const std::string& name, const std::string& more = "") {
  return R"({"eventVersion":"1.08","userIdentity":{"type":"Root","arn":"arn:aws:iam::1:root"},"eventTime":"2024-01-02T03:04:05Z",)"
         R"("eventSource":"iam.amazonaws.com","eventName":")" +
         name + R"(","requestParameters":{"a":[1,{"b":"}{"}]},"eventID":")" + name + "\"" + more +
         "}";
}

std::string quoted(const std::string& text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string pretty(const std::string& compact) {
  std::string out;
  bool string = false;
  for (size_t i = 0; i < compact.size(); ++i) {
    char c = compact[i];
    if (c == '"' && (i == 0 || compact[i - 1] != '\\')) string = !string;
    out += c;
    if (!string && (c == ',' || c == '{' || c == '[')) out += "\r\n\t  ";
    if (!string && c == ':') out += " ";
  }
  return out;
}

struct Row {
  const char* what;
  std::string text;
  std::string shape;
  std::string names;
  std::string quarantine = "";
};

class Shapes : public testing::TestWithParam<Row> {};

TEST_P(Shapes, GivesItsRecords) {
  const Row& row = GetParam();
  for (size_t piece_bytes : {4u << 20, 512u, 64u}) {
    ReadLimits limits;
    limits.piece_bytes = piece_bytes;
    Reading reading(row.text, limits);
    SCOPED_TRACE(std::string(row.what) + ", pieces of " + std::to_string(piece_bytes));
    EXPECT_EQ(reading.report.kind, SourceKind::kCloudTrail);
    EXPECT_EQ(reading.report.shape, row.shape);
    EXPECT_EQ(reading.sink.joined_names(), row.names);
    EXPECT_EQ(reading.sink.joined_quarantine(), row.quarantine);
    EXPECT_EQ(reading.report.events, reading.sink.names.size());
    EXPECT_EQ(reading.report.text_bytes, row.text.size());
    EXPECT_FALSE(reading.report.partial);
    for (size_t i = 0; i < reading.sink.raws.size(); ++i) {
      EXPECT_TRUE(reading.sink.raws[i].starts_with('{') && reading.sink.raws[i].ends_with('}'));
      size_t offset = reading.sink.offsets[i];
      ASSERT_LT(offset, row.text.size());
      EXPECT_EQ(row.text[offset], '{') << "the offset is where the record begins";
    }
    for (const std::string& time : reading.sink.times) EXPECT_EQ(time, "2024-01-02T03:04:05Z");
  }
}

std::vector<Row> rows() {
  const std::string a = record("A"), b = record("B"), c = record("C");
  const std::string kTrail = "{\"Records\":[" + a + "," + b + "]}";
  auto lookup = [](const std::string& text) {
    return R"({"EventId":"1","EventName":"A","ReadOnly":"true","EventTime":"2024-01-02T03:04:05+00:00","Username":"x","Resources":[{"ResourceType":"t"}],"CloudTrailEvent":)" +
           quoted(text) + "}";
  };
  auto bridge = [](const std::string& text) {
    return R"({"version":"0","id":"1","detail-type":"AWS API Call via CloudTrail","source":"aws.iam","account":"1","time":"2024-01-02T03:04:05Z","region":"r","resources":[],"detail":)" +
           text + "}";
  };
  auto message = [](const std::string& text) {
    return R"({"id":"1","timestamp":1704164645000,"message":)" + quoted(text) + "}";
  };
  const std::string kSubscription =
      R"({"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"s","subscriptionFilters":["f"],"logEvents":[)" +
      message(a) + "," + message(b) + "]}";
  return {
      {"a trail's file", kTrail, "Records", "A B"},
      {"byte order mark", "\xef\xbb\xbf" + kTrail, "Records", "A B"},
      {"pretty", pretty(kTrail), "Records", "A B"},
      {"trailing line end", kTrail + "\n", "Records", "A B"},
      {"other members first and last",
       R"({"x":{"y":[1,"]}"]},"n":null,"t":true,"Records":[)" + a + R"(],"z":[[{}]],"s":"}"})",
       "Records", "A"},
      {"two documents", kTrail + kTrail, "Records", "A B A B"},
      {"a document a line", kTrail + "\r\n" + kTrail + "\r\n", "Records", "A B A B"},
      {"bare array", "[" + a + "," + b + "]", "array", "A B"},
      {"array of arrays", "[[" + a + "],[" + b + "]]", "array", "A B"},
      {"array of documents", "[" + kTrail + "," + kTrail + "]", "Records", "A B A B"},
      {"lines", a + "\n" + b + "\n" + c, "JSON lines", "A B C"},
      {"lines with blanks and CRLF", "\n\n" + a + "\r\n\r\n  \r\n" + b + "\r\n" + c + "\r\n\r\n",
       "JSON lines", "A B C"},
      {"pretty objects one after another", pretty(a) + "\n" + pretty(b), "JSON lines", "A B"},
      {"lines with commas", a + ",\n" + b + "\n", "JSON lines", "A B"},
      {"one event", a, "event", "A"},
      {"one pretty event", pretty(a) + "\n", "event", "A"},
      {"no separators", a + b + c, "concatenated", "A B C"},
      {"JSON text sequence", "\x1e" + a + "\n\x1e" + b + "\n", "JSON lines", "A B"},
      {"lookup-events", "{\"Events\":[" + lookup(a) + "," + lookup(b) + "],\"NextToken\":\"x\"}",
       "lookup-events", "A B"},
      {"lookup-events, pretty inside",
       pretty("{\"Events\":[" + lookup(pretty(a)) + "," + lookup(b) + "]}"), "lookup-events",
       "A B"},
      {"lookup-events, one a line", lookup(a) + "\n" + lookup(b) + "\n", "lookup-events", "A B"},
      {"EventBridge", bridge(a), "EventBridge", "A"},
      {"EventBridge lines", bridge(a) + "\n" + bridge(b) + "\n", "EventBridge", "A B"},
      {"EventBridge array", "[" + bridge(a) + "," + bridge(b) + "]", "EventBridge", "A B"},
      {"subscription", kSubscription, "CloudWatch Logs", "A B"},
      {"subscriptions through Firehose", kSubscription + kSubscription, "CloudWatch Logs",
       "A B A B"},
      {"subscription with control message",
       R"({"messageType":"CONTROL_MESSAGE","owner":"CloudwatchLogs","logGroup":"","logStream":"","subscriptionFilters":[],"logEvents":[{"id":"","timestamp":1,"message":"CWL CONTROL MESSAGE: Checking health of destination"}]})" +
           kSubscription,
       "CloudWatch Logs", "A B"},
      {"filter-log-events",
       R"({"events":[{"logStreamName":"s","timestamp":1,"message":)" + quoted(a) +
           R"(,"ingestionTime":2,"eventId":"3"}],"searchedLogStreams":[]})",
       "CloudWatch Logs", "A"},
      {"export lines with time",
       "2024-01-02T03:04:05.000Z " + a + "\n2024-01-02T03:04:06.000Z stream_1 " + b + "\n",
       "CloudWatch Logs", "A B"},
      {"log lines with a message",
       R"({"@timestamp":"2020-01-01T00:00:00Z","message":)" + quoted(a) + "}\n", "message", "A"},
      {"Elasticsearch document",
       R"({"_index":"ct","_type":"record","_score":null,"_source":)" + a +
           R"(,"fields":{"eventName":["A"]}})",
       "Elasticsearch", "A"},
      {"empty strings and nulls among records", "[" + a + ",null,\"x\",3," + b + "]", "array",
       "A B",
       "record " + std::to_string(a.size() + 2) + "+4 not a CloudTrail record\nrecord " +
           std::to_string(a.size() + 7) + "+3 not a CloudTrail record\nrecord " +
           std::to_string(a.size() + 11) + "+1 not a CloudTrail record"},
      {"another object among records", "{\"Records\":[{\"x\":1}," + a + "]}", "Records", "A",
       "record 12+7 not a CloudTrail record"},
  };
}

INSTANTIATE_TEST_SUITE_P(All, Shapes, testing::ValuesIn(rows()), [](const auto& row) {
  std::string name;
  for (char c_ : std::string_view(row.param.what))
    name += std::isalnum(static_cast<unsigned char>(c_)) != 0 ? c_ : '_';
  return name;
});

TEST(Shapes, CompressedAlike) {
  std::string text;
  for (int i = 0; i < 500; ++i) text += record("N" + std::to_string(i)) + "\n";
  for (const std::string& packed :
       {gzip_compress(text, 6), zstd_compress(text, 3),
        gzip_compress(text.substr(0, 1000), 6) + gzip_compress(text.substr(1000), 1),
        gzip_compress(text, 6) + std::string(100, '\0')}) {
    for (size_t piece_bytes : {4u << 20, 5000u}) {
      ReadLimits limits;
      limits.piece_bytes = piece_bytes;
      Reading reading(packed, limits);
      EXPECT_EQ(reading.report.events, 500u);
      EXPECT_EQ(reading.report.stored_bytes, packed.size());
      EXPECT_EQ(reading.report.text_bytes, text.size());
      EXPECT_EQ(reading.sink.joined_quarantine(), "");
      EXPECT_EQ(reading.sink.names.back(), "N499");
      for (size_t i = 0; i < reading.sink.offsets.size(); ++i) {
        ASSERT_EQ(text.substr(reading.sink.offsets[i], reading.sink.raws[i].size()),
                  reading.sink.raws[i]);
      }
    }
  }
}

struct OtherRow {
  const char* what;
  std::string text;
  SourceKind kind;
  std::string shape;
};

TEST(Shapes, LeavesOtherThingsAlone) {
  const OtherRow others[] = {
      {"nothing", "", SourceKind::kEmpty, "empty"},
      {"blanks", " \r\n\t\n", SourceKind::kEmpty, "empty"},
      {"empty gzip", gzip_compress("", 6), SourceKind::kEmpty, "empty"},
      {"empty trail file", R"({"Records":[]})", SourceKind::kCloudTrail, "Records"},
      {"empty lookup", R"({"Events":[]})", SourceKind::kCloudTrail, "lookup-events"},
      {"empty array", "[]", SourceKind::kOther, "JSON"},
      {"empty object", "{}", SourceKind::kOther, "JSON"},
      {"digest",
       R"({"awsAccountId":"1","digestStartTime":"2019-11-08T15:49:11Z","digestEndTime":"x","digestS3Bucket":"b","logFiles":[{"s3Bucket":"b"}]})",
       SourceKind::kDigest, "CloudTrail digest"},
      {"Config history",
       R"({"fileVersion":"1.0","configurationItems":[{"resourceType":"AWS::EC2::Instance","awsRegion":"r"}]})",
       SourceKind::kConfig, "AWS Config"},
      {"Config snapshot, cut off",
       R"({"fileVersion":"1.0","configSnapshotId":"x","configurationItems":[{"resour)",
       SourceKind::kConfig, "AWS Config"},
      {"S3 notification",
       R"({"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"r","eventTime":"2019-11-08T15:49:11Z","eventName":"ObjectCreated:Put","userIdentity":{"principalId":"AWS:X"},"s3":{"bucket":{"name":"b"}}}]})",
       SourceKind::kOther, "S3 event notification"},
      {"DynamoDB stream",
       R"({"Records":[{"eventID":"1","eventName":"INSERT","eventVersion":"1.1","eventSource":"aws:dynamodb","awsRegion":"r","dynamodb":{}}]})",
       SourceKind::kOther, "JSON"},
      {"policy", R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow"}]})", SourceKind::kOther,
       "JSON"},
      {"other lines", "{\"a\":1}\n{\"b\":2}\n", SourceKind::kOther, "JSON"},
      {"EventBridge of another service",
       R"({"version":"0","detail-type":"GuardDuty Finding","detail":{"schemaVersion":"2.0","severity":8}})",
       SourceKind::kOther, "JSON"},
      {"health check only",
       R"({"messageType":"CONTROL_MESSAGE","logEvents":[{"id":"","timestamp":1,"message":"CWL CONTROL MESSAGE"}]})",
       SourceKind::kCloudTrail, "CloudWatch Logs"},
      {"VPC flow log",
       "version account-id interface-id srcaddr\n2 1 eni-1 1.1.1.1 2.2.2.2 1 2 6 1 1 1 1 ACCEPT "
       "OK\n",
       SourceKind::kOther, "VPC flow log"},
      {"VPC flow log, no header",
       "2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1 2 "
       "ACCEPT OK\n",
       SourceKind::kOther, "VPC flow log"},
      {"ELB",
       "http 2018-07-02T22:23:00.186641Z app/lb/50dc 192.168.131.39:2817 10.0.0.1:80 0.000 0.001 "
       "0.000 200 200 34 366 \"GET http://x/ HTTP/1.1\"\n",
       SourceKind::kOther, "ELB access log"},
      {"CSV", "eventversion,useridentity,eventtime,eventsource\n1.08,{},x,y\n", SourceKind::kOther,
       "CSV"},
      {"text", "hello\nworld\n", SourceKind::kOther, "text"},
      {"numbers", "1\n2\n3\n", SourceKind::kOther, "text"},
      {"XML", "<html><body>{}</body></html>", SourceKind::kOther, "XML or HTML"},
      {"Parquet", "PAR1\x15\x04", SourceKind::kOther, "Parquet"},
      {"Avro under gz", gzip_compress("Obj\x01\x02{\"eventVersion\"", 6), SourceKind::kOther,
       "Avro"},
      {"UTF-16", "\xff\xfe{\0\"\0"s, SourceKind::kOther, "UTF-16 text"},
      {"zeros", std::string(5000, '\0'), SourceKind::kOther, "binary data"},
      {"brackets", std::string(100000, '['), SourceKind::kOther, "JSON"},
      {"braces", std::string(100000, '{'), SourceKind::kOther, "JSON"},
  };
  for (const OtherRow& row : others) {
    for (size_t piece_bytes : {4u << 20, 512u}) {
      ReadLimits limits;
      limits.piece_bytes = piece_bytes;
      Reading reading(row.text, limits);
      SCOPED_TRACE(std::string(row.what) + ", pieces of " + std::to_string(piece_bytes));
      EXPECT_EQ(to_string(reading.report.kind), to_string(row.kind));
      EXPECT_EQ(reading.report.shape, row.shape);
      EXPECT_EQ(reading.report.events, 0u);
      EXPECT_EQ(reading.sink.joined_quarantine(), "");
      EXPECT_FALSE(reading.report.partial);
    }
  }
}

}  // namespace
}  // namespace cairn::cloudtrail
