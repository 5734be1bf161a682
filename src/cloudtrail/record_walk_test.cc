// What an event says of its record: slots, kinds, unescaping, compact text, arrays, dotted keys,
// odd types.

#include "cloudtrail/record_walk.h"

#include "cloudtrail/reader_test_sink.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace cairn::cloudtrail {
namespace {

/// A record that is one whatever the members are.
std::string with(const std::string& members) {
  return R"({"eventName":"A","eventSource":"s.amazonaws.com")" +
         (members.empty() ? "" : "," + members) + "}";
}

struct SlotRow {
  const char* path;
  std::string members;
  std::string values;
};

TEST(RecordWalk, FillsSlots) {
  const SlotRow rows[] = {
      {"errorCode", R"("errorCode":"AccessDenied")", "string:AccessDenied"},
      {"errorCode", "", ""},
      {"errorCode", R"("errorCode":null)", "null:"},
      {"errorCode", R"("errorCode":"")", "string:"},
      {"errorCode", R"("errorCode":404)", "number:404"},
      {"errorCode", R"("errorCode":1.50)", "number:1.50"},
      {"errorCode", R"("errorCode":-9223372036854775809e+2)", "number:-9223372036854775809e+2"},
      {"errorCode", R"("errorCode":true)", "bool:true"},
      {"readOnly", R"("readOnly":"True")", "string:True"},
      {"readOnly", R"("readOnly" : false )", "bool:false"},
      {"errorCode", R"("errorCode":{ "a" : [ 1 , "x y" ] , "b":{} })",
       R"(object:{"a":[1,"x y"],"b":{}})"},
      {"errorCode", R"("errorCode":[1, 2])", "array:[1,2] | number:1 | number:2"},
      {"userAgent", R"("userAgent":["a","b",{"c":1}])",
       R"(array:["a","b",{"c":1}] | string:a | string:b)"},
      {"errorMessage", R"("errorMessage":"a\"b\\c\/d\b\f\n\r\t\u0041\u00e9\u20ac\ud83d\ude00")",
       "string:a\"b\\c/d\b\f\n\r\tA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
      {"errorMessage", R"("errorMessage":"\ud800 x \udc00\ud800\u0041")",
       "string:\xef\xbf\xbd x \xef\xbf\xbd\xef\xbf\xbd"
       "A"},
      {"errorMessage", R"("errorMessage":"\q \u12")", "string:\\q \\u12"},
      {"userIdentity", R"("userIdentity":{"type":"Root", "x":1})",
       R"(object:{"type":"Root","x":1})"},
      {"userIdentity", R"("userIdentity":null)", "null:"},
      {"userIdentity", R"("userIdentity":"root")", "string:root"},
      {"userIdentity.type", R"("userIdentity":{"type":"Root"})", "string:Root"},
      {"userIdentity.type", R"("userIdentity":[{"type":"Root"},[{"type":"IAMUser"}]])",
       "string:Root | string:IAMUser"},
      {"userIdentity.type", R"("userIdentity.type":"Root")", "string:Root"},
      {"userIdentity.type", R"("userIdentity":{"\u0074ype":"Root"})", "string:Root"},
      {"userIdentity.sessionContext.sessionIssuer.arn",
       R"("userIdentity":{"sessionContext":{"attributes":{"x":"}"},"sessionIssuer":{"type":"Role","arn":"r"}}})",
       "string:r"},
      {"userIdentity.sessionContext.sessionIssuer.arn",
       R"("userIdentity":{"sessionContext.sessionIssuer":{"arn":"r"}})", "string:r"},
      {"userIdentity.sessionContext.sessionIssuer.arn",
       R"("userIdentity.sessionContext":{"sessionIssuer.arn":"r"})", "string:r"},
      {"userIdentity.sessionContext.sessionIssuer.arn",
       R"("userIdentity.sessionContext.sessionIssuer.arn":"r")", "string:r"},
      {"requestParameters", R"("requestParameters":{"bucketName": "b"})",
       R"(object:{"bucketName":"b"})"},
      {"requestParameters", R"("requestParameters":"text")", "string:text"},
      {"requestParameters.bucketName", R"("requestParameters":{"bucketName":"b\u0062"})",
       "string:bb"},
      {"requestParameters.bucketName", R"("requestParameters":{"x":{"bucketName":"no"}})", ""},
      {"requestParameters.bucketName", R"("requestParameters.bucketName":"b")", "string:b"},
      {"requestParameters.bucketName", R"("requestParameters":"text")", ""},
      {"requestParameters.bucketName", R"("requestParameters":null)", ""},
      {"requestParameters.bucketName",
       R"("requestParameters":[{"bucketName":"a"},{"bucketName":"b"}])", "string:a | string:b"},
      {"requestParameters.bucketName",
       R"("requestParameters":{"bucketName":"a"},"requestParameters":{"bucketName":"b"})",
       "string:a"},
      {"requestParameters.x-amz-acl", R"("requestParameters":{"x-amz-acl":["public-read"]})",
       R"(array:["public-read"] | string:public-read)"},
      {"requestParameters.ipPermissions.items.cidrIp",
       R"("requestParameters":{"ipPermissions":{"items":[{"cidrIp":"1"},{"other":[{}]},{"cidrIp":"2"}]}})",
       "string:1 | string:2"},
      {"requestParameters.a.b", R"("requestParameters":{"a.b":"x","a":{"b":"y"}})",
       "string:x | string:y"},
      {"resources.ARN", R"("resources":[{"ARN":"a","type":"t"},{"ARNPrefix":"p"},{"ARN":"b"}])",
       "string:a | string:b"},
      {"resources", R"("resources":null)", "null:"},
      // A key that others have paths below, and that is an array of plain values all the same.
      {"insightDetails", R"("insightDetails":["a","b"])",
       R"(array:["a","b"] | string:a | string:b)"},
      {"userAgent.browser", R"("userAgent":["a",{"browser":"x"}])", "string:x"},
      {"resources", R"("resources":"r")", "string:r"},
      {"resources", R"("resources":[])", "array:[]"},
      {"tlsDetails.clientProvidedHostHeader", R"("tlsDetails":{"clientProvidedHostHeader":"h"})",
       "string:h"},
      {"eventName", R"("eventName":"B")", "string:A | string:B"},
      {"a-key-that-is-longer-than-sixteen-bytes-1",
       R"("a-key-that-is-longer-than-sixteen-bytes-2":1,"a-key-that-is-LONGER-than-sixteen-bytes-1":2,"a-key-that-is-longer-than-sixteen-bytes-1":3)",
       "number:3"},
  };
  for (const SlotRow& row : rows) {
    Reading reading(with(row.members), {}, row.path);
    SCOPED_TRACE(std::string(row.path) + " of " + row.members);
    ASSERT_EQ(reading.report.events, 1u) << reading.sink.joined_quarantine();
    EXPECT_EQ(reading.sink.watched_values[0], row.values);
  }
}

TEST(RecordWalk, TellsTime) {
  struct Row {
    const char* members;
    const char* time;
  } rows[] = {
      {R"("eventTime":"2024-01-02T03:04:05Z")", "2024-01-02T03:04:05Z"},
      {R"("eventTime":"2022-12-11 19:42:55")", "2022-12-11T19:42:55Z"},
      {R"("eventTime":"2022-12-11T19:42:55.123456789Z")", "2022-12-11T19:42:55.123Z"},
      {R"("eventTime":"2022-12-11T21: 22: 54Z")", "2022-12-11T21:22:54Z"},
      {R"("eventTime":1670787775)", "2022-12-11T19:42:55Z"},
      {R"("eventTime":null)", "unknown"},
      {R"("eventTime":"yesterday")", "unknown"},
      {R"("eventTime":{"x":1})", "unknown"},
      {R"("x":1)", "unknown"},
      {R"("@timestamp":"2022-12-11T19:42:55Z")", "2022-12-11T19:42:55Z"},
      {R"("@timestamp":"2022-12-11T19:42:55Z","eventTime":null)", "2022-12-11T19:42:55Z"},
      {R"("@timestamp":"2022-12-11T19:42:55Z","eventTime":"2024-01-02T03:04:05Z")",
       "2024-01-02T03:04:05Z"},
  };
  for (const Row& row : rows) {
    Reading reading(with(row.members));
    ASSERT_EQ(reading.report.events, 1u) << row.members;
    EXPECT_EQ(reading.sink.times[0], row.time) << row.members;
  }
}

TEST(RecordWalk, KnowsARecordFromOtherObjects) {
  struct Row {
    const char* text;
    bool event;
  } rows[] = {
      {R"({"eventName":"A","eventSource":"x"})", true},
      {R"({"eventName":null,"eventSource":null})", true},
      {R"({"eventVersion":"1.08"})", true},
      {R"({"eventVersion":"1"})", true},
      {R"({"eventVersion":"1.1","userIdentity":null,"eventTime":null})", true},
      {R"({"eventVersion":"foo"})", false},
      {R"({"eventVersion":"foo","eventName":"A","eventSource":"x"})", true},
      {R"({"eventVersion":"2.1","s3":{}})", false},
      {R"({"eventName":"ObjectCreated:Put","eventSource":"aws:s3"})", false},
      {R"({"eventName":"A"})", false},
      {R"({"eventType":"AwsServiceEvent"})", true},
      {R"({"eventType":"AwsVpceEvents"})", true},
      {R"({"eventType":"user.session.start"})", false},
      {R"({"insightDetails":{"state":"Start"}})", true},
      {R"({"userIdentity":{"type":"Root"}})", true},
      {R"({"userIdentity":{"accountId":"1","invokedBy":"AWS Internal"}})", true},
      {R"({"userIdentity":{"email":"a@b"}})", false},
      {R"({"userIdentity":"root"})", false},
      {R"({"userIdentity.type":"Root"})", true},
      {R"({"eventVersionWrong":"1.1","eventNameWrong":"x"})", false},
      {R"({"requestParameters":{"eventName":"A","eventSource":"x"}})", false},
      {R"({"EventName":"A","EventSource":"x"})", false},
  };
  for (const Row& row : rows) {
    Reading reading(row.text);
    EXPECT_EQ(reading.report.events, row.event ? 1u : 0u) << row.text;
    EXPECT_EQ(reading.report.kind, row.event ? SourceKind::kCloudTrail : SourceKind::kOther)
        << row.text;
  }
}

TEST(Fingerprint, IgnoresOrderBlanksAndContainers) {
  auto print = [](const std::string& text) {
    Reading reading(text);
    EXPECT_EQ(reading.sink.fingerprints.size(), 1u) << text;
    return reading.sink.fingerprints.empty() ? 0 : reading.sink.fingerprints[0];
  };
  const std::string kPlain =
      R"({"eventID":"1","eventName":"A","eventSource":"s","userIdentity":{"type":"Root","arn":"r"},"requestParameters":{"a":[1,2]},"errorMessage":"x/y"})";
  const uint64_t same = print(kPlain);
  EXPECT_EQ(print("[" + kPlain + "]"), same);
  EXPECT_EQ(print("{\"detail\":" + kPlain + "}"), same);
  EXPECT_EQ(print(R"({"eventSource":"s", "eventName" : "A","requestParameters":{ "a":[1, 2]},
      "errorMessage":"x\/y","userIdentity":{"type":"Root","arn": "r"},"eventID":"1"})"),
            same);
  const std::string kDifferent[] = {
      R"({"eventID":"2","eventName":"A","eventSource":"s","userIdentity":{"type":"Root","arn":"r"},"requestParameters":{"a":[1,2]},"errorMessage":"x/y"})",
      R"({"eventID":"1","eventName":"B","eventSource":"s","userIdentity":{"type":"Root","arn":"r"},"requestParameters":{"a":[1,2]},"errorMessage":"x/y"})",
      R"({"eventID":"1","eventName":"A","eventSource":"s","userIdentity":{"type":"Root","arn":"q"},"requestParameters":{"a":[1,2]},"errorMessage":"x/y"})",
      R"({"eventID":"1","eventName":"A","eventSource":"s","userIdentity":{"type":"Root","arn":"r"},"requestParameters":{"a":[1,3]},"errorMessage":"x/y"})",
      R"({"eventID":"1","eventName":"A","eventSource":"s","userIdentity":{"type":"Root","arn":"r"},"requestParameters":{"a":[1,2]},"errorCode":"x/y"})",
      R"({"eventID":"1","eventName":"A","eventSource":"s","userIdentity":{"type":"Root","arn":"r"},"requestParameters":{"a":[1,2]},"errorMessage":"x/y","responseElements":null})",
      R"({"eventID":"1","eventName":"A","eventSource":"s","userIdentity":{"type":"Root","arn":"r"},"requestParameters":{"a":[1,2]},"errorMessage":"x/y","responseElements":{}})",
      R"({"eventID":1,"eventName":"A","eventSource":"s","userIdentity":{"type":"Root","arn":"r"},"requestParameters":{"a":[1,2]},"errorMessage":"x/y"})",
  };
  std::vector<uint64_t> prints{same};
  for (const std::string& text : kDifferent) prints.push_back(print(text));
  std::sort(prints.begin(), prints.end());
  EXPECT_EQ(std::adjacent_find(prints.begin(), prints.end()), prints.end());
}

}  // namespace
}  // namespace cairn::cloudtrail
