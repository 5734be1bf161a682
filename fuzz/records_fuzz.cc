// Any bytes as a log file: every slot of every event is touched, and what is counted must agree
// with what is handed out.

#include "base/check.h"
#include "base/text.h"
#include "cloudtrail/cloudtrail.h"
#include "sys/files.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace {

using namespace cairn;

class TouchingSink : public cloudtrail::EventSink {
 public:
  explicit TouchingSink(const FieldTable& fields) : fields_(fields) {}
  void on_event(const Event& event) override {
    ++events;
    CAIRN_CHECK(is_valid_utf8(event.raw()));
    for (SlotId slot = 0; slot < fields_.size(); ++slot) {
      for (const FieldValue& value : event.all(slot)) {
        CAIRN_CHECK(is_valid_utf8(value.text));
      }
    }
  }
  void on_quarantine(QuarantineEntry entry) override {
    ++listed;
    CAIRN_CHECK(!entry.reason.empty());
  }

  uint64_t events = 0, listed = 0;

 private:
  const FieldTable& fields_;
};

struct Setup {
  FieldTable fields;
  StandardFields standard;
  FakeFiles files;
  Setup() {
    standard = StandardFields::intern_into(fields);
    for (const char* path :
         {"requestParameters.a.b.c", "requestParameters.x-amz-acl", "resources.ARN", "a", "a.b"})
      fields.intern(path);
    fields.freeze();
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Setup setup;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (size_t piece_bytes : {size_t{1} << 16, size_t{200}}) {
    cloudtrail::ReadLimits limits;
    limits.piece_bytes = piece_bytes;
    limits.record_bytes = 4096;
    limits.nesting = 64;
    limits.expansion_floor_bytes = 1 << 20;
    cloudtrail::Reader reader(setup.files, setup.fields, setup.standard, limits);
    TouchingSink sink(setup.fields);
    cloudtrail::SourceReport report = reader.read_text("fuzz", bytes, sink);
    CAIRN_CHECK(report.events == sink.events);
    CAIRN_CHECK(report.quarantined + report.repaired >= sink.listed);
    CAIRN_CHECK(sink.listed <= limits.quarantine_entries);
    CAIRN_CHECK(!report.shape.empty());
  }
  return 0;
}
