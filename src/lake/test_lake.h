#pragma once

// What the tests of the lake share: a lake in a temporary folder, texts to load into it, and
// questions to it.

#include "lake/inside.h"
#include "lake/lake.h"
#include "lake/loader.h"
#include "sys/files.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace cairn::lake {

/// A CloudTrail record, as small as one can be.
inline std::string record(const std::string& id, const std::string& time,
                          const std::string& account = "111122223333",
                          const std::string& more = "") {
  return R"({"eventVersion":"1.08","eventID":")" + id + R"(","eventTime":")" + time +
         R"(","eventSource":"iam.amazonaws.com","eventName":"GetUser","awsRegion":"us-east-1",)" +
         R"("recipientAccountId":")" + account + "\"" + more + "}";
}

struct TestObject {
  std::string name, text;
};

/// A lake of a test, with its clock and key.
class TestLake {
 public:
  explicit TestLake(std::string folder) : folder_(std::move(folder)) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    keys_.key_file = folder_ + "/key";
    clock_.time = parse_event_time("2024-07-01T00:00:00Z").value();
  }
  ~TestLake() { std::filesystem::remove_all(folder_); }
  TestLake(const TestLake&) = delete;
  TestLake& operator=(const TestLake&) = delete;

  std::string lake_folder() const { return folder_ + "/lake"; }
  void create(Protection protection = Protection::kKeyFile) {
    CAIRN_CHECK(Lake::create(lake_folder(), protection, keys_, clock_).ok());
  }
  std::unique_ptr<Lake> open(Access access = Access::kRead) {
    return Lake::open(lake_folder(), access, keys_, clock_).value();
  }

  /// Loads objects in one lane.
  Result<LoadSummary> load(const std::vector<TestObject>& objects, size_t memory_bytes = 1u << 20,
                           std::function<void(const char*)> at_step = nullptr) {
    TRY_ASSIGN(auto lake, Lake::open(lake_folder(), Access::kWrite, keys_, clock_));
    LoadOptions options;
    options.memory_bytes = memory_bytes;
    options.at_step = std::move(at_step);
    TRY_ASSIGN(auto loader, Loader::begin(*lake, options));
    FieldTable fields;
    StandardFields standard = StandardFields::intern_into(fields);
    fields.freeze();
    FakeFiles files;
    cloudtrail::Reader reader(files, fields, standard, {});
    Sink sink{*loader, standard};
    for (const TestObject& object : objects) {
      TRY_ASSIGN(auto id, loader->begin_object(
                              {object.name, object.text.size(), crypto::sha256(object.text)}));
      if (!id) continue;
      sink.object = *id;
      auto report = reader.read_text(object.name, object.text, sink);
      loader->end_object(*id, report.kind, report.quarantined, true);
    }
    loader->end(0);
    return loader->finish();
  }
  /// The account of a load in one line, or its error.
  static std::string in_words(const Result<LoadSummary>& result) {
    if (!result.ok()) return "error: " + result.error().message;
    const LoadSummary& sum = result.value();
    return std::to_string(sum.records) + " = " + std::to_string(sum.stored) + " + " +
           std::to_string(sum.duplicates) + " + " + std::to_string(sum.resumed) + " + " +
           std::to_string(sum.quarantined) + "; " + std::to_string(sum.objects) + " objects, " +
           std::to_string(sum.objects_skipped) + " skipped";
  }

  /// The rows of a question, values separated by | and rows by new lines; or the error.
  std::string ask(const std::string& sql, const Bounds& bounds = {}) {
    auto answer = try_ask(sql, bounds);
    return answer.ok() ? answer.value() : "error: " + answer.error().message;
  }
  Result<std::string> try_ask(const std::string& sql, const Bounds& bounds) {
    TRY_ASSIGN(auto lake, Lake::open(lake_folder(), Access::kRead, keys_, clock_));
    TRY_ASSIGN(auto snapshot, lake->snapshot(bounds));
    TRY_ASSIGN(auto database, duck::Database::open({}));
    TRY(snapshot->attach(*database));
    std::vector<std::string> readable{kMount};
    TRY(database->lock(readable));
    TRY_ASSIGN(auto connection, database->connect({}));
    TRY(create_views(*snapshot, *connection));
    TRY_ASSIGN(auto answer, connection->query(sql));
    std::string text;
    for (;;) {
      TRY_ASSIGN(size_t rows, answer->next());
      if (rows == 0) return text;
      for (size_t row = 0; row < rows; ++row) {
        if (!text.empty()) text += "\n";
        for (size_t column = 0; column < answer->columns().size(); ++column) {
          if (column > 0) text += "|";
          if (answer->is_null(column, row)) text += "NULL";
          answer->append_text(column, row, text);
        }
      }
    }
  }
  std::string ids() {
    return ask("SELECT string_agg(eventid, ' ' ORDER BY eventid) FROM cloudtrail_logs");
  }

  /// Names of all files below events/.
  std::vector<std::string> event_files() const {
    std::vector<std::string> names;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(lake_folder() + "/events")) {
      if (entry.is_regular_file()) names.push_back(entry.path().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  struct Sink : cloudtrail::EventSink {
    Sink(Loader& to, const StandardFields& fields) : loader(to), standard(fields) {}
    void on_event(const Event& event) override { loader.add(0, event, standard, object); }
    void on_quarantine(QuarantineEntry entry) override { loader.quarantine(object, entry); }
    Loader& loader;
    const StandardFields& standard;
    ObjectId object = 0;
  };

  std::string folder_;
  KeySource keys_;
  FakeClock clock_;
};

}  // namespace cairn::lake
